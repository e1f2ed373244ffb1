"""Decompositions and solves, with gradients of functions that do not depend on signs or on the basis of an eigenspace.

What is stored of factors that are unique only up to sign is their elementwise absolute value. Gradient cases name a
scalar (options.scalar) made of such quantities, with weights in `args`:

  chol     sum(w * L)                          qr       sum(wq * Q^2) + sum(wr * R^2)
  eigh     sum(we * e) + sum(wv * V^2)         svd      sum(ws * s) + sum(wu * U^2) + sum(wv * V^2)
  spectral sum(w * V f(e) V^T), f = exp or sqrt or log: well defined at repeated eigenvalues, where the derivative
           is Daleckii and Krein's; computed here from divided differences with mpmath, not by autograd.

Symmetric inputs: compare the symmetric part of the gradient, (G + G^T) / 2, which is what is stored
(`symmetrize` true). Libraries differ in the rest: some read the lower triangle only, some symmetrize first.
"""

import mpmath as mp
import numpy as np
import scipy.linalg as sl
import torch

from .lib import Subject, gradients, normal, numpy_source, rng, scipy_source, torch_source

mp.mp.dps = 40
L = torch.linalg


def sym(x):
    return (x + np.swapaxes(x, -1, -2)) / 2


def spd(r, *batch, n):
    a = normal(r, *batch, n, n, decimals=2)
    return np.round(a @ np.swapaxes(a, -1, -2) + np.eye(n), 4)


def make():
    s = Subject("linalg", "decompositions, solves and their gradients", {"float64": 1e-11, "float32": 2e-4})
    r = rng(53)
    cholesky_and_triangular(s, r)
    solves(s, r)
    determinants(s, r)
    orthogonal(s, r)
    eigen(s, r)
    singular(s, r)
    least_squares(s, r)
    return [s]


def cholesky_and_triangular(s, r):
    for label, a in (
        ("2 x 2", np.array([[4.0, 2.0], [2.0, 3.0]])),
        ("4 x 4", spd(r, n=4)),
        ("batch", spd(r, 2, 2, n=3)),
        ("1 x 1", np.array([[9.0]])),
    ):
        s.case(
            "cholesky",
            {"x": a},
            {"value": np.linalg.cholesky(a)},
            numpy_source("linalg.cholesky"),
            name=f"cholesky {label}",
        )
    a = spd(r, n=3)
    w = np.tril(normal(r, 3, 3))
    g = gradients(lambda x: L.cholesky((x + x.mT) / 2), {"x": a}, w)
    s.case(
        "cholesky",
        {"x": a, "cotangent": w},
        g,
        torch_source("linalg.cholesky"),
        {"symmetrize": True},
        name="cholesky gradient",
    )
    full = normal(r, 3, 3) + 3 * np.eye(3)
    b = normal(r, 3, 2)
    for lower in (True, False):
        for trans in (False, True):
            for unit in (False, True):
                x = sl.solve_triangular(full, b, lower=lower, trans=int(trans), unit_diagonal=unit)
                s.case(
                    "triangularSolve",
                    {"a": full, "b": b},
                    {"value": x},
                    scipy_source("linalg.solve_triangular"),
                    {"lower": lower, "transpose": trans, "unitDiagonal": unit},
                    name=f"triangularSolve {'lower' if lower else 'upper'}{' transposed' if trans else ''}{' unit' if unit else ''}; the other triangle is not read",
                )
    vec = normal(r, 3)
    s.case(
        "triangularSolve",
        {"a": full, "b": vec},
        {"value": sl.solve_triangular(full, vec, lower=True)},
        scipy_source("linalg.solve_triangular"),
        {"lower": True, "transpose": False, "unitDiagonal": False},
        name="triangularSolve vector",
    )
    stack, rhs = normal(r, 2, 3, 3) + 3 * np.eye(3), normal(r, 2, 3, 1)
    s.case(
        "triangularSolve",
        {"a": stack, "b": rhs},
        {"value": np.stack([sl.solve_triangular(p, q, lower=False) for p, q in zip(stack, rhs)])},
        scipy_source("linalg.solve_triangular"),
        {"lower": False, "transpose": False, "unitDiagonal": False},
        name="triangularSolve batch",
    )
    c = normal(r, 3, 2)
    g = gradients(lambda a, b: L.solve_triangular(torch.tril(a), b, upper=False), {"a": full, "b": b}, c)
    s.case(
        "triangularSolve",
        {"a": full, "b": b, "cotangent": c},
        g,
        torch_source("linalg.solve_triangular"),
        {"lower": True, "transpose": False, "unitDiagonal": False},
        name="triangularSolve gradient",
    )


