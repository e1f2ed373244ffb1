"""Moment probing (Gao et al. 2023): cross-covariances and logits by loops over samples, pairs, tokens and channels in NumPy, and gradients of
the logits by PyTorch's autograd from a second, vectorised transcription that must agree with the loops."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from .lib import Subject, normal, rng, t64


def center_of(x, center):
    tokens, channels = len(x), len(x[0])
    out = x.copy()
    for j in range(channels):
        mean = sum(x[t][j] for t in range(tokens)) / tokens
        if center == "global":
            mean = sum(x[t][k] for t in range(tokens) for k in range(channels)) / (tokens * channels)
        for t in range(tokens):
            out[t][j] = x[t][j] - (0 if center == "none" else mean)
    return out


def cross(x1, x2, center):
    a, b = center_of(x1, center), center_of(x2, center)
    out = np.zeros((a.shape[1], b.shape[1]))
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            out[i, j] = sum(a[t, i] * b[t, j] for t in range(len(a))) / len(a)
    return out


def pairs_of(kind, h):
    if kind == "near":
        return [(i, i + 1) for i in range(h - 1)]
    if kind == "one":
        return [(0, i) for i in range(1, h)]
    if kind == "n/2":
        return [(i, i + h // 2) for i in range(h // 2)]
    return [(i, j) for i in range(h) for j in range(i + 1, h)]


def conv(images, weight):
    """3 x 3, stride 2, no padding: [p, s, s] to [p, s', s']."""
    p, s = len(weight), (images.shape[1] - 3) // 2 + 1
    out = np.zeros((p, s, s))
    for o in range(p):
        for r in range(s):
            for c in range(s):
                for i in range(p):
                    for u in range(3):
                        for v in range(3):
                            out[o, r, c] += weight[o, i, u, v] * images[i, 2 * r + u, 2 * c + v]
    return out


def gelu(x):
    return np.vectorize(lambda v: 0.5 * v * (1 + math.erf(v / math.sqrt(2))))(x)


def logits_by_loops(x, p, o):
    """x [batch, tokens, channels], the class token first where pooling is classToken."""
    out = []
    for sample in x:
        rows = sample[1:] if o["skipFirst"] else sample
        projected = rows @ p["weight"].T + p["bias"]
        h, c = o["heads"], o["hidden"] // o["heads"]
        images = []
        heads = []
        for k in range(h):
            where = range(k, o["hidden"], h) if o["layout"] == "interleaved" else range(k * c, (k + 1) * c)
            head = projected[:, list(where)]
            for t in range(len(head)):
                mean = sum(head[t]) / c
                variance = sum((v - mean) ** 2 for v in head[t]) / c
                head[t] = (head[t] - mean) / math.sqrt(variance + 1e-5) * p["gain"] + p["shift"]
            heads.append(head)
        for i, j in pairs_of(o["crossType"], h):
            s = cross(heads[i], heads[j], o["center"])
            if o["normalize"]:
                for column in range(c):
                    length = math.sqrt(sum(s[row, column] ** 2 for row in range(c)))
                    s[:, column] /= max(length, 1e-12)
            images.append(s)
        y = np.array(images)
        for at, weight in enumerate(p["convolutions"]):
            y = conv(y if at % 2 == 0 else gelu(y), weight)
        m = sample[0] if o["pooling"] == "classToken" else sample.mean(0)
        first = p["w1"] @ m + p["b1"]
        out.append((first + p["w2"] @ y.reshape(-1) + p["b2"]) / 2)
    return np.array(out)


def logits_by_torch(x, p, o):
    rows = x[:, 1:] if o["skipFirst"] else x
    projected = F.linear(rows, p["weight"], p["bias"])
    b, l, d = projected.shape
    h, c = o["heads"], d // o["heads"]
    heads = projected.reshape(b, l, h, c) if o["layout"] == "contiguous" else projected.reshape(b, l, c, h).transpose(2, 3)
    heads = F.layer_norm(heads, (c,), p["gain"], p["shift"]).permute(2, 0, 1, 3)
    if o["center"] != "none":
        heads = heads - heads.mean((2, 3) if o["center"] == "global" else 2, keepdim=True)
    y = torch.stack([heads[i].mT @ heads[j] / l for i, j in pairs_of(o["crossType"], h)], 1)
    if o["normalize"]:
        y = F.normalize(y, dim=2)
    for at, weight in enumerate(p["convolutions"]):
        y = F.conv2d(y if at % 2 == 0 else F.gelu(y), weight, stride=2)
    m = x[:, 0] if o["pooling"] == "classToken" else x.mean(1)
    return (F.linear(m, p["w1"], p["b1"]) + F.linear(y.flatten(1), p["w2"], p["b2"])) / 2


def make():
    s = Subject("probing", "moment probing by loops, gradients by PyTorch", {"float64": 1e-12, "float32": 1e-5})
    r = rng(66)
    x1, x2 = normal(r, 2, 5, 3), normal(r, 2, 5, 4)
    for center in ("global", "token", "none"):
        value = np.array([cross(a, b, center) for a, b in zip(x1, x2)])
        s.case("crossCovariance", {"x1": x1, "x2": x2}, {"value": value}, "loops in NumPy", {"center": center}, name=f"crossCovariance, {center}")
    for change in (
        {},
        {"center": "token"},
        {"center": "none", "layout": "interleaved", "pooling": "average", "skipFirst": False},
        {"crossType": "n/2"},
        {"crossType": "one", "pooling": "average", "skipFirst": True},
        {"crossType": "cn2", "normalize": False, "center": "token"},
        {"heads": 2, "hidden": 34},
        {"heads": 8, "hidden": 64},
        {"convBlocks": 0, "hidden": 12},
    ):
        options = {"heads": 4, "hidden": 32, "crossType": "near", "layout": "contiguous", "center": "global", "normalize": True}
        options |= {"convBlocks": 1, "pooling": "classToken", "skipFirst": True} | change
        probing(s, r, options, change)
    return [s]


def probing(s, r, options, change):
    d, classes = 5, 3
    c = options["hidden"] // options["heads"]
    p = len(pairs_of(options["crossType"], options["heads"]))
    side = c
    for _ in range(2 * options["convBlocks"]):
        side = (side - 3) // 2 + 1
    args = {
        "x": normal(r, 2, 6, d, decimals=2),
        "weight": normal(r, options["hidden"], d, decimals=2),
        "bias": normal(r, options["hidden"], decimals=2),
        "gain": 1 + np.round(0.3 * normal(r, c), 2),
        "shift": np.round(0.3 * normal(r, c), 2),
        "w1": normal(r, classes, d, decimals=2),
        "b1": normal(r, classes, decimals=2),
        "w2": normal(r, classes, p * side * side, decimals=2),
        "b2": normal(r, classes, decimals=2),
    }
    for at in range(2 * options["convBlocks"]):
        args[f"convolution{at}"] = np.round(0.3 * normal(r, p, p, 3, 3), 2)
    group = lambda leaves: {**leaves, "convolutions": [leaves[f"convolution{i}"] for i in range(2 * options["convBlocks"])]}
    cotangent = normal(r, 2, classes, decimals=2)
    leaves = {k: t64(v) for k, v in args.items()}
    out = logits_by_torch(leaves["x"], group(leaves), options)
    value = logits_by_loops(args["x"], group(args), options)
    assert np.abs(value - out.detach().numpy()).max() < 1e-12, options
    grads = torch.autograd.grad((out * torch.tensor(cotangent)).sum(), list(leaves.values()))
    expected = {"value": value, **{f"grad.{k}": g for k, g in zip(leaves, grads)}}
    name = ", ".join(f"{k} {v}" for k, v in change.items()) or "defaults"
    s.case("momentProbing", {**args, "cotangent": cotangent}, expected, "loops in NumPy; torch 1.13.1 autograd", options, name=name)
