"""Collects cases and writes them as compact JSON; see ../README.md for the format."""

import math
import os
from collections import Counter

import numpy as np
import scipy
import torch

TORCH = "1.13.1"  # Debian's package; torch.__version__ says 1.13.0a0
VALUES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "values")

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)  # one thread, so that sums are formed in the same order on every run


def torch_source(name):
    return f"torch.{name} {TORCH}"


def numpy_source(name):
    return f"numpy.{name.removesuffix('_')} {np.__version__}"  # numpy.round calls itself round_


def scipy_source(name):
    return f"scipy.{name} {scipy.__version__}"


def rng(seed):
    """The generator of all inputs: NumPy's frozen RandomState (its streams never change)."""
    return np.random.RandomState(seed)


def normal(r, *shape, decimals=3):
    """Normal numbers with few decimals: short in JSON, and exact when read back."""
    return np.round(r.randn(*shape), decimals) + 0.0


def uniform(r, low, high, *shape, decimals=3):
    return np.round(r.uniform(low, high, size=shape), decimals) + 0.0


def t64(x, grad=True):
    return torch.tensor(np.asarray(x), dtype=torch.float64, requires_grad=grad)


def as_array(x):
    if isinstance(x, torch.Tensor):
        x = x.detach().numpy()
    x = np.asarray(x)
    if x.dtype == np.int64:
        assert x.size == 0 or (x.min() >= -(2**31) and x.max() < 2**31), "does not fit int32"
        x = x.astype(np.int32)
    assert x.dtype.name in ("float32", "float64", "int32", "uint32", "bool"), x.dtype
    return x


def number(v, digits):
    """Shortest JSON text that reads back as the same number of the dtype (or has `digits` digits)."""
    if isinstance(v, (bool, np.bool_)):
        return "1" if v else "0"
    if isinstance(v, (int, np.integer)):
        return str(int(v))
    if math.isnan(v):
        return '"NaN"'
    if math.isinf(v):
        return '"Infinity"' if v > 0 else '"-Infinity"'
    if isinstance(v, np.float32):
        text = np.format_float_scientific(v, unique=True, trim="-")
        plain = np.format_float_positional(v, unique=True, trim="-")
        text = plain if len(plain) <= len(text) + 2 else text
    else:
        text = repr(float(v)) if digits is None else repr(float(f"{v:.{digits}g}"))
    if text.endswith(".0"):
        text = text[:-2]
    return "-0.0" if text == "-0" else text.replace("e+", "e").replace("e-0", "e-").replace("e0", "e")


def encode(x, digits=None):
    x = as_array(x)
    data = ",".join(number(v, digits) for v in x.reshape(-1))
    shape = ",".join(str(n) for n in x.shape)
    return f'{{"shape":[{shape}],"dtype":"{x.dtype.name}","data":[{data}]}}'


def plain(v):
    """Options: JSON with the same spelling of NaN and infinities."""
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, str):
        return '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(v, (list, tuple)):
        return "[" + ",".join(plain(e) for e in v) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(f'"{k}":{plain(e)}' for k, e in v.items()) + "}"
    return number(v, None)


class Subject:
    """One JSON file. `digits` rounds float64 expectations to that many digits (inputs are always exact)."""

    def __init__(self, name, about, tolerance, scale="max", digits=15):
        self.name, self.about, self.tolerance, self.scale, self.digits = name, about, tolerance, scale, digits
        self.cases, self.ops, self.inputs = [], {}, Counter()

    def case(self, op, args, expected, source, options=None, name=None, digits="default", **more):
        """`args`/`expected`: name -> array; `options`: plain values; `more`: tolerance, scale, signedZero, note."""
        digits = self.digits if digits == "default" else digits
        args = {k: encode(v) for k, v in args.items()}
        self.inputs.update(args.values())
        head = f'"op":{plain(op)}' + (f',"name":{plain(name)}' if name else "")
        tail = f'"options":{plain(options or {})},'
        tail += '"expected":{' + ",".join(f'"{k}":{encode(v, digits)}' for k, v in expected.items()) + "}"
        tail += f',"source":{plain(source)}' + "".join(f',"{k}":{plain(v)}' for k, v in more.items())
        self.cases.append((head, args, tail))
        self.ops[op] = self.ops.get(op, 0) + 1

    def text(self):
        """Long inputs of several cases are written once, under `shared`, and named {"ref": key} in `args`."""
        often = [x for x, n in self.inputs.items() if n > 1 and len(x) > 80]
        keys = {x: f"s{i}" for i, x in enumerate(often)}
        arg = lambda x: f'{{"ref":"{keys[x]}"}}' if x in keys else x
        cases = [
            f'{{{head},"args":{{' + ",".join(f'"{k}":{arg(v)}' for k, v in args.items()) + f"}},{tail}}}"
            for head, args, tail in self.cases
        ]
        head = {"subject": self.name, "about": self.about, "tolerance": self.tolerance, "scale": self.scale}
        shared = ",\n".join(f'"{key}":{x}' for x, key in keys.items())
        return plain(head)[:-1] + f',"shared":{{{shared}}},"cases":[\n' + ",\n".join(cases) + "\n]}\n"

    def write(self):
        path = os.path.join(VALUES, self.name + ".json")
        with open(path, "w") as f:
            f.write(self.text())
        return path


def gradients(f, inputs, cotangent=None):
    """Value of f(**inputs) in float64 and the gradients of sum(cotangent * value), as {"value", "grad.<name>"}."""
    leaves = {k: t64(v) for k, v in inputs.items()}
    out = f(*leaves.values()) if len(leaves) == 1 else f(**leaves)
    total = out.sum() if cotangent is None else (out * torch.tensor(np.asarray(cotangent))).sum()
    grads = torch.autograd.grad(total, list(leaves.values()))
    return {"value": out, **{f"grad.{k}": g for k, g in zip(leaves, grads)}}
