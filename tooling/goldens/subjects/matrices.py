"""Optimizers that precondition with matrices: SOAP, Shampoo, Muon, transcribed from the papers and the authors' code.

SOAP is checked against printed values of the official code (OFFICIAL) before anything is written. Cases are as in
`optim.py`: params.* (start), grads.* (first axis = step); expected holds the parameters after the steps in options.steps.
Sides of matrices differ by at most 1, so that the first gradient leaves no null space of two dimensions or more, whose
basis would be the LAPACK's own choice.
"""

import numpy as np

from .lib import Subject, normal, rng

SHAPES = {"a": (3, 4), "b": (2,), "c": (2, 2, 3), "d": (2, 2, 1, 3), "e": ()}
STEPS = [1, 2, 7, 20]
W0 = np.array([[1.0, -2.0], [0.5, 3.0]])
CYCLE = [np.array([[0.2, 0.1], [-0.6, 0.1]]), np.array([[0.3, -0.4], [0.1, 0.2]]), np.array([[-0.1, 0.2], [0.4, -0.3]])]


class View:
    """A leaf with its axes merged, and which of them have a matrix."""

    def __init__(self, shape, longest, merge, vectors, last):
        self.order = [0, 3, 1, 2] if merge and last and len(shape) == 4 else list(range(len(shape)))
        self.own = [shape[i] for i in self.order]
        self.shape = self.merged(longest) if merge and len(shape) > 1 else self.own
        small = [i for i, n in enumerate(self.shape) if n <= longest]
        self.axes = [] if len(shape) == 0 or (len(shape) == 1 and not vectors) else small

    def merged(self, longest):
        out, open_ = [], 1
        for n in self.own:
            if open_ * n <= longest:
                open_ *= n
            else:
                out.append(open_ if open_ > 1 else n)
                open_ = n if open_ > 1 else 1
        return out + [open_] if open_ > 1 or not out else out

    def read(self, x):
        return x.transpose(self.order).reshape(self.shape)

    def write(self, x):
        return x.reshape(self.own).transpose(np.argsort(self.order))


def gram(x, axis):
    rest = [i for i in range(x.ndim) if i != axis]
    return np.tensordot(x, x, (rest, rest))


def turn(x, matrices, back=False):
    for axis, q in matrices.items():
        x = np.moveaxis(np.tensordot(q if back else q.T, x, (1, axis)), 0, axis)
    return x


def estimate(v):
    """Rank one from the sums over all other axes."""
    if v.ndim < 2:
        return v
    sums = [v.sum(tuple(j for j in range(v.ndim) if j != i)) for i in range(v.ndim)]
    out = sums[0]
    for s in sums[1:]:
        out = np.multiply.outer(out, s)
    return out / v.sum() ** (v.ndim - 1)


def soap(
    lr=3e-3,
    b1=0.95,
    b2=0.95,
    beta=None,
    eps=1e-8,
    wd=0.01,
    frequency=10,
    longest=10000,
    merge=False,
    vectors=False,
    normalize=False,
    data_format="channelsFirst",
    correct=True,
    factorised=False,
):
    beta = b2 if beta is None else beta

    def init(w):
        return {"t": -1, "view": View(w.shape, longest, merge, vectors, data_format == "channelsLast")}

    def step(w, g, s):
        view, s["t"] = s["view"], s["t"] + 1
        x, t = view.read(g), s["t"]
        if t == 0:
            s["GG"] = {i: (1 - beta) * gram(x, i) for i in view.axes}
            s["Q"] = {i: np.linalg.eigh(gg)[1][:, ::-1] for i, gg in s["GG"].items()}
            s["m"] = s["v"] = np.zeros_like(x)
            return w
        gp = turn(x, s["Q"])
        s["m"] = b1 * s["m"] + (1 - b1) * gp
        # The rank-one estimate is linear in its sums, so that the mean may be kept whole here.
        s["v"] = b2 * s["v"] + (1 - b2) * gp**2
        u = turn(s["m"] / (np.sqrt(estimate(s["v"]) if factorised else s["v"]) + eps), s["Q"], back=True)
        if normalize:
            u = u / (1e-30 + np.sqrt((u**2).mean()))
        w = w - lr * (np.sqrt(1 - b2**t) / (1 - b1**t) if correct else 1) * view.write(u)
        w = w - lr * wd * w
        m = turn(s["m"], s["Q"], back=True)
        for i in view.axes:
            s["GG"][i] = beta * s["GG"][i] + (1 - beta) * gram(x, i)
            if t % frequency == 0:
                q = s["Q"][i]
                order = np.argsort(-np.diag(q.T @ s["GG"][i] @ q), kind="stable")
                s["v"] = np.take(s["v"], order, i)
                s["Q"][i] = np.linalg.qr(s["GG"][i] @ q[:, order])[0]
        s["m"] = turn(m, s["Q"])
        return w

    return init, step


