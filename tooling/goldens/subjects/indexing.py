"""Sorting, searching, gathering, scattering, padding."""

import numpy as np
import torch

from .lib import Subject, gradients, normal, numpy_source, rng, torch_source

INF, NAN = np.inf, np.nan


def make():
    s = Subject("indexing", "sort, search, gather, scatter, pad", {"float64": 1e-14, "float32": 1e-6}, digits=None)
    r = rng(23)
    sorting(s, r)
    searching(s)
    gathering(s, r)
    scattering(s, r)
    padding(s, r)
    return [s]


def descending_stable(x, axis):
    """Largest first, equal entries in their original order."""
    values, indices = torch.sort(torch.tensor(x), dim=axis, descending=True, stable=True)
    return values.numpy(), indices.numpy()


def sorting(s, r):
    clean = np.array([[3.0, -1.0, 2.0, 2.0, -INF], [0.5, INF, 0.5, -2.0, 0.5]])
    with_nan = np.array([[3.0, NAN, -1.0, INF, 2.0], [NAN, 0.0, NAN, -INF, 1.0]])
    ints = np.array([5, -3, 5, 2**31 - 1, 0, -(2**31), -3], dtype=np.int32)
    for dtype in (np.float64, np.float32):
        for label, x in (("ties", clean), ("NaN last", with_nan)):
            y = x.astype(dtype)
            for axis in (0, 1, -1):
                s.case(
                    "sort",
                    {"x": y},
                    {"value": np.sort(y, axis=axis)},
                    numpy_source("sort"),
                    {"axis": axis, "descending": False},
                    name=f"sort {label} axis {axis}",
                    tolerance=0,
                )
                s.case(
                    "argsort",
                    {"x": y},
                    {"value": np.argsort(y, axis=axis, kind="stable")},
                    numpy_source("argsort") + " stable",
                    {"axis": axis, "descending": False},
                    name=f"argsort {label} axis {axis}",
                )
        values, indices = descending_stable(clean.astype(dtype), 1)
        s.case(
            "sort",
            {"x": clean.astype(dtype)},
            {"value": values},
            torch_source("sort"),
            {"axis": 1, "descending": True},
            name="sort descending",
            tolerance=0,
        )
        s.case(
            "argsort",
            {"x": clean.astype(dtype)},
            {"value": indices},
            torch_source("sort") + " stable",
            {"axis": 1, "descending": True},
            name="argsort descending keeps the order of ties",
        )
    # The order of -x, as the NumPy idiom np.argsort(-x) has it: NaN stays last.
    order = np.argsort(-with_nan, axis=1, kind="stable")
    note = "np.argsort(-x); torch and JAX count NaN as greatest and put it first"
    more = {"source": "numpy stable argsort of -x", "options": {"axis": 1, "descending": True}, "note": note}
    s.case("argsort", {"x": with_nan}, {"value": order}, name="argsort descending, NaN last", **more)
    s.case(
        "sort",
        {"x": with_nan},
        {"value": np.take_along_axis(with_nan, order, 1)},
        name="sort descending, NaN last",
        **more,
    )
    top = order[:, :4]
    s.case(
        "topK",
        {"x": with_nan},
        {"values": np.take_along_axis(with_nan, top, 1), "indices": top},
        "numpy stable argsort of -x",
        {"k": 4},
        name="topK, NaN below every number",
        note=note,
    )
    s.case(
        "sort",
        {"x": ints},
        {"value": np.sort(ints)},
        numpy_source("sort"),
        {"axis": -1, "descending": False},
        name="sort int32",
    )
    s.case(
        "argsort",
        {"x": ints},
        {"value": np.argsort(ints, kind="stable")},
        numpy_source("argsort") + " stable",
        {"axis": -1, "descending": False},
        name="argsort int32",
    )
    signed = np.array([0.0, -0.0, 1.0, -0.0, 0.0])
    s.case(
        "argsort",
        {"x": signed},
        {"value": np.argsort(signed, kind="stable")},
        numpy_source("argsort") + " stable",
        {"axis": -1, "descending": False},
        name="argsort: -0 equals 0",
    )
    x, c = normal(r, 3, 4), normal(r, 3, 4)
    g = gradients(lambda x: torch.sort(x, dim=1)[0], {"x": x}, c)
    s.case(
        "sort",
        {"x": x, "cotangent": c},
        g,
        torch_source("sort"),
        {"axis": 1, "descending": False},
        name="sort gradient",
    )
    # topK: largest first; among equal values the lower index first (lax.top_k's rule).
    t = np.array([[1.0, 5.0, 3.0, 5.0, 2.0], [-1.0, -7.0, -1.0, 0.0, -1.0]])
    order = np.argsort(-t, axis=1, kind="stable")[:, :3]
    s.case(
        "topK",
        {"x": t},
        {"values": np.take_along_axis(t, order, 1), "indices": order},
        "numpy stable argsort of -x, rule of jax.lax.top_k",
        {"k": 3},
        name="topK with ties",
    )
    order = np.argsort(-x, axis=1, kind="stable")[:, :2]
    s.case(
        "topK",
        {"x": x},
        {"values": np.take_along_axis(x, order, 1), "indices": order},
        "numpy stable argsort of -x",
        {"k": 2},
        name="topK",
    )


