"""Reductions, scans, softmax and vector/matrix norms. Axis conventions are NumPy's (negative axes, keepDims)."""

import numpy as np
import scipy.special as sp
import torch

from .lib import Subject, gradients, normal, numpy_source, rng, scipy_source, torch_source

INF, NAN = np.inf, np.nan


def make():
    s = Subject("reduce", "reductions, scans, softmax, norms", {"float64": 1e-13, "float32": 2e-6})
    r = rng(11)
    x = normal(r, 2, 3, 4)
    axes(s, x)
    nan_and_ties(s)
    spread(s, x)
    log_sums(s, r)
    scans(s, r)
    accuracy(s)
    norms(s, r)
    return [s]


def axes(s, x):
    for op, f in (("sum", np.sum), ("mean", np.mean), ("prod", np.prod), ("max", np.max), ("min", np.min)):
        for axis, keep in ((None, False), (1, False), (-1, True), ((0, 2), False), ((0, -1), True)):
            s.case(
                op,
                {"x": x},
                {"value": f(x, axis=axis, keepdims=keep)},
                numpy_source(op),
                {"axis": axis, "keepDims": keep},
                name=f"{op} axis {axis}",
            )
    for op, f in (("argmax", np.argmax), ("argmin", np.argmin)):
        for axis in (0, 1, -1):
            s.case(op, {"x": x}, {"value": f(x, axis=axis)}, numpy_source(op), {"axis": axis}, name=f"{op} axis {axis}")
    xi = np.array([[3, -7, 2**31 - 1], [5, 11, 1]], dtype=np.int32)
    s.case(
        "sum",
        {"x": xi},
        {"value": np.sum(xi, axis=1, dtype=np.int32)},
        numpy_source("sum") + " with dtype=int32",
        {"axis": 1},
        name="sum int32 wraps",
    )
    s.case("max", {"x": xi}, {"value": np.max(xi, axis=0)}, numpy_source("max"), {"axis": 0}, name="max int32")
    empty = np.zeros((0, 3))
    s.case(
        "sum",
        {"x": empty},
        {"value": np.sum(empty, axis=0)},
        numpy_source("sum"),
        {"axis": 0},
        name="sum of nothing is 0",
    )
    s.case(
        "prod",
        {"x": empty},
        {"value": np.prod(empty, axis=0)},
        numpy_source("prod"),
        {"axis": 0},
        name="prod of nothing is 1",
    )
    b = np.array([[True, False], [True, True], [False, False]])
    for op, f in (("all", np.all), ("any", np.any)):
        s.case(op, {"x": b}, {"value": f(b, axis=1)}, numpy_source(op), {"axis": 1})


def nan_and_ties(s):
    """NaN wins max and min, its first position wins argmax and argmin; among equals the first position."""
    x = np.array([[1.0, NAN, 3.0, NAN], [INF, 2.0, -INF, 0.0], [5.0, 5.0, 5.0, 1.0], [-1.0, -2.0, -2.0, -1.0]])
    for dtype in (np.float64, np.float32):
        for op, f in (("max", np.max), ("min", np.min), ("argmax", np.argmax), ("argmin", np.argmin)):
            s.case(
                op,
                {"x": x.astype(dtype)},
                {"value": f(x.astype(dtype), axis=1)},
                numpy_source(op),
                {"axis": 1},
                name=f"{op} NaN and ties {np.dtype(dtype)}",
                tolerance=0,
            )
    # torch's amax shares the gradient evenly among equal entries, as JAX does.
    tied = np.array([[5.0, 5.0, 1.0, 5.0], [2.0, 3.0, 3.0, -1.0]])
    for op, f in (("max", torch.amax), ("min", torch.amin)):
        g = gradients(lambda x: f(x, dim=1), {"x": tied}, np.array([3.0, 1.0]))
        s.case(
            op,
            {"x": tied, "cotangent": np.array([3.0, 1.0])},
            g,
            torch_source(f.__name__),
            {"axis": 1},
            name=f"{op} gradient at ties is shared",
        )
    x = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0], [1.5, -2.0, 4.0]])
    g = gradients(lambda x: torch.prod(x, dim=1), {"x": x}, np.array([1.0, 2.0, 3.0]))
    s.case(
        "prod",
        {"x": x, "cotangent": np.array([1.0, 2.0, 3.0])},
        g,
        torch_source("prod"),
        {"axis": 1},
        name="prod gradient through zeros",
    )