def shampoo(
    lr, b2=0.95, eps=1e-8, exponent=-0.25, accumulate="mean", frequency=1, momentum=0.0, wd=0.0, longest=10000, vectors=False
):
    def init(w):
        view = View(w.shape, longest, False, vectors, False)
        factors = {i: np.zeros((view.shape[i],) * 2) for i in view.axes}
        return {"t": 0, "view": view, "L": factors, "d": np.zeros_like(w), "b": None}

    def step(w, g, s):
        s["t"] += 1
        keep, take, c = (b2, 1 - b2, 1 - b2 ** s["t"]) if accumulate == "mean" else (1, 1, 1)
        axes = s["view"].axes
        s["d"] = keep * s["d"] + take * g**2
        s["L"] = {i: keep * s["L"][i] + take * gram(g, i) for i in axes}
        if (s["t"] - 1) % frequency == 0:
            s["P"] = {}
            for i in axes:
                values, q = np.linalg.eigh(s["L"][i] / c)
                power = exponent if exponent == -0.5 else -1 / (2 * len(axes))
                s["P"][i] = (q * (values + eps) ** power) @ q.T
            s["size"] = np.trace(s["L"][axes[0]] / c) ** ((len(axes) - 1) / 2) if axes and exponent == -0.5 else 1
        u = s["size"] * turn(g, s["P"]) if axes else g / np.sqrt(s["d"] / c + eps)
        if momentum:
            s["b"] = u if s["b"] is None else momentum * s["b"] + (1 - momentum) * u
            u = s["b"]
        return w * (1 - lr * wd) - lr * u

    return init, step


def newton_schulz(x, steps):
    if x.shape[-2] > x.shape[-1]:
        return np.swapaxes(newton_schulz(np.swapaxes(x, -1, -2), steps), -1, -2)
    x = x / (np.sqrt((x**2).sum((-1, -2), keepdims=True)) + 1e-7)
    for _ in range(steps):
        a = x @ np.swapaxes(x, -1, -2)
        x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
    return x


def muon(lr=0.02, momentum=0.95, nesterov=True, steps=5, scale=True, wd=0.0):
    def init(w):
        return {"t": 0, "b": np.zeros_like(w), "v": np.zeros_like(w)}

    def step(w, g, s):
        s["t"] += 1
        if w.ndim < 2:  # the auxiliary Adam with its own rate
            s["b"] = 0.9 * s["b"] + 0.1 * g
            s["v"] = 0.95 * s["v"] + 0.05 * g**2
            root = np.sqrt(s["v"] / (1 - 0.95 ** s["t"])) + 1e-10
            return w - 3e-4 * s["b"] / (1 - 0.9 ** s["t"]) / root
        s["b"] = momentum * s["b"] + (1 - momentum) * g
        u = (1 - momentum) * g + momentum * s["b"] if nesterov else s["b"]
        u = newton_schulz(u.reshape(len(u), -1) if w.ndim == 4 else u, steps).reshape(w.shape)
        factor = max(1, w.shape[-2] / w.shape[-1]) ** 0.5 if scale else 1
        return w * (1 - lr * wd) - lr * factor * u

    return init, step


def follow(rule, w, grads):
    init, step = rule
    state, out = init(w), []
    for g in grads:
        w = step(w, g, state)
        out.append(w)
    return out


# Printed values of the official code (float64), and how many digits they have.
OFFICIAL = [
    (
        "soap",
        {"learningRate": 0.1, "preconditionFrequency": 1},
        {
            1: [[1, -2], [0.5, 3]],
            2: [[0.8875854713, -1.8606874782], [0.5581073105, 2.9247694395]],
            3: [[0.8409301337, -1.8169091577], [0.4734781083, 2.9415519795]],
        },
        1e-9,
    ),
]

