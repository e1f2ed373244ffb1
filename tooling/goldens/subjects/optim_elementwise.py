"""Trajectories of more optimizers: twenty steps on fixed gradients, for three leaves, in float64 and float32.

RAdam, Adamax, Adagrad and Adadelta run in torch.optim. NAdam (whose product of momenta torch 1.13 multiplies once too
often), Lookahead, EXAdam, LAMB, Adafactor, Sophia and the schedule-free ones are written here in NumPy from the papers' equations
and the official code's order of operations; EXAdam must first reproduce values of the official code. Format as in
optim.py.
"""

import numpy as np
import torch

from .lib import Subject, TORCH, normal, rng
from .optim import CYCLE, W0

SHAPES = {"a": (3, 4), "b": (5,), "c": (2, 2, 3)}
STEPS = [1, 7, 20]


def nadam(
    learningRate=2e-3,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
    momentumDecay=4e-3,
    weightDecay=0.0,
    weightDecouple=False,
):
    def mu(t):
        return beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay))

    def step(w, g, s):
        t = s["t"]
        if weightDecouple:
            w = w * (1 - learningRate * weightDecay)
        else:
            g = g + weightDecay * w
        s["m"] = m = beta1 * s.get("m", 0) + (1 - beta1) * g
        s["v"] = v = beta2 * s.get("v", 0) + (1 - beta2) * g**2
        product = np.prod([mu(i) for i in range(1, t + 1)])
        ahead = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        return w - learningRate * ahead / (np.sqrt(v / (1 - beta2**t)) + epsilon)

    return step


def exadam(learningRate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0.0, dynamicStep=True):
    def step(w, g, s):
        t = s["t"]
        w = w * (1 - learningRate * weightDecay)
        s["m"] = m = beta1 * s.get("m", 0) + (1 - beta1) * g
        s["v"] = v = beta2 * s.get("v", 0) + (1 - beta2) * g**2
        d1 = 1 + v / (v + epsilon) * beta2**t
        d2 = 1 + m**2 / (m**2 + epsilon) * beta1**t
        numerator = m / (1 - beta1**t) * d1 + g / (1 - beta1**t) * d1
        size = learningRate * np.log(np.sqrt(2) * np.sqrt(t + 1)) if dynamicStep else learningRate
        return w - size * numerator / (np.sqrt(v / (1 - beta2**t) * d2) + epsilon)

    return step


def lamb(learningRate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-6, weightDecay=0.0, biasCorrection=True):
    def step(w, g, s):
        t = s["t"]
        s["m"] = m = beta1 * s.get("m", 0) + (1 - beta1) * g
        s["v"] = v = beta2 * s.get("v", 0) + (1 - beta2) * g**2
        if biasCorrection:
            m, v = m / (1 - beta1**t), v / (1 - beta2**t)
        r = m / (np.sqrt(v) + epsilon) + weightDecay * w
        return w - learningRate * np.linalg.norm(w) / np.linalg.norm(r) * r

    return step


def adafactor(
    learningRate=None,
    warmupInit=False,
    scaleParameter=True,
    minimumScale=1e-3,
    clipThreshold=1.0,
    decayRate=0.8,
    epsilon=1e-30,
    minimumFactoredSize=1,
    beta1=None,
    weightDecay=0.0,
):
    def rms(x):
        return np.sqrt(np.mean(x**2))

    def step(w, g, s):
        t = s["t"]
        if learningRate is None:
            rate = min(1e-6 * t if warmupInit else 1e-2, 1 / np.sqrt(t))
        else:
            rate = learningRate
        if scaleParameter:
            rate = rate * max(minimumScale, rms(w))
        b2 = 1 - t**-decayRate
        square = g**2 + epsilon
        if w.ndim >= 2 and min(w.shape[-2:]) >= minimumFactoredSize:
            s["row"] = b2 * s.get("row", 0) + (1 - b2) * square.mean(-1)
            s["col"] = b2 * s.get("col", 0) + (1 - b2) * square.mean(-2)
            # The matrix of rank one whose row and column means are these.
            second = s["row"][..., :, None] * s["col"][..., None, :] / s["row"].mean(-1)[..., None, None]
        else:
            second = s["v"] = b2 * s.get("v", 0) + (1 - b2) * square
        u = g / np.sqrt(second)
        u = rate * u / max(1.0, rms(u) / clipThreshold)
        if beta1 is not None:
            u = s["u"] = beta1 * s.get("u", 0) + (1 - beta1) * u
        return w * (1 - weightDecay * rate) - u

    return step


