"""Trajectories of Lion-K with every K, in NumPy from the paper's equations: python3 lionK.py > lionK.json

The update is written as in the paper, with a momentum that follows the negative gradient.
"""

import json

import numpy as np

STEPS = [1, 2, 7, 20]


def lp(x, p):
    n = (np.abs(x) ** p).sum() ** (1 / p)
    return np.sign(x) * np.abs(x) ** (p - 1) / n ** (p - 1)


def top(x, k):
    order = np.argsort(-np.abs(x).ravel(), kind="stable")[:k]
    out = np.zeros(x.size)
    out[order] = np.sign(x.ravel()[order])
    return out.reshape(x.shape)


def spectral(x):
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    return u @ vt


KAPPAS = {
    "l1": ({"name": "l1"}, np.sign),
    "l2": ({"name": "l2"}, lambda x: x / np.sqrt((x * x).sum())),
    "lp 1.5": ({"name": "lp", "power": 1.5}, lambda x: lp(x, 1.5)),
    "lp 4": ({"name": "lp", "power": 4}, lambda x: lp(x, 4)),
    "huber": ({"name": "huber", "width": 0.2}, lambda x: np.clip(x, -0.2, 0.2) / 0.2),
    "soft-l1": ({"name": "soft-l1", "threshold": 0.1}, lambda x: np.sign(x) * (np.abs(x) > 0.1)),
    "entropy": ({"name": "entropy", "width": 0.2}, lambda x: np.tanh(x / 0.2)),
    "top-k": ({"name": "top-k", "count": 3}, lambda x: top(x, 3)),
    "rows": ({"name": "rows"}, lambda x: x / np.sqrt((x * x).sum(1, keepdims=True))),
    "columns": ({"name": "columns"}, lambda x: x / np.sqrt((x * x).sum(0, keepdims=True))),
    "quadratic": ({"name": "quadratic"}, lambda x: x),
    "spectral": ({"name": "spectral"}, spectral),
}


def follow(gradient, w, grads, lr, b1, b2, wd):
    w, m, path = w.copy(), np.zeros_like(w), []
    for g in grads:
        blend = b1 * m - (1 - b1) * g
        m = b2 * m - (1 - b2) * g
        w = (1 - lr * wd) * w + lr * gradient(blend)
        path.append(w)
    return path


SHAPES = {"matrix": (3, 4), "vector": (7,)}
MATRICES_ONLY = ("rows", "columns", "spectral")

if __name__ == "__main__":
    r = np.random.RandomState(11)
    leaves = {k: (np.round(r.randn(*s), 3), np.round(r.randn(max(STEPS), *s), 3)) for k, s in SHAPES.items()}
    cases = []
    for name, (kappa, gradient) in KAPPAS.items():
        for leaf, (start, grads) in leaves.items():
            if leaf == "vector" and name in MATRICES_ONLY:
                continue
            for b1, b2, wd in ((0.9, 0.99, 0.5), (0.5, 0.8, 0.0)):
                path = follow(gradient, start, grads, 0.1, b1, b2, wd)
                params = [[float(f"{x:.14g}") for x in path[t - 1].ravel()] for t in STEPS]
                options = {"learningRate": 0.1, "beta1": b1, "beta2": b2, "weightDecay": wd, "kappa": kappa}
                cases.append({"leaf": leaf, "options": options, "steps": STEPS, "params": params})
    inputs = {k: {"start": start.tolist(), "grads": grads.tolist()} for k, (start, grads) in leaves.items()}
    print(json.dumps({"leaves": inputs, "cases": cases}))
