"""Trajectories of optimizers: twenty steps on fixed gradients, for three leaves, in float64 and float32.

SGD, Adam, AdamW and RMSprop run in torch.optim. AdamP, SGDP, Lion and AdaBelief are written here in NumPy from the
equations of their papers and official code, and must first reproduce values of the official code (OFFICIAL) before anything is written.

Every case takes the shared start (`params.*`) and gradients (`grads.*`, first axis = step); expected holds the
parameters after the steps listed in options.steps. Options are spelled out; all that is not named is the default
given in ../README.md.
"""

import numpy as np
import torch

from .lib import Subject, TORCH, normal, rng

SHAPES = {"a": (3, 4), "b": (5,), "c": (2, 3, 2, 2)}
STEPS = [1, 2, 7, 20]
W0 = np.array([[1.0, -2.0], [0.5, 3.0]])
CYCLE = [np.array([[0.2, 0.1], [-0.6, 0.1]]), np.array([[0.3, -0.4], [0.1, 0.2]]), np.array([[-0.1, 0.2], [0.4, -0.3]])]


def project_radial(w, g, u, delta, wd_ratio, eps):
    """AdamP's projection: the first of the channel and layer views whose greatest cosine is small enough is used."""
    if w.ndim <= 1:
        return u, 1.0, "none"
    for view, rows in (("channel", w.shape[0]), ("layer", 1)):
        wv, gv, uv = w.reshape(rows, -1), g.reshape(rows, -1), u.reshape(rows, -1)
        norm = lambda x: np.sqrt((x * x).sum(1, keepdims=True))
        cosine = np.abs((gv * wv).sum(1, keepdims=True)) / (np.maximum(norm(gv), eps) * np.maximum(norm(wv), eps))
        if cosine.max() < delta / np.sqrt(wv.shape[1]):
            n = wv / (norm(wv) + eps)
            return (uv - n * (n * uv).sum(1, keepdims=True)).reshape(w.shape), wd_ratio, view
    return u, 1.0, "none"


def adamp(lr=1e-3, b1=0.9, b2=0.999, eps=1e-8, wd=0.0, delta=0.1, wd_ratio=0.1, nesterov=False, log=None):
    def init(w):
        return {"t": 0, "m": np.zeros_like(w), "v": np.zeros_like(w)}

    def step(w, g, s):
        s["t"] += 1
        s["m"] = b1 * s["m"] + (1 - b1) * g
        s["v"] = b2 * s["v"] + (1 - b2) * g * g
        den = np.sqrt(s["v"]) / np.sqrt(1 - b2 ** s["t"]) + eps
        u = (b1 * s["m"] + (1 - b1) * g if nesterov else s["m"]) / den
        u, ratio, branch = project_radial(w, g, u, delta, wd_ratio, eps)
        if log is not None:
            log.append(branch)
        return w * (1 - lr * wd * ratio) - lr / (1 - b1 ** s["t"]) * u

    return init, step


def sgdp(
    lr,
    momentum=0.0,
    dampening=0.0,
    wd=0.0,
    nesterov=False,
    eps=1e-8,
    delta=0.1,
    wd_ratio=0.1,
    project_momentum=True,
    log=None,
):
    def init(w):
        return {"buf": np.zeros_like(w)}

    def step(w, g, s):
        s["buf"] = momentum * s["buf"] + (1 - dampening) * g
        u = g + momentum * s["buf"] if nesterov else s["buf"]
        u, ratio, branch = project_radial(w, g, u, delta, wd_ratio, eps)
        if log is not None:
            log.append(branch)
        if project_momentum and not nesterov:
            s["buf"] = u
        return w * (1 - lr * wd * ratio / (1 - momentum)) - lr * u

    return init, step


def lion(lr=1e-4, b1=0.9, b2=0.99, wd=0.0, smallest=None):
    def init(w):
        return {"m": np.zeros_like(w)}

    def step(w, g, s):
        c = b1 * s["m"] + (1 - b1) * g
        if smallest is not None:
            smallest.append(np.abs(c).min())
        s["m"] = b2 * s["m"] + (1 - b2) * g
        return w - lr * (np.sign(c) + wd * w)

    return init, step