CASES = [
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 1}),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 3, "weightDecay": 0.2}),
    ("soap", {"learningRate": 0.03, "beta1": 0.8, "beta2": 0.9, "shampooBeta": 0.7, "epsilon": 1e-3, "preconditionFrequency": 2}),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 2, "correctBias": False, "weightDecay": 0.0}),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 2, "normalizeGrads": True}),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 2, "precondition1d": True}),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 2, "maxPreconditionDimension": 3}),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 2, "maxPreconditionDimension": 1}),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 1, "maxPreconditionDimension": 5, "mergeDimensions": True}),
    (
        "soap",
        {
            "learningRate": 0.1,
            "preconditionFrequency": 2,
            "maxPreconditionDimension": 5,
            "mergeDimensions": True,
            "dataFormat": "channelsLast",
        },
    ),
    ("soap", {"learningRate": 0.1, "preconditionFrequency": 2, "factorised": True}),
    ("shampoo", {"learningRate": 0.1, "epsilon": 1e-4}),
    ("shampoo", {"learningRate": 0.1, "epsilon": 1e-2, "accumulate": "sum"}),
    ("shampoo", {"learningRate": 0.1, "epsilon": 1e-4, "exponent": -0.5}),
    ("shampoo", {"learningRate": 0.1, "epsilon": 1e-3, "exponent": -0.5, "accumulate": "sum", "maxPreconditionDimension": 3}),
    (
        "shampoo",
        {
            "learningRate": 0.1,
            "epsilon": 1e-2,
            "beta2": 0.8,
            "preconditionFrequency": 3,
            "momentum": 0.9,
            "weightDecay": 0.1,
            "precondition1d": True,
        },
    ),
    ("muon", {}),
    ("muon", {"learningRate": 0.1, "momentum": 0.8, "nesterov": False, "weightDecay": 0.1}),
    ("muon", {"learningRate": 0.1, "newtonSchulzSteps": 2, "scaleByShape": False}),
]
NAMES = {
    "learningRate": "lr",
    "beta1": "b1",
    "beta2": "b2",
    "shampooBeta": "beta",
    "epsilon": "eps",
    "weightDecay": "wd",
    "preconditionFrequency": "frequency",
    "maxPreconditionDimension": "longest",
    "mergeDimensions": "merge",
    "precondition1d": "vectors",
    "normalizeGrads": "normalize",
    "dataFormat": "data_format",
    "correctBias": "correct",
    "scaleByShape": "scale",
    "newtonSchulzSteps": "steps",
}
RULES = {"soap": soap, "shampoo": shampoo, "muon": muon}


def make():
    s = Subject("matrices", "trajectories of optimizers that precondition with matrices", {"float64": 1e-9}, digits=13)
    rule = lambda op, options: RULES[op](**{NAMES.get(k, k): v for k, v in options.items()})
    for op, options, values, tolerance in OFFICIAL:
        steps = sorted(values)
        path = follow(rule(op, options), W0, CYCLE)
        for t in steps:
            error = np.abs(path[t - 1] - np.array(values[t])).max()
            assert error <= tolerance, (op, options, t, error)
        s.case(
            op,
            {"params.a": W0, "grads.a": np.stack(CYCLE)},
            {"params.a": np.array([values[t] for t in steps], dtype=np.float64)},
            "printed values of the official implementation",
            {**options, "steps": steps},
            name=f"{op} official",
            tolerance=tolerance,
        )
    r = rng(69)
    params = {k: normal(r, *shape) for k, shape in SHAPES.items()}
    grads = {k: normal(r, max(STEPS), *shape) for k, shape in SHAPES.items()}
    for op, options in CASES:
        path = {k: follow(rule(op, options), params[k], grads[k]) for k in params}
        label = ", ".join(f"{k} {v}" for k, v in options.items()) or "defaults"
        s.case(
            op,
            {**{f"params.{k}": v for k, v in params.items()}, **{f"grads.{k}": v for k, v in grads.items()}},
            {f"params.{k}": np.stack([path[k][t - 1] for t in STEPS]) for k in path},
            "NumPy transcription of the paper's and official code's equations",
            {**options, "steps": STEPS},
            name=f"{op}: {label}",
        )
    return [s]
