"""Convolutions and pooling (NCHW), values and gradients, from torch.nn.functional.

Padding is written [[top, bottom], [left, right]]. 'same' is XLA's and TensorFlow's rule, out = ceil(in / stride),
total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - in, 0), the odd one at the end; torch's own 'same'
(stride 1 only) agrees with it. Torch has no asymmetric padding, so the input is padded first.
"""

import numpy as np
import torch
import torch.nn.functional as F

from .lib import Subject, gradients, normal, rng, t64, torch_source


def make():
    s = Subject("conv", "convolutions and pooling with gradients", {"float64": 1e-13, "float32": 2e-6})
    r = rng(41)
    conv2d(s, r)
    conv1d(s, r)
    transposed(s, r)
    pooling(s, r)
    return [s]


def same(size, kernel, stride, dilation):
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return [total // 2, total - total // 2]


def explicit(padding, sizes, kernels, strides, dilations):
    if padding == "valid":
        return [[0, 0] for _ in sizes]
    if padding == "same":
        return [same(*q) for q in zip(sizes, kernels, strides, dilations)]
    return padding


def flat(pads):
    """torch's order for F.pad: last axis first."""
    return [p for pair in reversed(pads) for p in pair]


def conv2d(s, r):
    # (label, input, weight, stride, padding, dilation, groups, bias)
    cases = [
        ("plain", (1, 2, 4, 5), (3, 2, 3, 2), (1, 1), "valid", (1, 1), 1, False),
        ("bias", (2, 1, 4, 4), (2, 1, 3, 3), (1, 1), [[1, 1], [1, 1]], (1, 1), 1, True),
        ("stride 2", (1, 2, 6, 7), (2, 2, 3, 3), (2, 2), [[1, 1], [1, 1]], (1, 1), 1, False),
        ("unequal stride, remainder unused", (1, 1, 6, 8), (1, 1, 3, 2), (2, 3), "valid", (1, 1), 1, False),
        ("asymmetric padding", (1, 2, 4, 4), (2, 2, 3, 3), (1, 1), [[0, 2], [1, 0]], (1, 1), 1, False),
        ("asymmetric padding, stride", (1, 1, 5, 5), (2, 1, 3, 3), (2, 1), [[2, 0], [0, 3]], (1, 1), 1, False),
        ("same, even kernel", (1, 1, 4, 5), (1, 1, 2, 4), (1, 1), "same", (1, 1), 1, False),
        ("same, stride 2, even size", (1, 1, 6, 6), (1, 1, 3, 3), (2, 2), "same", (1, 1), 1, False),
        ("same, stride 2, odd size", (1, 1, 5, 7), (1, 1, 3, 3), (2, 2), "same", (1, 1), 1, False),
        ("same, stride over kernel", (1, 1, 7, 7), (1, 1, 2, 2), (3, 3), "same", (1, 1), 1, False),
        ("dilation", (1, 1, 7, 6), (2, 1, 3, 2), (1, 1), [[2, 2], [0, 0]], (2, 3), 1, False),
        ("same, dilation", (1, 1, 5, 6), (1, 1, 3, 3), (1, 1), "same", (2, 2), 1, False),
        ("groups", (1, 4, 4, 4), (6, 2, 3, 3), (1, 1), "valid", (1, 1), 2, False),
        ("depthwise", (2, 3, 4, 4), (3, 1, 3, 3), (1, 1), [[1, 1], [1, 1]], (1, 1), 3, True),
        ("everything", (1, 4, 7, 8), (4, 2, 2, 3), (2, 3), [[1, 0], [2, 1]], (2, 1), 2, True),
        ("1 x 1", (1, 3, 2, 3), (2, 3, 1, 1), (1, 1), "valid", (1, 1), 1, False),
        ("kernel as large as the input", (2, 2, 3, 3), (2, 2, 3, 3), (1, 1), "valid", (1, 1), 1, False),
        ("padding wider than the kernel", (1, 1, 2, 2), (1, 1, 2, 2), (1, 1), [[3, 3], [2, 3]], (1, 1), 1, False),
    ]
    for label, xs, ws, stride, padding, dilation, groups, bias in cases:
        pads = explicit(padding, xs[2:], ws[2:], stride, dilation)
        inputs = {"x": normal(r, *xs, decimals=2), "weight": normal(r, *ws, decimals=2)}
        if bias:
            inputs["bias"] = normal(r, ws[0], decimals=2)

        def f(x, weight, bias=None):
            return F.conv2d(F.pad(x, flat(pads)), weight, bias, stride=stride, dilation=dilation, groups=groups)

        c = normal(r, *f(**{k: t64(v) for k, v in inputs.items()}).shape, decimals=2)
        s.case(
            "conv2d",
            {**inputs, "cotangent": c},
            gradients(f, inputs, c),
            torch_source("nn.functional.conv2d"),
            {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
            name=f"conv2d {label}",
        )


def conv1d(s, r):
    for label, xs, ws, stride, padding, dilation, groups in [
        ("plain", (2, 2, 6), (3, 2, 3), 1, "valid", 1, 1),
        ("stride and padding", (1, 2, 7), (2, 2, 3), 2, [[2, 1]], 1, 1),
        ("same, dilation", (1, 1, 6), (2, 1, 3), 1, "same", 2, 1),
        ("causal: all padding in front", (1, 1, 5), (1, 1, 3), 1, [[4, 0]], 2, 1),
        ("groups", (1, 4, 5), (4, 2, 2), 1, "valid", 1, 2),
    ]:
        pads = explicit(padding, xs[2:], ws[2:], [stride], [dilation])
        inputs = {"x": normal(r, *xs, decimals=2), "weight": normal(r, *ws, decimals=2)}
        f = lambda x, weight: F.conv1d(F.pad(x, flat(pads)), weight, stride=stride, dilation=dilation, groups=groups)
        c = normal(r, *f(**{k: t64(v) for k, v in inputs.items()}).shape, decimals=2)
        s.case(
            "conv1d",
            {**inputs, "cotangent": c},
            gradients(f, inputs, c),
            torch_source("nn.functional.conv1d"),
            {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
            name=f"conv1d {label}",
        )


def transposed(s, r):
    """Weight is torch's [in, out / groups, kh, kw]; out = (in - 1) * stride - 2 * padding + dilation * (k - 1) + outputPadding + 1."""
    for label, xs, ws, stride, padding, extra, dilation, groups in [
        ("plain", (1, 2, 3, 3), (2, 3, 2, 3), (1, 1), 0, (0, 0), (1, 1), 1),
        ("stride 2", (1, 2, 3, 2), (2, 1, 3, 3), (2, 2), 1, (0, 0), (1, 1), 1),
        ("output padding", (1, 1, 3, 3), (1, 2, 3, 3), (2, 2), 1, (1, 1), (1, 1), 1),
        ("unequal output padding, stride 3", (1, 1, 2, 3), (1, 1, 2, 2), (3, 2), 0, (2, 1), (1, 1), 1),
        ("dilation", (1, 1, 3, 3), (1, 1, 2, 2), (1, 1), 1, (0, 0), (2, 2), 1),
        ("groups", (1, 4, 2, 2), (4, 1, 2, 2), (2, 2), 0, (0, 0), (1, 1), 2),
    ]:
        inputs = {"x": normal(r, *xs, decimals=2), "weight": normal(r, *ws, decimals=2)}
        f = lambda x, weight: F.conv_transpose2d(
            x, weight, stride=stride, padding=padding, output_padding=extra, groups=groups, dilation=dilation
        )
        c = normal(r, *f(**{k: t64(v) for k, v in inputs.items()}).shape, decimals=2)
        s.case(
            "convTranspose2d",
            {**inputs, "cotangent": c},
            gradients(f, inputs, c),
            torch_source("nn.functional.conv_transpose2d"),
            {
                "stride": stride,
                "padding": [[padding, padding]] * 2,
                "outputPadding": extra,
                "dilation": dilation,
                "groups": groups,
            },
            name=f"convTranspose2d {label}",
        )


def pooling(s, r):
    # Windows that do not fit are left out (ceil mode off): the last row of 7 with window 2 is never read.
    for label, xs, window, stride, pad in [
        ("2 x 2", (2, 2, 4, 4), (2, 2), (2, 2), (0, 0)),
        ("a remainder is dropped", (1, 2, 7, 5), (2, 2), (2, 2), (0, 0)),
        ("overlapping", (1, 1, 5, 6), (3, 3), (1, 2), (0, 0)),
        ("padding", (1, 2, 5, 5), (3, 3), (2, 2), (1, 1)),
        ("unequal window and padding", (1, 1, 6, 7), (2, 3), (2, 2), (1, 0)),
        ("global", (2, 2, 3, 4), (3, 4), (3, 4), (0, 0)),
        ("gaps between windows", (1, 1, 7, 7), (2, 2), (3, 3), (0, 0)),
    ]:
        x = normal(r, *xs, decimals=2) - (
            3.0 if label == "padding" else 0.0
        )  # all negative: padding with 0 would win wrongly
        x = np.round(x, 2)
        kinds = [("maxPool2d", lambda x: F.max_pool2d(x, window, stride, pad), {}, "max_pool2d")]
        for count in (True, False) if any(pad) else (True,):
            kinds.append(
                (
                    "avgPool2d",
                    lambda x, count=count: F.avg_pool2d(x, window, stride, pad, count_include_pad=count),
                    {"countIncludePad": count},
                    "avg_pool2d",
                )
            )
        for op, f, more, torch_name in kinds:
            c = normal(r, *f(t64(x)).shape, decimals=2)
            options = {"window": window, "stride": stride, "padding": [[p, p] for p in pad], **more}
            s.case(
                op,
                {"x": x, "cotangent": c},
                gradients(f, {"x": x}, c),
                torch_source("nn.functional." + torch_name),
                options,
                name=f"{op} {label}" + (f", countIncludePad {more['countIncludePad']}" if more else ""),
            )
    tied = np.array([[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0], [0.0, 3.0, 3.0, 0.0], [0.0, 3.0, 0.0, 0.0]]).reshape(
        1, 1, 4, 4
    )
    c = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    s.case(
        "maxPool2d",
        {"x": tied, "cotangent": c},
        gradients(lambda x: F.max_pool2d(x, 2), {"x": tied}, c),
        torch_source("nn.functional.max_pool2d"),
        {"window": [2, 2], "stride": [2, 2], "padding": [[0, 0], [0, 0]]},
        name="maxPool2d ties: the first in row order gets the gradient",
        note="torch and XLA give all of it to one entry; sharing it evenly is a valid subgradient too",
    )
    nan = tied.copy()
    nan[0, 0, 0, 1] = np.nan
    s.case(
        "maxPool2d",
        {"x": nan},
        {"value": F.max_pool2d(torch.tensor(nan), 2)},
        torch_source("nn.functional.max_pool2d"),
        {"window": [2, 2], "stride": [2, 2], "padding": [[0, 0], [0, 0]]},
        name="maxPool2d NaN wins",
    )
