"""Reads subjects as JSON lines and answers with a check number, then with the milliseconds of one run: see ../../spd.mjs."""

import json
import sys
import time

import numpy as np
import torch

torch.set_default_dtype(torch.float64)


def sym(x):
    return (x + x.mT) / 2


class Power(torch.autograd.Function):
    """x^e of SPD matrices with Loewner's derivative, as the official code does it, but right for equal eigenvalues."""

    @staticmethod
    def forward(ctx, x, e):
        values, vectors = torch.linalg.eigh(x)
        powers = values**e
        ctx.save_for_backward(values, vectors, powers)
        ctx.e = e
        return (vectors * powers.unsqueeze(-2)) @ vectors.mT

    @staticmethod
    def backward(ctx, g):
        values, vectors, powers = ctx.saved_tensors
        gap = values.unsqueeze(-1) - values.unsqueeze(-2)
        near = gap.abs() < 1e-12
        slope = (ctx.e * values ** (ctx.e - 1)).unsqueeze(-1)
        quotient = (powers.unsqueeze(-1) - powers.unsqueeze(-2)) / torch.where(near, torch.ones_like(gap), gap)
        k = torch.where(near, slope.expand_as(gap), quotient)
        return vectors @ (k * (vectors.mT @ sym(g) @ vectors)) @ vectors.mT, None


power = Power.apply


def gbw_step(x, weights, bias, metric, scale, theta):
    """One training step, statistics detached: gradients of the input, bias, metric matrix and scale."""
    root, inverse = power(metric, 0.5), power(metric, -0.5)
    deform = lambda p: p if theta == 1 else power(p, theta)
    z, target = sym(inverse @ deform(x) @ inverse), sym(inverse @ deform(bias) @ inverse)
    with torch.no_grad():
        mean = z.mean(0)
        h, i = power(mean, 0.5), power(mean, -0.5)
        middle = power(sym(h @ z @ h), 0.5).mean(0)
        mean = sym(i @ middle @ middle @ i)
        h, i = power(mean, 0.5), power(mean, -0.5)
        b, u = torch.linalg.eigh(mean)
    product = h @ power(sym(h @ z @ h), 0.5) @ i
    log = product + product.mT - 2 * mean
    with torch.no_grad():
        traces = torch.diagonal(z + mean, dim1=-2, dim2=-1).sum(-1) - 2 * torch.diagonal(product, dim1=-2, dim2=-1).sum(-1)
        variance = traces.mean() / theta**2
    at_identity = u @ (torch.sqrt(2 / (b.unsqueeze(-1) + b.unsqueeze(-2))) * (u.mT @ log @ u)) @ u.mT
    scaled = scale / torch.sqrt(variance + 1e-5) * at_identity
    g, w = torch.linalg.eigh(target)
    sums = g.unsqueeze(-1) + g.unsqueeze(-2)
    stretch = w @ ((w.mT @ scaled @ w) / torch.sqrt(2 * sums)) @ w.mT + torch.eye(len(g))
    y = sym(root @ stretch @ target @ stretch @ root)
    out = y if theta == 1 else power(y, 1 / theta)
    return torch.autograd.grad((out * weights).sum(), [x, bias, metric, scale])


def prepare(m):
    x = np.array(m["x"]).reshape(m["shape"])
    if m["op"] == "eigh":

        def loop():
            return sum(np.linalg.eigh(a)[0].sum() for a in x)

        stack = torch.tensor(x)
        ways = {"NumPy loop": loop, "NumPy stack": lambda: np.linalg.eigh(x)[0].sum(), "PyTorch": lambda: torch.linalg.eigh(stack)[0].sum().item()}
        return loop(), ways
    n = m["shape"][-1]
    leaf = lambda a, *shape: torch.tensor(a).reshape(shape).requires_grad_()
    args = (leaf(m["x"], *m["shape"]), torch.tensor(m["weights"]).reshape(m["shape"]), leaf(m["bias"], n, n), leaf(m["metric"], n, n), leaf(m["scale"]), m["theta"])
    step = lambda: sum(part.abs().sum().item() for part in gbw_step(*args))
    return step(), {f"PyTorch, {k} threads": with_threads(step, k) for k in (1, 2)}


def with_threads(f, count):
    def run():
        torch.set_num_threads(count)
        return f()

    return run


ways = {}
for line in sys.stdin:
    message = json.loads(line)
    if "prepare" in message:
        check, ways = prepare(message)
        print(json.dumps({"check": float(check), "ways": list(ways)}), flush=True)
    else:
        start = time.perf_counter()
        ways[message["run"]]()
        print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1000}), flush=True)
