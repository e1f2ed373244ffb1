"""Steps of BiP (Zhang et al. 2022) on a small tanh network, from the formulas, with PyTorch's autograd and SGD.

`args`: params.* (start), inputs, targets [steps, 2, batch, .] with the lower batch of each step first. `expected`: params.*, scores.*
and mask.* after options.steps (first axis). The scores' gradient comes from autograd through the masked weights, straight
through the mask, with the implicit part added to it.
"""

import math

import numpy as np
import torch

from .lib import Subject, normal, rng, t64

SHAPES = {"a.weight": (5, 6), "a.bias": (6,), "b.weight": (6, 3)}
PRUNED = ["a.weight", "b.weight"]
STEPS, AT = 8, [1, 2, 5, 8]


def output(p, x):
    return torch.tanh(x @ p["a.weight"] + p["a.bias"]) @ p["b.weight"]


def mse(p, x, y):
    return ((output(p, x) - y) ** 2).mean()


def top(scores, keep, together):
    """1 for all but the int((1 - k) N) smallest |s|; of equal ones the first go."""
    flat = [s.detach().abs().numpy().reshape(-1) for s in scores.values()]
    groups = [np.concatenate(flat)] if together else flat
    masks = []
    for group in groups:
        mask = np.ones(group.size)
        mask[np.argsort(group, kind="stable")[: int((1 - keep) * group.size)]] = 0
        masks.append(mask)
    ones = np.concatenate(masks)
    ends = np.cumsum([f.size for f in flat])[:-1]
    return {k: torch.tensor(m.reshape(s.shape)) for (k, s), m in zip(scores.items(), np.split(ones, ends))}


def rate(lr, schedule, t):
    if schedule == "cosine":
        return lr / 2 * (1 + math.cos(math.pi * t / STEPS))
    return lr * 0.1 ** sum(t >= share * STEPS for share in (0.75, 0.9))


def run(start, x, y, keep, lr, mask_lr, coefficient, momentum, decay, together, term):
    p = {k: t64(v) for k, v in start.items()}
    s = {k: t64(start[k]) for k in PRUNED}
    below = torch.optim.SGD(p.values(), lr=lr, momentum=momentum, weight_decay=decay)
    above = torch.optim.SGD(s.values(), lr=mask_lr, momentum=momentum, weight_decay=decay)
    mask, kept = top(s, keep, together), []
    for t in range(STEPS):
        below.param_groups[0]["lr"] = rate(lr, "cosine", t)
        above.param_groups[0]["lr"] = rate(mask_lr, "step", t)
        below.zero_grad()
        mse({k: v * mask[k] if k in mask else v for k, v in p.items()}, x[t, 0], y[t, 0]).backward()
        below.step()
        above.zero_grad()
        soft = {k: s[k].abs() + (mask[k] - s[k].abs()).detach() for k in PRUNED}
        z = {k: p[k].detach() * soft[k] if k in soft else p[k].detach() for k in p}
        for k in PRUNED:
            z[k].retain_grad()
        mse(z, x[t, 1], y[t, 1]).backward()
        for k in PRUNED:
            g = z[k].grad
            second = mask[k] * g * g * s[k].detach().sign() if term == "derived" else s[k].grad ** 2
            s[k].grad -= coefficient * second
        above.step()
        mask = top(s, keep, together)
        if t + 1 in AT:
            kept.append([{k: v.detach().clone() for k, v in q.items()} for q in (p, s, mask)])
    names = ["params", "scores", "mask"]
    return {
        f"{names[i]}.{k}": torch.stack([step[i][k] for step in kept])
        for i in range(3)
        for k in kept[0][i]
    }


def make():
    sub = Subject("pruning", __doc__.split("\n")[0], {"float64": 1e-11, "float32": 1e-4}, digits=14)
    r = rng(59)
    start = {k: normal(r, *shape) for k, shape in SHAPES.items()}
    x, y = normal(r, STEPS, 2, 7, 5), normal(r, STEPS, 2, 7, 3)
    for name, options in {
        "derived": dict(implicitCoefficient=0.3),
        "first order, by layer": dict(implicitCoefficient=0.0, together=False),
        "released": dict(implicitCoefficient=0.3, implicitTerm="released"),
        "released, by layer": dict(implicitCoefficient=0.3, implicitTerm="released", together=False),
        "derived, by layer": dict(implicitCoefficient=0.3, together=False),
        "a large implicit part": dict(implicitCoefficient=1.0),
        "without momentum": dict(implicitCoefficient=0.3, momentum=0.0),
        "without decay": dict(implicitCoefficient=0.3, weightDecay=0.0),
        "few weights": dict(implicitCoefficient=0.3, keep=0.15),
        "most weights": dict(implicitCoefficient=0.3, keep=0.8),
        "fast scores": dict(implicitCoefficient=0.3, maskLearningRate=1.5),
        "slow weights": dict(implicitCoefficient=0.3, learningRate=0.005),
    }.items():
        full = dict(keep=0.4, learningRate=0.05, maskLearningRate=0.5, momentum=0.9, weightDecay=1e-2) | options
        together, term = full.pop("together", True), full.pop("implicitTerm", "derived")
        expected = run(
            start,
            torch.tensor(x),
            torch.tensor(y),
            full["keep"],
            full["learningRate"],
            full["maskLearningRate"],
            full["implicitCoefficient"],
            full["momentum"],
            full["weightDecay"],
            together,
            term,
        )
        moved = [int((expected[f"mask.{k}"][0] != expected[f"mask.{k}"][-1]).sum()) for k in PRUNED]
        assert sum(moved) > 0, f"{name}: the mask does not move"
        args = {f"params.{k}": v for k, v in start.items()} | {"inputs": x, "targets": y}
        sub.case(
            "bip",
            args,
            expected,
            "torch 1.13.1: autograd and optim.SGD, from the formulas",
            {**full, "global": together, "implicitTerm": term, "total": STEPS, "steps": AT},
            name=name,
        )
    return [sub]