def solves(s, r):
    a, b = normal(r, 4, 4) + np.eye(4), normal(r, 4, 2)
    pivot = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]])
    stack, rhs = normal(r, 2, 3, 3) + 2 * np.eye(3), normal(r, 2, 3, 2)
    for label, p, q in (
        ("matrix", a, b),
        ("vector", a, b[:, 0].copy()),
        ("zero pivot", pivot, np.array([1.0, 2.0, 3.0])),
        ("batch", stack, rhs),
    ):
        s.case(
            "solve",
            {"a": p, "b": q},
            {"value": np.linalg.solve(p, q)},
            numpy_source("linalg.solve"),
            name=f"solve {label}",
        )
    c = normal(r, 4, 2)
    s.case(
        "solve",
        {"a": a, "b": b, "cotangent": c},
        gradients(lambda a, b: L.solve(a, b), {"a": a, "b": b}, c),
        torch_source("linalg.solve"),
        name="solve gradient",
    )
    for label, p in (("4 x 4", a), ("zero pivot", pivot), ("batch", stack)):
        s.case("inv", {"x": p}, {"value": np.linalg.inv(p)}, numpy_source("linalg.inv"), name=f"inv {label}")
    c = normal(r, 4, 4)
    s.case(
        "inv",
        {"x": a, "cotangent": c},
        gradients(lambda x: L.inv(x), {"x": a}, c),
        torch_source("linalg.inv"),
        name="inv gradient",
    )
    hilbert = sl.hilbert(6)
    s.case(
        "inv",
        {"x": hilbert},
        {"value": sl.invhilbert(6).astype(np.float64)},
        scipy_source("linalg.invhilbert") + " (exact integers)",
        name="inv of the Hilbert matrix, condition 1.5e7",
        tolerance=1e-8,
    )


def determinants(s, r):
    a, stack = normal(r, 4, 4), normal(r, 2, 2, 3, 3)
    singular = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
    swap = np.array([[0.0, 2.0], [3.0, 0.0]])
    for label, x in (("4 x 4", a), ("batch", stack), ("row exchange", swap), ("1 x 1", np.array([[-2.5]]))):
        s.case("det", {"x": x}, {"value": np.linalg.det(x)}, numpy_source("linalg.det"), name=f"det {label}")
        sign, log = np.linalg.slogdet(x)
        s.case(
            "slogdet",
            {"x": x},
            {"sign": sign, "logabsdet": log},
            numpy_source("linalg.slogdet"),
            name=f"slogdet {label}",
        )
    s.case("det", {"x": swap[:, [0, 0]] * 0}, {"value": np.array(0.0)}, "closed form", name="det of zero")
    s.case(
        "slogdet",
        {"x": np.zeros((2, 2))},
        {"sign": np.array(0.0), "logabsdet": np.array(-np.inf)},
        numpy_source("linalg.slogdet"),
        name="slogdet of a singular matrix",
    )
    huge = np.diag([1e200, -1e200, 1e-150, 3.0])
    sign, log = np.linalg.slogdet(huge)
    s.case(
        "slogdet",
        {"x": huge},
        {"sign": sign, "logabsdet": log},
        numpy_source("linalg.slogdet"),
        name="slogdet where det is near overflow",
    )
    s.case(
        "det",
        {"x": a, "cotangent": np.array(1.0)},
        gradients(lambda x: L.det(x), {"x": a}),
        torch_source("linalg.det"),
        name="det gradient",
    )
    # d det = trace(adj(A) dA), also where A has no inverse; rank 2 of 3 here, so the adjugate is not zero.
    cof = np.array(
        [
            [np.linalg.det(np.delete(np.delete(singular, i, 0), j, 1)) * (-1) ** (i + j) for j in range(3)]
            for i in range(3)
        ]
    )
    s.case(
        "det",
        {"x": singular, "cotangent": np.array(1.0)},
        {"value": np.array(0.0), "grad.x": np.round(cof, 9)},
        "cofactors",
        name="det gradient at a singular matrix",
        tolerance=1e-9,
    )
    s.case(
        "slogdet",
        {"x": stack},
        {k: v for k, v in gradients(lambda x: L.slogdet(x)[1], {"x": stack}).items() if k != "value"},
        torch_source("linalg.slogdet"),
        {"scalar": "sum(logabsdet)"},
        name="slogdet gradient",
    )