def adabelief(
    lr=1e-3, b1=0.9, b2=0.999, eps=1e-16, wd=0.0, amsgrad=False, decouple=True, fixed=False, rectify=True, sgd=True
):
    def init(w):
        return {"t": 0, "m": np.zeros_like(w), "s": np.zeros_like(w), "max": np.zeros_like(w)}

    def step(w, g, s):
        s["t"] += 1
        t = s["t"]
        if decouple:
            w = w * (1 - (wd if fixed else lr * wd))
        else:
            g = g + wd * w
        s["m"] = b1 * s["m"] + (1 - b1) * g
        s["s"] = b2 * s["s"] + (1 - b2) * (g - s["m"]) ** 2 + eps
        s["max"] = np.maximum(s["max"], s["s"])
        if not rectify:
            den = np.sqrt(s["max"] if amsgrad else s["s"]) / np.sqrt(1 - b2**t) + eps
            return w - lr / (1 - b1**t) * s["m"] / den
        longest = 2 / (1 - b2) - 1
        n = longest - 2 * t * b2**t / (1 - b2**t)
        if n >= 5:
            r = np.sqrt((1 - b2**t) * (n - 4) / (longest - 4) * (n - 2) / n * longest / (longest - 2)) / (1 - b1**t)
            return w - lr * r * s["m"] / (np.sqrt(s["s"]) + eps)
        return w - lr * s["m"] / (1 - b1**t) if sgd else w

    return init, step


def follow(rule, w, grads):
    init, step = rule
    state, out = init(w), []
    for g in grads:
        w = step(w, g, state).astype(w.dtype)
        out.append(w)
    return out


