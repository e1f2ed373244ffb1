"""Symmetric positive definite matrices: functions with Daleckii and Krein's gradients, five metrics, means.

Functions and gradients come from mpmath with 50 digits at the very matrix that is stored, so that gaps of eigenvalues of
1e-9 and 3e-12 are those of the stored numbers. Metrics come from scipy.linalg's general sqrtm, logm and expm, which share no
formula with the package (it uses eigenvalues, Cholesky factors and singular values).
"""

import mpmath as mp
import numpy as np
import scipy.linalg as sl

from .lib import Subject, normal, rng, scipy_source

DIGITS = 50


def sym(x):
    return (x + np.swapaxes(x, -1, -2)) / 2


def spd(r, n, low=0.1, high=3.0):
    q = np.linalg.qr(r.randn(n, n))[0]
    return np.round(sym(q @ np.diag(np.exp(r.uniform(np.log(low), np.log(high), n))) @ q.T), 4)


FUNCTIONS = {
    "symLog": ({}, mp.log, lambda x: 1 / x),
    "symSqrt": ({}, mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x))),
    "symInvSqrt": ({}, lambda x: 1 / mp.sqrt(x), lambda x: -(x ** mp.mpf(-1.5)) / 2),
    "symExp": ({}, mp.exp, mp.exp),
    "symPow": ({"exponent": 0.3}, lambda x: x ** mp.mpf(0.3), lambda x: mp.mpf(0.3) * x ** (mp.mpf(0.3) - 1)),
    "symReEig": (
        {"epsilon": 1.5},
        lambda x: max(x, mp.mpf(1.5)),
        lambda x: mp.mpf(1) if x > 1.5 else mp.mpf(0),
    ),
}


def spectral(x, c, f, df):
    """F(x) and the gradient of sum(c * F(x)), U (K * U^T sym(c) U) U^T, with 50 digits."""
    n = len(x)
    e, u = mp.eigsy(mp.matrix(x.tolist()))
    inner = u.T * mp.matrix(sym(c).tolist()) * u
    for i in range(n):
        for j in range(n):
            gap = e[i] - e[j]
            inner[i, j] *= df((e[i] + e[j]) / 2) if abs(gap) < mp.mpf(10) ** -40 else (f(e[i]) - f(e[j])) / gap
    as_np = lambda m: np.array([[float(m[i, j]) for j in range(n)] for i in range(n)])
    return as_np(u * mp.diag([f(a) for a in e]) * u.T), as_np(u * inner * u.T)


def functions(s, r):
    q = np.linalg.qr(r.randn(5, 5))[0]
    turn = lambda *values: sym(q @ np.diag(values) @ q.T)
    points = {
        "random": (spd(r, 5), 1e-11),
        "gaps 1e-9 and 3e-12": (turn(1.0, 1 + 1e-9, 2.0, 2 + 3e-12, 3.0), 1e-11),
        "diag(1, 1, 2, 3, 3)": (np.diag([1.0, 1, 2, 3, 3]), 1e-13),
        "identity": (np.eye(5), 1e-13),
        "condition 1e8": (turn(1e-8, 1e-6, 1e-3, 0.1, 1.0), 1e-7),
    }
    for op, (options, f, df) in FUNCTIONS.items():
        for label, (x, tolerance) in points.items():
            c = normal(r, 5, 5)
            value, grad = spectral(x, c, f, df)
            s.case(
                op,
                {"x": x, "c": c},
                {"value": value, "grad.x": grad},
                f"Daleckii-Krein formula, mpmath {mp.__version__}, {DIGITS} digits",
                options,
                name=f"{op}, {label}",
                tolerance=tolerance,
                digits=None,
            )


def root(x):
    return sym(np.real(sl.sqrtm(x)))


def logm(x):
    return sym(np.real(sl.logm(x)))


def bures(p, q):
    return np.trace(p) + np.trace(q) - 2 * np.trace(np.real(sl.sqrtm(root(p) @ q @ root(p))))


def cholesky_distance(p, q):
    a, b = np.linalg.cholesky(p), np.linalg.cholesky(q)
    strict = np.tril(a - b, -1)
    return np.sqrt((strict**2).sum() + (np.log(np.diag(a) / np.diag(b)) ** 2).sum())


def affine_log(p, q):
    h = root(p)
    i = np.linalg.inv(h)
    return h @ logm(i @ q @ i) @ h


def affine_mean(xs):
    g = sum(xs) / len(xs)
    for _ in range(200):
        g = sym(root(g) @ sl.expm(sum(logm(np.linalg.solve(root(g), x) @ np.linalg.inv(root(g))) for x in xs) / len(xs)) @ root(g))
    return g


def bures_mean(xs):
    g = sum(xs) / len(xs)
    for _ in range(400):
        h = root(g)
        i = np.linalg.inv(h)
        middle = sum(root(sym(h @ x @ h)) for x in xs) / len(xs)
        g = sym(i @ middle @ middle @ i)
    return g


def cholesky_mean(xs):
    factors = [np.linalg.cholesky(x) for x in xs]
    strict = sum(np.tril(a, -1) for a in factors) / len(xs)
    a = strict + np.diag(np.exp(sum(np.log(np.diag(a)) for a in factors) / len(xs)))
    return a @ a.T


def metrics(s, r):
    source = scipy_source("linalg.sqrtm, logm, expm")
    for n in (2, 4):
        p, q, m = spd(r, n), spd(r, n), spd(r, n)
        xs = np.array([spd(r, n) for _ in range(5)])
        i = np.linalg.inv(root(m))
        whitened = lambda x: sym(i @ x @ i)
        pq = np.real(sl.sqrtm(p @ q))
        cases = {
            "affineInvariant": (np.linalg.norm(logm(np.linalg.inv(root(p)) @ q @ np.linalg.inv(root(p)))), affine_log(p, q), affine_mean(xs)),
            "logEuclidean": (np.linalg.norm(logm(p) - logm(q)), None, sl.expm(sum(logm(x) for x in xs) / 5)),
            "logCholesky": (cholesky_distance(p, q), None, cholesky_mean(xs)),
            "buresWasserstein": (np.sqrt(bures(p, q)), pq + pq.T - 2 * p, bures_mean(xs)),
            "generalizedBuresWasserstein": (
                np.sqrt(bures(whitened(p), whitened(q))),
                None,
                root(m) @ bures_mean([whitened(x) for x in xs]) @ root(m),
            ),
        }
        for op, (distance, log, mean) in cases.items():
            expected = {"distance": np.array(distance), "mean": mean}
            if log is not None:
                expected["log"] = log
            s.case(op, {"p": p, "q": q, "x": xs, "m": m}, expected, source, name=f"{op}, {n} x {n}")


def solutions(s, r):
    for label, shape in (("5 x 5", (5, 5)), ("3 x 3", (3, 3))):
        b, c = spd(r, shape[0]), normal(r, *shape)
        s.case(
            "lyapunov",
            {"b": b, "c": c},
            {"value": sl.solve_continuous_lyapunov(b, c)},
            scipy_source("linalg.solve_continuous_lyapunov"),
            name=f"lyapunov {label}",
            tolerance=1e-12,
        )


def make():
    mp.mp.dps = DIGITS
    s = Subject("spd", "functions, metrics and means of symmetric positive definite matrices", {"float64": 1e-10, "float32": 1e-4}, digits=13)
    r = rng(75)
    functions(s, r)
    metrics(s, r)
    solutions(s, r)
    return [s]