def spread(s, x):
    for op, f in (("std", np.std), ("var", np.var)):
        for ddof in (0, 1):
            for axis in (None, 0, (1, 2)):
                s.case(
                    op,
                    {"x": x},
                    {"value": f(x, axis=axis, ddof=ddof)},
                    numpy_source(op),
                    {"axis": axis, "ddof": ddof},
                    name=f"{op} ddof {ddof} axis {axis}",
                )
    big = (1e6 + np.array([1.0, 2.0, 3.0, 4.0])).astype(np.float32)
    s.case(
        "var",
        {"x": big},
        {"value": np.float32(1.25)},
        "closed form",
        {"ddof": 0},
        name="var far from zero, float32",
        tolerance=1e-6,
    )
    g = gradients(lambda x: torch.std(x, dim=1, unbiased=True), {"x": x}, np.ones((2, 4)))
    s.case(
        "std",
        {"x": x, "cotangent": np.ones((2, 4))},
        g,
        torch_source("std"),
        {"axis": 1, "ddof": 1},
        name="std gradient",
    )


def log_sums(s, r):
    x = np.array(
        [
            [1000.0, 1000.5, 999.0],
            [-1000.0, -1001.0, -INF],
            [-INF, -INF, -INF],
            [0.1, INF, 2.0],
            [NAN, 1.0, 2.0],
            [0.0, -700.0, -745.0],
        ]
    )
    for dtype in (np.float64, np.float32):
        y = x.astype(dtype)
        for keep in (False, True):
            s.case(
                "logsumexp",
                {"x": y},
                {"value": sp.logsumexp(y.astype(np.float64), axis=1, keepdims=keep).astype(dtype)},
                scipy_source("special.logsumexp"),
                {"axis": 1, "keepDims": keep},
                name=f"logsumexp edges {np.dtype(dtype)} keepDims {keep}",
                tolerance=1e-14 if dtype == np.float64 else 3e-7,
                scale=1e-300,
            )
    y = normal(r, 2, 3, 4) * 3
    for op, f, axis in (
        ("softmax", sp.softmax, 1),
        ("softmax", sp.softmax, -1),
        ("softmax", sp.softmax, 0),
        ("logSoftmax", sp.log_softmax, 1),
        ("logSoftmax", sp.log_softmax, -1),
    ):
        s.case(
            op,
            {"x": y},
            {"value": f(y, axis=axis)},
            scipy_source("special." + f.__name__),
            {"axis": axis},
            name=f"{op} axis {axis}",
        )
    # scipy.special.log_softmax gives NaN where the row holds +inf; a row of -inf alone is NaN for all libraries.
    edge = x[[0, 1, 5]]
    for dtype, tolerance in ((np.float64, 1e-13), (np.float32, 1e-6)):
        for op, f in (("softmax", sp.softmax), ("logSoftmax", sp.log_softmax)):
            e = edge.astype(dtype)
            s.case(
                op,
                {"x": e},
                {"value": f(e.astype(np.float64), axis=1).astype(dtype)},
                scipy_source("special." + f.__name__),
                {"axis": 1},
                name=f"{op} edges {np.dtype(dtype)}",
                tolerance=tolerance,
                scale=1e-300,
            )
    c = normal(r, 2, 3, 4)
    for op, f in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax), ("logsumexp", torch.logsumexp)):
        cot = c if op != "logsumexp" else c[:, 0]
        s.case(
            op,
            {"x": y, "cotangent": cot},
            gradients(lambda x: f(x, dim=1), {"x": y}, cot),
            torch_source(f.__name__),
            {"axis": 1},
            name=f"{op} gradient",
        )


def scans(s, r):
    x = normal(r, 3, 4)
    flip = lambda f, x, axis: np.flip(f(np.flip(x, axis), axis=axis), axis)
    for op, f in (("cumsum", np.cumsum), ("cumprod", np.cumprod)):
        for axis in (0, 1, -1):
            s.case(
                op,
                {"x": x},
                {"value": f(x, axis=axis)},
                numpy_source(op),
                {"axis": axis, "reverse": False},
                name=f"{op} axis {axis}",
            )
        s.case(
            op,
            {"x": x},
            {"value": flip(f, x, 1)},
            numpy_source(op) + " of the flipped array, flipped",
            {"axis": 1, "reverse": True},
            name=f"{op} reverse",
        )
        c, z = normal(r, 3, 4), x.copy()
        z[0, 1] = z[1, 0] = z[1, 3] = 0.0
        g = gradients(lambda x: getattr(torch, op)(x, dim=1), {"x": z}, c)
        s.case(
            op,
            {"x": z, "cotangent": c},
            g,
            torch_source(op),
            {"axis": 1, "reverse": False},
            name=f"{op} gradient, zeros included",
        )