def orthogonal(s, r):
    for label, x in (
        ("square", normal(r, 3, 3)),
        ("tall", normal(r, 4, 2)),
        ("wide", normal(r, 2, 4)),
        ("batch", normal(r, 2, 3, 2)),
        ("column", normal(r, 3, 1)),
    ):
        q, rr = torch.linalg.qr(torch.tensor(x), mode="reduced")
        s.case(
            "qr",
            {"x": x},
            {"abs.q": abs(q), "abs.r": abs(rr)},
            torch_source("linalg.qr") + " reduced",
            name=f"qr {label}",
        )
    for label, x in (("square", normal(r, 3, 3)), ("tall", normal(r, 4, 2)), ("batch", normal(r, 2, 3, 3))):
        n, k = x.shape[-2], min(x.shape[-2:])
        wq, wr = normal(r, *x.shape[:-2], n, k), normal(r, *x.shape[:-2], k, x.shape[-1])

        def f(x):
            q, rr = L.qr(x)
            return (torch.tensor(wq) * q**2).sum() + (torch.tensor(wr) * rr**2).sum()

        s.case(
            "qr",
            {"x": x, "wq": wq, "wr": wr},
            gradients(f, {"x": x}),
            torch_source("linalg.qr"),
            {"scalar": "qr"},
            name=f"qr gradient {label}",
        )


def divided_difference(f, df, a, b):
    return df((a + b) / 2) if abs(a - b) < mp.mpf(10) ** -25 else (f(a) - f(b)) / (a - b)


def spectral_gradient(a, w, f, df):
    """Gradient of sum(w * F(a)) at symmetric a: V (D * (V^T sym(w) V)) V^T, D the divided differences of f."""
    n = len(a)
    e, v = mp.eigsy(mp.matrix(a.tolist()))
    e = [mp.mpf(x) for x in e]
    inner = v.T * mp.matrix(sym(w).tolist()) * v
    for i in range(n):
        for j in range(n):
            inner[i, j] *= divided_difference(f, df, e[i], e[j])
    value = v * mp.diag([f(x) for x in e]) * v.T
    grad = v * inner * v.T
    as_np = lambda m: np.array([[float(m[i, j]) for j in range(n)] for i in range(n)])
    return float(sum((w * as_np(value)).reshape(-1))), as_np(value), as_np(grad)