def searching(s):
    grid = np.array([-1.0, 0.0, 0.0, 2.0, 5.0])
    v = np.array([[-2.0, -1.0, 0.0], [1.0, 5.0, 6.0]])
    for side in ("left", "right"):
        s.case(
            "searchsorted",
            {"sorted": grid, "values": v},
            {"value": np.searchsorted(grid, v, side=side)},
            numpy_source("searchsorted"),
            {"side": side},
            name=f"searchsorted {side}",
        )
        w = np.array([NAN, INF, -INF])
        s.case(
            "searchsorted",
            {"sorted": np.append(grid, [INF]), "values": w},
            {"value": np.searchsorted(np.append(grid, [INF]), w, side=side)},
            numpy_source("searchsorted"),
            {"side": side},
            name=f"searchsorted {side} NaN and infinity",
        )
    x = np.array([3, 1, 3, 2, 1, 1], dtype=np.int32)
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    s.case(
        "unique",
        {"x": x},
        {"value": values, "inverse": inverse, "counts": counts},
        numpy_source("unique"),
    )


def gathering(s, r):
    x = normal(r, 3, 4, 2)
    index = np.array([[2, 0], [1, 1]], dtype=np.int32)
    for axis in (0, 1, -1):
        i = index % x.shape[axis]
        s.case(
            "take",
            {"x": x, "indices": i},
            {"value": np.take(x, i, axis=axis)},
            numpy_source("take"),
            {"axis": axis},
            name=f"take axis {axis}",
        )
    s.case(
        "take",
        {"x": x, "indices": np.array([-1, 0], dtype=np.int32)},
        {"value": np.take(x, [-1, 0], axis=1)},
        numpy_source("take"),
        {"axis": 1},
        name="take: a negative index counts from the end",
    )
    c = normal(r, 3, 3, 2)
    rows = np.array([1, 3, 1], dtype=np.int32)
    g = gradients(lambda x: torch.index_select(x, 1, torch.tensor(rows)), {"x": x}, c)
    s.case(
        "take",
        {"x": x, "indices": rows, "cotangent": c},
        g,
        torch_source("index_select"),
        {"axis": 1},
        name="take gradient adds up repeated indices",
        digits=15,
    )
    y = normal(r, 3, 4)
    along = np.array([[3, 0, 0], [1, 1, 2], [2, 3, 1]], dtype=np.int32)
    s.case(
        "takeAlongAxis",
        {"x": y, "indices": along},
        {"value": np.take_along_axis(y, along.astype(np.int64), 1)},
        numpy_source("take_along_axis"),
        {"axis": 1},
    )
    down = np.array([[2, 0, 1, 1]], dtype=np.int32)
    s.case(
        "takeAlongAxis",
        {"x": y, "indices": down},
        {"value": np.take_along_axis(y, down.astype(np.int64), 0)},
        numpy_source("take_along_axis"),
        {"axis": 0},
        name="takeAlongAxis axis 0",
    )
    c = normal(r, 3, 3)
    g = gradients(lambda x: torch.gather(x, 1, torch.tensor(along.astype(np.int64))), {"x": y}, c)
    s.case(
        "takeAlongAxis",
        {"x": y, "indices": along, "cotangent": c},
        g,
        torch_source("gather"),
        {"axis": 1},
        name="takeAlongAxis gradient",
        digits=15,
    )


