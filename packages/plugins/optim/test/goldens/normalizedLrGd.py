"""Trajectories of normalized logistic-regression descent: python3 normalizedLrGd.py > normalizedLrGd.json

The model y (xᵀ W z + bᵀ x) has a matrix and a vector. Sigmoids and gradients are written out in NumPy.
"""

import json

import numpy as np

STEPS = [1, 2, 7, 20]


def follow(x, z, y, w, b, lr):
    path = []
    for _ in range(max(STEPS)):
        s = 1 / (1 + np.exp(y * (np.einsum("ni,ij,nj->n", x, w, z) + x @ b)))
        w, b = w + lr * np.einsum("n,n,ni,nj->ij", s, y, x, z) / s.sum(), b + lr * ((s * y) @ x) / s.sum()
        path.append((w, b))
    return path


if __name__ == "__main__":
    r = np.random.RandomState(67)
    n, d, k = 15, 3, 4
    x, z, w, b = (np.round(r.randn(*shape), 3) for shape in ((n, d), (n, k), (d, k), (d,)))
    y = np.where(r.rand(n) < 0.5, -1.0, 1.0)
    digits = lambda a: [float(f"{v:.14g}") for v in a.ravel()]
    cases = []
    for lr in (0.1, 1.0):
        path = follow(x, z, y, w, b, lr)
        params = [{"w": digits(path[t - 1][0]), "b": digits(path[t - 1][1])} for t in STEPS]
        cases.append({"learningRate": lr, "steps": STEPS, "params": params})
    print(json.dumps({"x": x.tolist(), "z": z.tolist(), "y": y.tolist(), "w": w.tolist(), "b": b.tolist(), "cases": cases}))