def eigen(s, r):
    generic = np.round(sym(normal(r, 4, 4)), 4)
    q = np.array([[1.0, 2.0, 2.0], [2.0, 1.0, -2.0], [2.0, -2.0, 1.0]]) / 3
    repeated = np.round(q @ np.diag([2.0, 2.0, 5.0]) @ q.T, 14)
    for label, x in (
        ("generic", generic),
        ("batch", np.round(sym(normal(r, 2, 3, 3)), 4)),
        ("diagonal, unsorted", np.diag([3.0, -1.0, 2.0])),
        ("negative definite", -spd(r, n=3)),
    ):
        e, v = np.linalg.eigh(x)
        s.case(
            "eigh",
            {"x": x},
            {"values": e, "abs.vectors": np.abs(v)},
            numpy_source("linalg.eigh") + ", ascending",
            name=f"eigh {label}",
        )
    for label, x in (("repeated", repeated), ("identity", np.eye(3)), ("zero", np.zeros((2, 2)))):
        s.case(
            "eigh",
            {"x": x},
            {"values": np.linalg.eigh(x)[0].round(13)},
            numpy_source("linalg.eigh"),
            name=f"eigh values {label}",
        )
    for label, x in (("generic", generic), ("batch", np.round(sym(normal(r, 2, 3, 3)), 4))):
        we, wv = normal(r, *x.shape[:-1]), normal(r, *x.shape)

        def f(x):
            e, v = L.eigh((x + x.mT) / 2)
            return (torch.tensor(we) * e).sum() + (torch.tensor(wv) * v**2).sum()

        s.case(
            "eigh",
            {"x": x, "we": we, "wv": wv},
            gradients(f, {"x": x}),
            torch_source("linalg.eigh"),
            {"scalar": "eigh", "symmetrize": True},
            name=f"eigh gradient {label}",
        )
    positive = spd(r, n=3)
    for fname, f, df in (
        ("exp", mp.exp, mp.exp),
        ("sqrt", mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x))),
        ("log", mp.log, lambda x: 1 / x),
    ):
        for label, x in (
            ("generic", positive),
            ("repeated eigenvalues", repeated),
            ("identity", 2 * np.eye(3)),
            ("nearly repeated", np.round(np.diag([1.0, 1.0 + 1e-9, 3.0]), 12)),
        ):
            w = normal(r, 3, 3)
            total, value, grad = spectral_gradient(x, w, f, df)
            library = {"exp": sl.expm, "sqrt": sl.sqrtm, "log": sl.logm}[fname](x)
            assert np.allclose(library, value, rtol=1e-9, atol=1e-9)
            if fname == "exp":
                assert np.allclose(
                    sl.expm_frechet(x, sym(w))[1], grad, rtol=1e-9, atol=1e-9
                )  # the derivative is self-adjoint
            s.case(
                "eigh",
                {"x": x, "w": w},
                {"value": np.array(total), "matrix": value, "grad.x": grad},
                f"Daleckii-Krein formula, mpmath {mp.__version__}; checked with scipy.linalg.{fname}m",
                {"scalar": "spectral", "function": fname, "symmetrize": True},
                name=f"eigh gradient of a matrix {fname}, {label}",
                **(
                    {"tolerance": 1e-6, "note": "plain eigenvector derivatives divide by 1e-9 here"}
                    if label == "nearly repeated"
                    else {}
                ),
            )