def sophia(
    learningRate=1e-4,
    beta1=0.965,
    beta2=0.99,
    gamma=0.04,
    epsilon=1e-15,
    weightDecay=0.1,
    biasCorrection=False,
    every=10,
    batchSize=1,
):
    """Estimates B g² at the first of every `every` steps, before the step."""

    def step(w, g, s):
        t = s["t"]
        h = s.get("h", np.zeros_like(w))
        if (t - 1) % every == 0:
            h = beta2 * h + (1 - beta2) * batchSize * g**2
        s["h"] = h
        w = w * (1 - learningRate * weightDecay)
        s["m"] = m = beta1 * s.get("m", 0) + (1 - beta1) * g
        ratio = np.minimum(np.abs(m) / (gamma * h + epsilon), 1)
        size = learningRate / (1 - beta1**t) if biasCorrection else learningRate
        return w - size * np.sign(m) * ratio

    return step


def averaged(w, u, s, rate, beta, warmupSteps, averagePower, ratePower):
    """The paper's three sequences, all kept."""
    t = s["t"]
    z, x = s.get("z", w), s.get("x", w)
    rate = rate * min(1.0, t / warmupSteps) if warmupSteps else rate
    s["largest"] = max(s.get("largest", -1.0), rate)
    weight = float(t) ** averagePower * s["largest"] ** ratePower
    s["sum"] = s.get("sum", 0.0) + weight
    c = weight / s["sum"]
    s["z"] = z = z - rate * u
    s["x"] = x = (1 - c) * x + c * z
    return (1 - beta) * z + beta * x


def scheduleFreeSgd(learningRate=1.0, momentum=0.9, weightDecay=0.0, warmupSteps=0, averagePower=0.0, ratePower=2.0):
    def step(y, g, s):
        return averaged(y, g + weightDecay * y, s, learningRate, momentum, warmupSteps, averagePower, ratePower)

    return step


def scheduleFreeAdamw(
    learningRate=0.0025,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
    weightDecay=0.0,
    warmupSteps=0,
    averagePower=0.0,
    ratePower=2.0,
):
    def step(y, g, s):
        s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g**2
        u = g / (np.sqrt(s["v"] / (1 - beta2 ** s["t"])) + epsilon) + weightDecay * y
        return averaged(y, u, s, learningRate, beta1, warmupSteps, averagePower, ratePower)

    return step


def lookahead(learningRate, momentum=0.0, weightDecay=0.0, period=5, stepSize=0.5):
    """Around SGD with momentum and L2."""

    def step(w, g, s):
        slow = s.setdefault("slow", w)
        g = g + weightDecay * w
        s["b"] = b = momentum * s["b"] + g if "b" in s else g
        w = w - learningRate * b
        if s["t"] % period == 0:
            s["slow"] = w = slow + stepSize * (w - slow)
        return w

    return step


RULES = {f.__name__: f for f in (lookahead, nadam, exadam, lamb, adafactor, sophia, scheduleFreeSgd, scheduleFreeAdamw)}

