"""Reads subjects as JSON lines and answers with a check number, then with the milliseconds of one run: see ../../hypergradients.mjs.

Hypergradients as PyTorch's users write them: products with the Hessian by differentiating the gradient's graph once more.
"""

import json
import sys
import time

import torch

from starting_numbers import labels, uniform


def inner(a, b):
    return sum((u * v).sum() for u, v in zip(a, b))


def levels(m):
    tensor = lambda shape, seed, high=1.0: torch.from_numpy(uniform(shape, seed, -high, high))
    train, held = tensor([m["n"], 784], 1), tensor([m["held"], 784], 2)
    at, held_at = (torch.from_numpy(labels(m[count], 10, seed)) for count, seed in (("n", 3), ("held", 4)))
    forward = (lambda y, x: x @ y[0]) if m["prepare"] == "softmax" else (lambda y, x: torch.tanh(x @ y[0]) @ y[1])
    entropy = torch.nn.functional.cross_entropy
    upper = lambda y: entropy(forward(y, held), held_at)

    def lower(x, y):
        each = entropy(forward(y, train), at, reduction="none")
        return (each * torch.sigmoid(x)).mean() + m["ridge"] / 2 * sum((w * w).sum() for w in y)

    x = tensor([m["n"]], 5).requires_grad_()
    y = [tensor(shape, 6 + i, 0.05).requires_grad_() for i, shape in enumerate(m["shapes"])]
    return upper, lower, x, y


def conjugate(product, v, iterations):
    q, r, p = [torch.zeros_like(a) for a in v], v, v
    rr = inner(r, r)
    for _ in range(iterations):
        hp = product(p)
        a = rr / inner(p, hp)
        q = [u + a * w for u, w in zip(q, p)]
        r = [u - a * w for u, w in zip(r, hp)]
        new = inner(r, r)
        p = [u + new / rr * w for u, w in zip(r, p)]
        rr = new
    return q


def series(product, v, iterations, alpha):
    total = v
    for _ in range(iterations):
        v = [u - alpha * w for u, w in zip(v, product(v))]
        total = [u + w for u, w in zip(total, v)]
    return [alpha * u for u in total]


def unrolled(upper, lower, x, y, m):
    for _ in range(m["steps"]):
        slopes = torch.autograd.grad(lower(x, y), y, create_graph=True)
        y = [w - m["learningRate"] * g for w, g in zip(y, slopes)]
    return torch.autograd.grad(upper(y), x)[0]


def hypergradient(m):
    upper, lower, x, y = levels(m)
    if m["method"] == "unroll":
        return lambda: unrolled(upper, lower, x, y, m)

    def run():
        v = torch.autograd.grad(upper(y), y)
        slopes = torch.autograd.grad(lower(x, y), y, create_graph=True)
        product = lambda p: torch.autograd.grad(slopes, y, grad_outputs=p, retain_graph=True)
        q = conjugate(product, v, m["iterations"]) if m["method"] == "cg" else series(product, v, m["iterations"], m["alpha"])
        return -torch.autograd.grad(slopes, x, grad_outputs=q)[0]

    return run


def main():
    run = None
    for line in sys.stdin:
        m = json.loads(line)
        if "prepare" in m:
            torch.set_num_threads(2)
            run = hypergradient(m)
            answer = {"check": run().abs().sum().item(), "ways": ["PyTorch 1 thread", "PyTorch 2 threads"]}
        else:
            torch.set_num_threads(2 if "2" in m["run"] else 1)
            begin = time.perf_counter()
            run().abs().sum().item()
            answer = {"milliseconds": 1e3 * (time.perf_counter() - begin)}
        print(json.dumps(answer), flush=True)


main()