def scattering(s, r):
    x, rows = normal(r, 4, 3), np.array([2, 0, 2, 2, 3], dtype=np.int32)
    u = normal(r, 5, 3)
    y = x.copy()
    np.add.at(y, rows, u)
    s.case(
        "scatterAdd",
        {"x": x, "indices": rows, "updates": u},
        {"value": y},
        numpy_source("add.at"),
        {"axis": 0},
        name="scatterAdd rows, repeated indices",
        digits=15,
    )
    cols, u1 = np.array([1, 1], dtype=np.int32), normal(r, 4, 2)
    y = x.copy()
    np.add.at(y, (slice(None), cols), u1)
    s.case(
        "scatterAdd",
        {"x": x, "indices": cols, "updates": u1},
        {"value": y},
        numpy_source("add.at"),
        {"axis": 1},
        name="scatterAdd columns",
        digits=15,
    )
    c = normal(r, 4, 3)
    g = gradients(lambda x, updates: x.index_add(0, torch.tensor(rows), updates), {"x": x, "updates": u}, c)
    s.case(
        "scatterAdd",
        {"x": x, "indices": rows, "updates": u, "cotangent": c},
        g,
        torch_source("Tensor.index_add"),
        {"axis": 0},
        name="scatterAdd gradient",
        digits=15,
    )
    segments = np.array([0, 0, 2, 2, 2, 4], dtype=np.int32)
    data = normal(r, 6, 2)
    out = np.zeros((5, 2))
    np.add.at(out, segments, data)
    s.case(
        "segmentSum",
        {"x": data, "segments": segments},
        {"value": out},
        numpy_source("add.at"),
        {"count": 5},
        name="segmentSum, empty segments are zero",
        digits=15,
    )
    shuffled = np.array([2, 0, 2, 1, 0, 2], dtype=np.int32)
    out = np.zeros((3, 2))
    np.add.at(out, shuffled, data)
    s.case(
        "segmentSum",
        {"x": data, "segments": shuffled},
        {"value": out},
        numpy_source("add.at"),
        {"count": 3},
        name="segmentSum unsorted ids",
        digits=15,
    )


def padding(s, r):
    x = normal(r, 2, 3)
    s.case(
        "pad",
        {"x": x},
        {"value": np.pad(x, ((1, 0), (2, 1)), constant_values=7.0)},
        numpy_source("pad"),
        {"padding": [[1, 0], [2, 1]], "value": 7.0},
        name="pad constant",
    )
    for axis in (0, 1):
        s.case("flip", {"x": x}, {"value": np.flip(x, axis)}, numpy_source("flip"), {"axis": axis})
        s.case("roll", {"x": x}, {"value": np.roll(x, 2, axis)}, numpy_source("roll"), {"axis": axis, "shift": 2})
    y = normal(r, 2, 3, 4)
    for op, f in (("tril", np.tril), ("triu", np.triu)):
        for k in (0, 1, -1):
            s.case(op, {"x": y}, {"value": f(y, k)}, numpy_source(op), {"k": k}, name=f"{op} {k}")
    s.case(
        "arange",
        {},
        {"value": np.arange(5, -2, -2, dtype=np.int32)},
        numpy_source("arange"),
        {"start": 5, "stop": -2, "step": -2, "dtype": "int32"},
    )
    s.case(
        "arange",
        {},
        {"value": np.arange(0, 1, 0.1)},
        numpy_source("arange"),
        {"start": 0, "stop": 1, "step": 0.1, "dtype": "float64"},
        name="arange by 0.1 has ten entries",
    )
    s.case(
        "linspace",
        {},
        {"value": np.linspace(-1, 2, 7)},
        numpy_source("linspace"),
        {"start": -1, "stop": 2, "num": 7, "dtype": "float64"},
    )
    s.case(
        "linspace",
        {},
        {"value": np.linspace(3, 5, 1)},
        numpy_source("linspace"),
        {"start": 3, "stop": 5, "num": 1, "dtype": "float64"},
        name="linspace of one point",
    )