# Printed values of the author's code (first version, and the second with dynamicStep false).
OFFICIAL = [
    (
        {"learningRate": 0.01},
        {
            1: [[0.8894388758, -2.1105216901], [0.6105728215, 2.8894783099]],
            3: [[0.8118889996, -2.049332161], [0.5452355327, 2.8700398974]],
        },
    ),
    (
        {"learningRate": 0.01, "dynamicStep": False},
        {
            1: [[0.8404940144, -2.1594490942], [0.6595228612, 2.8405509058]],
            3: [[0.7511485995, -2.0846152814], [0.5952734595, 2.8061974415]],
        },
    ),
]

CASES = [
    ("lookahead", {"learningRate": 0.1, "momentum": 0.9}),
    ("lookahead", {"learningRate": 0.1, "momentum": 0.5, "weightDecay": 0.1, "period": 3, "stepSize": 0.8}),
    ("nadam", {"learningRate": 0.01}),
    ("nadam", {"learningRate": 0.01, "weightDecay": 0.1}),
    ("nadam", {"learningRate": 0.01, "weightDecay": 0.1, "weightDecouple": True}),
    ("nadam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "momentumDecay": 0.1}),
    ("exadam", {"learningRate": 0.01}),
    ("exadam", {"learningRate": 0.01, "weightDecay": 0.1, "dynamicStep": False}),
    ("exadam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weightDecay": 0.1}),
    ("lamb", {"learningRate": 0.01}),
    ("lamb", {"learningRate": 0.1, "weightDecay": 0.1, "beta1": 0.8, "beta2": 0.95}),
    ("lamb", {"learningRate": 0.01, "weightDecay": 0.01, "biasCorrection": False, "epsilon": 1e-3}),
    ("adafactor", {}),
    ("adafactor", {"weightDecay": 0.1, "beta1": 0.9}),
    ("adafactor", {"learningRate": 0.01, "scaleParameter": False, "weightDecay": 0.1, "clipThreshold": 0.5}),
    ("adafactor", {"warmupInit": True, "decayRate": 0.5, "minimumFactoredSize": 3, "epsilon": 1e-3, "minimumScale": 2.0}),
    ("sophia", {"learningRate": 0.01, "every": 5, "batchSize": 1000.0}),
    ("sophia", {"learningRate": 0.01, "weightDecay": 0.0, "every": 3, "batchSize": 100.0, "gamma": 0.1, "beta2": 0.9}),
    ("sophia", {"learningRate": 0.01, "every": 2, "batchSize": 200.0, "epsilon": 1e-12, "biasCorrection": True}),
    ("scheduleFreeSgd", {"learningRate": 0.1}),
    ("scheduleFreeSgd", {"learningRate": 0.1, "weightDecay": 0.1, "warmupSteps": 5, "momentum": 0.8}),
    ("scheduleFreeSgd", {"learningRate": 0.1, "warmupSteps": 10, "averagePower": 1.0, "ratePower": 0.5}),
    ("scheduleFreeAdamw", {"learningRate": 0.01}),
    ("scheduleFreeAdamw", {"learningRate": 0.01, "weightDecay": 0.1, "warmupSteps": 5}),
    ("scheduleFreeAdamw", {"learningRate": 0.1, "beta1": 0.95, "beta2": 0.9, "epsilon": 1e-3, "averagePower": 2.0}),
]