def accuracy(s):
    """float32 sums that lose all digits when added one after the other in float32."""
    x = np.full(2**12, 0.1, dtype=np.float32)
    x[0] = 2.0**24
    exact = np.float32(np.sum(x.astype(np.float64)))
    s.case(
        "sum",
        {"x": x[:1], "fill": x[1:2]},
        {"value": exact},
        "float64 sum of the same float32 numbers",
        {"repeatFill": 4095},
        name="float32 sum of 2^24 and 4095 times 0.1",
        tolerance=3e-7,
    )


def norms(s, r):
    v, m = normal(r, 5), normal(r, 2, 3, 4)
    for order in (1, 2, 3, 0, INF, -INF, 0.5):
        s.case(
            "norm",
            {"x": v},
            {"value": np.linalg.norm(v, order)},
            numpy_source("linalg.norm"),
            {"ord": order},
            name=f"vector norm {order}",
        )
    s.case(
        "norm",
        {"x": m},
        {"value": np.linalg.norm(m, axis=1)},
        numpy_source("linalg.norm"),
        {"axis": 1},
        name="vector norm along axis 1",
    )
    s.case(
        "norm",
        {"x": m},
        {"value": np.linalg.norm(m, 1, axis=-1, keepdims=True)},
        numpy_source("linalg.norm"),
        {"ord": 1, "axis": -1, "keepDims": True},
        name="vector 1-norm keepDims",
    )
    s.case("norm", {"x": m}, {"value": np.linalg.norm(m)}, numpy_source("linalg.norm"), {}, name="norm of everything")
    for order in ("fro", "nuc", 1, -1, 2, -2, INF, -INF):
        s.case(
            "norm",
            {"x": m},
            {"value": np.linalg.norm(m, order, axis=(1, 2))},
            numpy_source("linalg.norm"),
            {"ord": order, "axis": (1, 2)},
            name=f"matrix norm {order}",
        )
    s.case(
        "norm",
        {"x": m[0]},
        {"value": np.linalg.norm(m[0], "nuc")},
        numpy_source("linalg.norm"),
        {"ord": "nuc"},
        name="matrix norm nuc without axis",
    )
    for order in (1, 2, 3, INF):
        g = gradients(lambda x: torch.linalg.vector_norm(x, order), {"x": v})
        s.case(
            "norm",
            {"x": v, "cotangent": np.array(1.0)},
            g,
            torch_source("linalg.vector_norm"),
            {"ord": order},
            name=f"vector norm {order} gradient",
        )
    for order in ("fro", "nuc", 2):
        g = gradients(lambda x: torch.linalg.matrix_norm(x, order), {"x": m[0]})
        s.case(
            "norm",
            {"x": m[0], "cotangent": np.array(1.0)},
            g,
            torch_source("linalg.matrix_norm"),
            {"ord": order},
            name=f"matrix norm {order} gradient",
        )
    zero = gradients(lambda x: torch.linalg.vector_norm(x, 2), {"x": np.zeros(3)})
    s.case(
        "norm",
        {"x": np.zeros(3), "cotangent": np.array(1.0)},
        zero,
        torch_source("linalg.vector_norm"),
        {"ord": 2},
        name="2-norm gradient at zero is zero",
        tolerance=0,
    )
    tiny = np.array([3e-200, 4e-200])
    huge = np.array([3e200, 4e200])
    s.case(
        "norm",
        {"x": tiny},
        {"value": np.array(5e-200)},
        "closed form",
        {"ord": 2},
        name="2-norm of tiny numbers",
        tolerance=1e-14,
        note="NumPy gives 0 here: its squares underflow",
    )
    s.case(
        "norm",
        {"x": huge},
        {"value": np.array(5e200)},
        "closed form",
        {"ord": 2},
        name="2-norm of huge numbers",
        tolerance=1e-14,
        note="NumPy gives infinity here: its squares overflow",
    )