def singular(s, r):
    for label, x in (
        ("square", normal(r, 3, 3)),
        ("tall", normal(r, 4, 2)),
        ("wide", normal(r, 2, 4)),
        ("batch", normal(r, 2, 3, 2)),
    ):
        u, sv, vt = np.linalg.svd(x, full_matrices=False)
        s.case(
            "svd",
            {"x": x},
            {"abs.u": np.abs(u), "s": sv, "abs.v": np.abs(np.swapaxes(vt, -1, -2))},
            numpy_source("linalg.svd") + ", reduced, descending",
            name=f"svd {label}",
        )
    low = np.outer([1.0, 2.0, 2.0], [3.0, 4.0])
    s.case("svd", {"x": low}, {"s": np.array([15.0, 0.0])}, "closed form", name="svd values of a rank-one matrix")
    s.case("svd", {"x": np.zeros((2, 3))}, {"s": np.zeros(2)}, "closed form", name="svd values of zero")
    for label, x in (
        ("square", normal(r, 3, 3)),
        ("tall", normal(r, 4, 2)),
        ("wide", normal(r, 2, 3)),
        ("batch", normal(r, 2, 3, 2)),
    ):
        k = min(x.shape[-2:])
        ws, wu, wv = normal(r, *x.shape[:-2], k), normal(r, *x.shape[:-1], k), normal(r, *x.shape[:-2], x.shape[-1], k)

        def f(x):
            u, sv, vh = L.svd(x, full_matrices=False)
            return (torch.tensor(ws) * sv).sum() + (torch.tensor(wu) * u**2).sum() + (torch.tensor(wv) * vh.mT**2).sum()

        s.case(
            "svd",
            {"x": x, "ws": ws, "wu": wu, "wv": wv},
            gradients(f, {"x": x}),
            torch_source("linalg.svd"),
            {"scalar": "svd"},
            name=f"svd gradient {label}",
        )
    # sum of singular values: its gradient is U V^T, also where singular values are equal.
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]]) * 2
    s.case(
        "svd",
        {"x": rotation, "ws": np.ones(2)},
        {"value": np.array(4.0), "grad.x": rotation / 2},
        "U V^T, closed form",
        {"scalar": "sum(s)"},
        name="svd gradient of the nuclear norm, equal singular values",
    )


def least_squares(s, r):
    tall, wide = normal(r, 5, 3), normal(r, 2, 4)
    deficient = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 1.0, 0.0], [0.0, 1.0, 3.0]])
    assert np.linalg.matrix_rank(deficient) == 2
    for label, a, b in (
        ("tall", tall, normal(r, 5)),
        ("tall, two right-hand sides", tall, normal(r, 5, 2)),
        ("wide: least norm", wide, normal(r, 2)),
        ("rank deficient: least norm", deficient, normal(r, 4)),
        ("square", normal(r, 3, 3), normal(r, 3)),
    ):
        x, residuals, rank, sv = np.linalg.lstsq(a, b, rcond=None)
        s.case(
            "lstsq",
            {"a": a, "b": b},
            {"value": x, "rank": np.int32(rank)},
            numpy_source("linalg.lstsq") + " rcond=None (eps * max(m, n))",
            name=f"lstsq {label}",
        )
    b = normal(r, 5, 2)
    c = normal(r, 3, 2)
    s.case(
        "lstsq",
        {"a": tall, "b": b, "cotangent": c},
        gradients(lambda a, b: L.pinv(a) @ b, {"a": tall, "b": b}, c),
        torch_source("linalg.pinv") + " applied to b",
        name="lstsq gradient tall",
    )
    b, c = normal(r, 2, 1), normal(r, 4, 1)
    s.case(
        "lstsq",
        {"a": wide, "b": b, "cotangent": c},
        gradients(lambda a, b: L.pinv(a) @ b, {"a": wide, "b": b}, c),
        torch_source("linalg.pinv") + " applied to b",
        name="lstsq gradient wide",
    )
    for label, x in (
        ("tall", tall),
        ("wide", wide),
        ("rank deficient", deficient),
        ("batch", normal(r, 2, 3, 2)),
        ("zero", np.zeros((2, 3))),
    ):
        s.case(
            "pinv",
            {"x": x},
            {"value": np.linalg.pinv(x, rcond=1e-13)},
            numpy_source("linalg.pinv") + " rcond=1e-13",
            name=f"pinv {label}",
        )
    for label, x in (("tall", tall), ("wide", wide), ("square", normal(r, 3, 3))):
        c = normal(r, x.shape[1], x.shape[0])
        s.case(
            "pinv",
            {"x": x, "cotangent": c},
            gradients(lambda x: L.pinv(x), {"x": x}, c),
            torch_source("linalg.pinv"),
            name=f"pinv gradient {label}",
        )