# Printed values of the official implementations, on W0 and the cycle of three gradients, and how many digits they have.
OFFICIAL = [
    (
        "adamp",
        {"learningRate": 0.1, "weightDecay": 0.01},
        {
            1: [[0.8799000082, -2.0597999964], [0.6134635102, 2.9807810811]],
            3: [[0.7224426128, -1.988770693], [0.6656858638, 2.8850607227]],
        },
        1e-9,
    ),
    (
        "sgdp",
        {"learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.01},
        {3: [[0.8787979, -1.9294508], [0.59152595, 2.9027487]]},
        1e-7,
    ),
    (
        "sgdp",
        {"learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.01, "nesterov": True},
        {3: [[0.8495281, -1.9225307], [0.59023535, 2.9066088]]},
        1e-7,
    ),
    (
        "sgdp",
        {"learningRate": 0.1, "momentum": 0.9, "delta": 10.0},
        {3: [[0.929837532, -2.0340737909], [0.6063214755, 2.9813481971]]},
        1e-9,
    ),
    (
        "sgdp",
        {"learningRate": 0.1, "momentum": 0.9, "delta": 10.0, "projectMomentum": False},
        {3: [[0.9293113378, -2.0343217896], [0.606608836, 2.9812896121]]},
        1e-9,
    ),
    (
        "lion",
        {"learningRate": 0.1, "weightDecay": 0.1},
        {
            1: [[0.89, -2.08], [0.595, 2.87]],
            2: [[0.7811, -1.9592], [0.48905, 2.7413]],
            3: [[0.873289, -2.039608], [0.3841595, 2.813887]],
        },
        1e-12,
    ),
    (
        "adabelief",
        {"learningRate": 0.1, "weightDecay": 0.1, "rectify": False, "epsilon": 1e-8},
        {
            1: [[0.8789060379, -2.0910425751], [0.6061092039, 2.8589574249]],
            3: [[0.6842835498, -1.9776465135], [0.6517009335, 2.6985696999]],
        },
        1e-9,
    ),
    (
        "adabelief",
        {"learningRate": 0.1, "weightDecay": 0.1},
        {
            1: [[0.97, -1.99], [0.555, 2.96]],
            5: [[0.8626108114, -1.8845970827], [0.583290461, 2.8217863096]],
            7: [[0.8412854728, -1.8467337631], [0.5725600361, 2.7656847377]],
        },
        1e-9,
    ),
]


TORCH_CASES = [
    ("sgd", {"learningRate": 0.1}),
    ("sgd", {"learningRate": 0.1, "momentum": 0.9}),
    ("sgd", {"learningRate": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("sgd", {"learningRate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("sgd", {"learningRate": 0.1, "momentum": 0.5, "nesterov": True, "weightDecay": 0.1}),
    ("sgd", {"learningRate": 0.1, "weightDecay": 0.1}),
    ("adam", {"learningRate": 0.01}),
    ("adam", {"learningRate": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01}),
    ("adam", {"learningRate": 0.01, "weightDecay": 0.1}),
    ("adam", {"learningRate": 0.01, "amsgrad": True}),
    ("adamw", {"learningRate": 0.01, "weightDecay": 0.0}),
    ("adamw", {"learningRate": 0.01, "weightDecay": 0.01}),
    ("adamw", {"learningRate": 0.1, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.001, "weightDecay": 0.2}),
    ("adamw", {"learningRate": 0.01, "weightDecay": 0.1, "amsgrad": True}),
    ("rmsprop", {"learningRate": 0.01}),
    ("rmsprop", {"learningRate": 0.01, "alpha": 0.9, "epsilon": 0.01}),
    ("rmsprop", {"learningRate": 0.01, "momentum": 0.9}),
    ("rmsprop", {"learningRate": 0.01, "centered": True}),
    ("rmsprop", {"learningRate": 0.01, "alpha": 0.9, "centered": True, "momentum": 0.5, "weightDecay": 0.1}),
]
TORCH_NAMES = {"learningRate": "lr", "weightDecay": "weight_decay", "epsilon": "eps"}
TORCH_CLASSES = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}
OWN_CASES = [
    ("adamp", {"learningRate": 0.01}),
    ("adamp", {"learningRate": 0.1, "weightDecay": 0.1}),
    ("adamp", {"learningRate": 0.1, "weightDecay": 0.1, "delta": 10.0, "nesterov": True}),
    ("adamp", {"learningRate": 0.1, "weightDecay": 0.1, "delta": 1.0, "wdRatio": 0.3}),
    ("sgdp", {"learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.01}),
    ("sgdp", {"learningRate": 0.1, "momentum": 0.9, "dampening": 0.2, "weightDecay": 0.01, "delta": 1.0}),
    ("sgdp", {"learningRate": 0.1, "momentum": 0.9, "delta": 10.0, "projectMomentum": False}),
    ("sgdp", {"learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.01, "delta": 10.0, "nesterov": True}),
    ("lion", {"learningRate": 0.01}),
    ("lion", {"learningRate": 0.1, "weightDecay": 0.1}),
    ("lion", {"learningRate": 0.1, "beta1": 0.95, "beta2": 0.98, "weightDecay": 1.0}),
    ("adabelief", {"learningRate": 0.01}),
    ("adabelief", {"learningRate": 0.1, "weightDecay": 0.1, "epsilon": 1e-8}),
    ("adabelief", {"learningRate": 0.01, "rectify": False, "epsilon": 1e-8, "weightDecay": 0.1}),
    (
        "adabelief",
        {
            "learningRate": 0.01,
            "rectify": False,
            "epsilon": 1e-8,
            "amsgrad": True,
            "weightDecouple": False,
            "weightDecay": 0.1,
        },
    ),
    (
        "adabelief",
        {"learningRate": 0.01, "weightDecay": 0.001, "fixedDecay": True, "degeneratedToSgd": False, "epsilon": 1e-8},
    ),
    ("adabelief", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "rectify": False, "epsilon": 1e-6}),
]
OWN_NAMES = {
    "learningRate": "lr",
    "beta1": "b1",
    "beta2": "b2",
    "epsilon": "eps",
    "weightDecay": "wd",
    "wdRatio": "wd_ratio",
    "projectMomentum": "project_momentum",
    "weightDecouple": "decouple",
    "fixedDecay": "fixed",
    "degeneratedToSgd": "sgd",
}
OWN_RULES = {"adamp": adamp, "sgdp": sgdp, "lion": lion, "adabelief": adabelief}


def own_options(options):
    return {OWN_NAMES.get(k, k): v for k, v in options.items()}


def check_transcriptions():
    """Nothing is written unless the rules above give the official values."""
    for op, options, values, tolerance in OFFICIAL:
        path = follow(OWN_RULES[op](**own_options(options)), W0, [CYCLE[i % 3] for i in range(max(values))])
        for t, want in values.items():
            error = np.abs(path[t - 1] - np.array(want)).max()
            assert error <= tolerance, (op, options, t, error)


def torch_options(options):
    out = {TORCH_NAMES.get(k, k): v for k, v in options.items() if k not in ("beta1", "beta2")}
    if "beta1" in options:
        out["betas"] = (options["beta1"], options["beta2"])
    return out


def run_torch(op, options, params, grads):
    leaves = {k: torch.tensor(v, requires_grad=True) for k, v in params.items()}
    optimizer = TORCH_CLASSES[op](leaves.values(), **torch_options(options))
    path = {k: [] for k in params}
    for t in range(max(STEPS)):
        for k, p in leaves.items():
            p.grad = torch.tensor(grads[k][t])
        optimizer.step()
        for k, p in leaves.items():
            path[k].append(p.detach().numpy().copy())
    return path


def make():
    check_transcriptions()
    s = Subject("optim", "optimizer trajectories", {"float64": 1e-12, "float32": 1e-6}, digits=13)
    r = rng(73)
    params = {k: normal(r, *shape) for k, shape in SHAPES.items()}
    grads = {k: normal(r, max(STEPS), *shape) for k, shape in SHAPES.items()}
    # A leaf's first gradient is made nearly orthogonal to the parameter, so that AdamP's projection has something to do.
    for k in ("a", "c"):
        w, g = params[k].reshape(params[k].shape[0], -1), grads[k][0].reshape(params[k].shape[0], -1)
        grads[k][0] = np.round(g - w * (g * w).sum(1, keepdims=True) / (w * w).sum(1, keepdims=True), 3).reshape(
            params[k].shape
        )
    branches = []
    for op, options in TORCH_CASES + OWN_CASES:
        paths = {}
        for dtype in (np.float64, np.float32):
            name = np.dtype(dtype).name
            p, g = {k: v.astype(dtype) for k, v in params.items()}, {k: v.astype(dtype) for k, v in grads.items()}
            if op in TORCH_CLASSES:
                path, source = run_torch(op, options, p, g), f"torch.optim.{TORCH_CLASSES[op].__name__} {TORCH}"
            else:
                smallest = []
                extra = {"log": branches} if op in ("adamp", "sgdp") else {"smallest": smallest} if op == "lion" else {}
                path = {k: follow(OWN_RULES[op](**own_options(options), **extra), p[k], g[k]) for k in p}
                assert not smallest or min(smallest) > 1e-5, "a sign that rounding could flip"
                source = "NumPy transcription of the paper's and official code's equations, checked against values of the official code"
            paths[name] = path
            expected = {f"params.{k}": np.stack([path[k][t - 1] for t in STEPS]) for k in path}
            label = ", ".join(f"{k} {v}" for k, v in options.items())
            inputs = {**{f"params.{k}": v for k, v in p.items()}, **{f"grads.{k}": v for k, v in g.items()}}
            s.case(op, inputs, expected, source, {**options, "steps": STEPS}, name=f"{op} {name}: {label}")
        # float32 must be the same trajectory as float64 up to rounding, otherwise the case would test luck.
        for k in params:
            gap = np.abs(np.array(paths["float32"][k], dtype=np.float64) - np.array(paths["float64"][k])).max()
            assert gap <= 2e-6 * max(1, np.abs(paths["float64"][k]).max()), (op, options, k, gap)
    assert {"channel", "layer", "none"} <= set(branches), set(branches)
    official(s)
    return [s]


def official(s):
    """The printed values of the official code themselves, as cases (tolerance: the digits printed)."""
    for op, options, values, tolerance in OFFICIAL:
        steps = sorted(values)
        grads = np.stack([CYCLE[i % 3] for i in range(steps[-1])])
        s.case(
            op,
            {"params.a": W0, "grads.a": grads},
            {"params.a": np.array([values[t] for t in steps])},
            "printed values of the official implementation",
            {**options, "steps": steps},
            name=f"{op} official: " + ", ".join(f"{k} {v}" for k, v in options.items()),
            tolerance=tolerance,
        )
