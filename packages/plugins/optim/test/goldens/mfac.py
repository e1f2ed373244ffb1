"""Trajectories of M-FAC: python3 mfac.py > mfac.json

The authors' recurrences (IST-DASLab/M-FAC, optim.py) in NumPy: unpivoted elimination of P / damp + m I, the coefficient
matrix B, and both loops of the product; nothing is shared with the Cholesky factorisation that the package uses. Before
anything is written, the transcription must give the values printed by the authors' class.
"""

import json

import numpy as np

SHAPES = {"a": (3, 4), "b": (5,), "c": ()}
STEPS = [1, 2, 7, 20]


class Window:
    def __init__(self, m, d, damp):
        self.m, self.inverse, self.next = m, 1 / damp, 0
        self.grads = np.zeros((m, d))

    def setup(self):
        m = self.m
        upper = self.inverse * self.grads @ self.grads.T + m * np.eye(m)
        for i in range(m):
            for j in range(i + 1, m):
                upper[j] -= upper[j, i] / upper[i, i] * upper[i]
        self.D = np.triu(upper - m * np.eye(m))
        self.s = m + np.diag(self.D)
        self.B = self.inverse * np.eye(m)
        for i in range(1, m):
            self.B[i, :i] = (-self.D[:i, i] / self.s[:i]) @ self.B[:i, :i]

    def mul(self, x):
        q = self.inverse * (self.grads @ x)
        for i in range(1, self.m):
            q[i:] -= self.D[i - 1, i:] * (q[i - 1] / self.s[i - 1])
        return self.inverse * x - ((q / self.s) @ self.B) @ self.grads

    def update_mul(self, g):
        self.grads[self.next] = g
        self.setup()
        self.next = (self.next + 1) % self.m
        return self.mul(g)


def follow(w, grads, lr=1e-3, momentum=0.0, wd=0.0, m=1024, damp=1e-5, sparse=False):
    w, mask = w.copy(), (w != 0 if sparse else np.ones_like(w, dtype=bool))
    window, v, path = Window(m, int(mask.sum()), damp), np.zeros(int(mask.sum())), []
    for g in grads:
        u = window.update_mul((g + wd * w)[mask])
        if momentum > 0:
            v = momentum * v + (1 - momentum) * u
            u = v
        w[mask] -= lr * u
        path.append(w.copy())
    return path


NAMES = {"learningRate": "lr", "momentum": "momentum", "weightDecay": "wd", "windowSize": "m", "damping": "damp", "sparse": "sparse"}
CASES = [
    {"learningRate": 0.1, "windowSize": 4, "damping": 0.1},
    {"learningRate": 0.1, "windowSize": 4, "damping": 0.1, "momentum": 0.9, "weightDecay": 0.1},
    {"learningRate": 0.01, "windowSize": 1, "damping": 1e-3},
    {"learningRate": 0.01, "windowSize": 32, "damping": 1e-5},
    {"learningRate": 0.1, "windowSize": 3, "damping": 0.01, "momentum": 0.5, "weightDecay": 0.01, "sparse": True},
]


def check():
    w = np.array([1, -2, 0.5, 3])
    grads = np.array([[0.2, 0.1, -0.6, 0.1], [0.3, -0.4, 0.1, 0.2], [-0.1, 0.2, 0.4, -0.3]])
    path = follow(w, grads, 0.1, 0.5, 0.1, 2, 0.1)
    printed = [
        [0.9606557377, -1.9868852459, 0.5721311475, 2.9475409836],
        [0.9087423809, -1.9162111595, 0.5662845418, 2.8821352913],
        [0.8907225522, -1.8915357418, 0.4529998102, 2.8594423392],
    ]
    assert np.abs(np.array(path) - printed).max() < 1e-10


if __name__ == "__main__":
    check()
    r = np.random.RandomState(7)
    size = sum(int(np.prod(s)) for s in SHAPES.values())
    start = np.round(r.randn(size), 3)
    start[[2, 7, 14]] = 0.0
    grads = np.round(r.randn(max(STEPS), size), 3)
    cases = []
    for options in CASES:
        path = follow(start, grads, **{NAMES[k]: v for k, v in options.items()})
        cases.append({"options": options, "steps": STEPS, "params": [[float(f"{x:.13g}") for x in path[t - 1]] for t in STEPS]})
    print(json.dumps({"shapes": {k: list(s) for k, s in SHAPES.items()}, "start": start.tolist(), "grads": grads.tolist(), "cases": cases}))