TORCH_CASES = [
    ("radam", {"learningRate": 0.01}),
    ("radam", {"learningRate": 0.01, "weightDecay": 0.1}),
    ("radam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
    ("adamax", {"learningRate": 0.01}),
    ("adamax", {"learningRate": 0.01, "weightDecay": 0.1}),
    ("adamax", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
    ("adagrad", {"learningRate": 0.1}),
    ("adagrad", {"learningRate": 0.1, "weightDecay": 0.1, "rateDecay": 0.1}),
    ("adagrad", {"learningRate": 0.1, "initialAccumulator": 0.1, "epsilon": 1e-3}),
    ("adadelta", {}),
    ("adadelta", {"weightDecay": 0.1}),
    ("adadelta", {"learningRate": 0.5, "rho": 0.95, "epsilon": 1e-3}),
]
TORCH_NAMES = {
    "learningRate": "lr",
    "weightDecay": "weight_decay",
    "epsilon": "eps",
    "rateDecay": "lr_decay",
    "initialAccumulator": "initial_accumulator_value",
    "rho": "rho",
}
TORCH_CLASSES = {
    "radam": torch.optim.RAdam,
    "adamax": torch.optim.Adamax,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
}


def follow(step, w, grads):
    state, out = {}, []
    for t, g in enumerate(grads, 1):
        state["t"] = t
        w = step(w, g, state).astype(w.dtype)
        out.append(w)
    return out


def run_torch(op, options, params, grads):
    named = {TORCH_NAMES[k]: v for k, v in options.items() if k not in ("beta1", "beta2")}
    if "beta1" in options:
        named["betas"] = (options["beta1"], options["beta2"])
    leaves = {k: torch.tensor(v, requires_grad=True) for k, v in params.items()}
    optimizer = TORCH_CLASSES[op](leaves.values(), **named)
    path = {k: [] for k in params}
    for t in range(STEPS[-1]):
        for k, p in leaves.items():
            p.grad = torch.tensor(grads[k][t])
        optimizer.step()
        for k, p in leaves.items():
            path[k].append(p.detach().numpy().copy())
    return path


def official(s):
    for options, values in OFFICIAL:
        steps = sorted(values)
        path = follow(exadam(**options), W0, [CYCLE[i % 3] for i in range(steps[-1])])
        for t, want in values.items():
            assert np.abs(path[t - 1] - np.array(want)).max() <= 1e-9, (options, t)
        s.case(
            "exadam",
            {"params.a": W0, "grads.a": np.stack([CYCLE[i % 3] for i in range(steps[-1])])},
            {"params.a": np.array([values[t] for t in steps])},
            "printed values of the author's implementation",
            {**options, "steps": steps},
            name="exadam official: " + ", ".join(f"{k} {v}" for k, v in options.items()),
            tolerance=1e-9,
        )


def make():
    s = Subject("optim_elementwise", "optimizer trajectories", {"float64": 1e-12, "float32": 2e-6}, digits=13)
    r = rng(72)
    params = {k: normal(r, *shape) for k, shape in SHAPES.items()}
    grads = {k: normal(r, STEPS[-1], *shape) for k, shape in SHAPES.items()}
    for op, options in TORCH_CASES + CASES:
        paths = {}
        for dtype in (np.float64, np.float32):
            name = np.dtype(dtype).name
            p, g = {k: v.astype(dtype) for k, v in params.items()}, {k: v.astype(dtype) for k, v in grads.items()}
            if op in TORCH_CLASSES:
                path, source = run_torch(op, options, p, g), f"torch.optim.{TORCH_CLASSES[op].__name__} {TORCH}"
            else:
                path = {k: follow(RULES[op](**options), p[k], g[k]) for k in p}
                source = "NumPy, from the paper's equations and the official code's order of operations"
            paths[name] = path
            expected = {f"params.{k}": np.stack([path[k][t - 1] for t in STEPS]) for k in path}
            label = ", ".join(f"{k} {v}" for k, v in options.items()) or "defaults"
            inputs = {**{f"params.{k}": v for k, v in p.items()}, **{f"grads.{k}": v for k, v in g.items()}}
            s.case(op, inputs, expected, source, {**options, "steps": STEPS}, name=f"{op} {name}: {label}")
        # float32 must be the same trajectory as float64 up to rounding, otherwise the case would test luck.
        for k in params:
            gap = np.abs(np.array(paths["float32"][k], dtype=np.float64) - np.array(paths["float64"][k])).max()
            assert gap <= 2e-6 * max(1, np.abs(paths["float64"][k]).max()), (op, options, k, gap)
    official(s)
    return [s]
