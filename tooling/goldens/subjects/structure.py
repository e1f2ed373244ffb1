"""Structure learning: acyclicity, searches over orders by swaps (TOPO), NOTEARS, regressions, accuracy of graphs.

Transcribed from the papers (Deng et al. 2023, Zheng et al. 2018): every column by numpy.linalg.lstsq on the samples themselves, matrix
exponentials by scipy.linalg.expm, penalties by scipy's L-BFGS-B on positive and negative parts. The package works with the
Gram matrix, Cholesky factors, a Taylor series and OWL-QN.
"""

import numpy as np
import scipy.linalg as sl
import scipy.optimize as so

from .lib import Subject, normal, numpy_source, rng, scipy_source, uniform


def acyclicity(w, kind):
    d = len(w)
    a, eye = np.abs(w), np.eye(d)
    if kind == "logdet":
        return -np.linalg.slogdet(eye - a)[1], np.linalg.inv(eye - a).T
    if kind == "poly":
        power = np.linalg.matrix_power(eye + a / d, d - 1)
        return np.trace(power @ (eye + a / d)) - d, power.T
    e = sl.expm(a if kind == "expAbs" else w * w)
    return np.trace(e) - d, e.T * (1 if kind == "expAbs" else 2)


def model(r, d, edges, n):
    """Samples of a random linear model; its weights."""
    order = r.permutation(d)
    pairs = [(a, b) for a in range(d) for b in range(a + 1, d)]
    w = np.zeros((d, d))
    for k in r.permutation(len(pairs))[:edges]:
        a, b = pairs[k]
        w[order[a], order[b]] = np.round(r.uniform(0.5, 2) * r.choice([-1, 1]), 3)
    x = r.randn(n, d) @ np.linalg.inv(np.eye(d) - w)
    return np.round(x - x.mean(0), 3) + 0.0, w


def fitted(x, order):
    d = x.shape[1]
    w = np.zeros((d, d))
    for at in range(1, d):
        w[order[:at], order[at]] = np.linalg.lstsq(x[:, order[:at]], x[:, order[at]], rcond=None)[0]
    return w, 0.5 / len(x) * ((x - x @ w) ** 2).sum()


def topo(x, order, small, large, searches):
    order, d, used, losses = list(order), x.shape[1], 0, []
    w, loss = fitted(x, order)
    while True:
        losses.append(loss)
        position = np.argsort(order)
        g = acyclicity(w, "logdet")[1]
        g = np.where(np.abs(g) < 1e-12, 0, g)
        back = [(g[i, j], i, j) for i in range(d) for j in range(d) if position[j] < position[i]]
        back.sort()
        sets = [[(i, j) for v, i, j in back if v <= back[size - 1][0]] for size in (small, large)]

        def better(pairs):
            out = []
            for i, j in pairs:
                to = list(order)
                to[position[i]], to[position[j]] = j, i
                out.append((fitted(x, to)[1], i, j))
            return sorted(t for t in out if t[0] < loss - 1e-12 * abs(loss))

        good = better(sets[0])
        if not good and used < searches:
            good = better([p for p in sets[1] if p not in sets[0]])
            used += 1
        if not good:
            return order, w, np.array(losses)
        free, to = set(range(d)), list(order)
        for _, i, j in good:
            between = set(range(position[j], position[i] + 1))
            if between <= free:
                free -= between
                to[position[i]], to[position[j]] = j, i
        order = to
        w, loss = fitted(x, order)


def split(f, size, penalty, bounds=None):
    """min f(u) + penalty |u|_1 by L-BFGS-B on u = p - q, p and q at least 0."""

    def both(v):
        value, slope = f(v[:size] - v[size:])
        return value + penalty * v.sum(), np.concatenate([slope + penalty, penalty - slope])

    options = {"maxiter": 50000, "maxfun": 50000, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 30}
    start = np.zeros(2 * size)
    v = so.minimize(both, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * (2 * size), options=options).x
    return v[:size] - v[size:]


def lasso(x, y, alpha):
    n = len(y)
    return split(lambda u: (0.5 / n * ((x @ u - y) ** 2).sum(), x.T @ (x @ u - y) / n), x.shape[1], alpha)


def logistic(x, y, c):
    n = len(y)

    def f(u):
        m = x @ u
        return (np.logaddexp(0, m) - y * m).sum() / n, x.T @ (1 / (1 + np.exp(-m)) - y) / n

    return split(f, x.shape[1], 1 / (c * n))


def accuracy(truth, found):
    """By the pairs of nodes, one after the other."""
    d, counts = len(truth), dict(correct=0, reverse=0, extra=0, missing=0)
    for a in range(d):
        for b in range(a):
            t, f = (truth[a, b] != 0, truth[b, a] != 0), (found[a, b] != 0, found[b, a] != 0)
            if any(f):
                counts["correct" if t == f else "reverse" if any(t) else "extra"] += 1
            elif any(t):
                counts["missing"] += 1
    edges = (found != 0).sum()
    wrong = counts["reverse"] + counts["extra"]
    true = (truth != 0).sum()
    shd = wrong + counts["missing"]
    return [wrong / max(edges, 1), counts["correct"] / true, wrong / (d * (d - 1) / 2 - true), shd, edges]


def make():
    r = rng(38)
    s = Subject("structure", "structure learning: acyclicity, TOPO, regressions, accuracy", {"float64": 1e-10, "float32": 1e-5}, digits=14)
    for d in (4, 7):
        w = uniform(r, -0.3, 0.3, d, d) * (1 - np.eye(d))
        for kind in ("logdet", "poly", "expAbs", "expSquare"):
            h, g = acyclicity(w, kind)
            source = scipy_source("linalg.expm") if "exp" in kind else numpy_source("linalg")
            s.case("acyclicity", {"weights": w}, {"h": np.array(h), "grad": g}, source, {"type": kind}, name=f"{kind} {d}")
    strong = normal(r, 5, 5) * 3 * (1 - np.eye(5))
    for kind in ("poly", "expAbs", "expSquare"):
        h, g = acyclicity(strong, kind)
        source = scipy_source("linalg.expm") if "exp" in kind else numpy_source("linalg")
        s.case("acyclicity", {"weights": strong}, {"h": np.array(h), "grad": g}, source, {"type": kind}, name=f"{kind}, strong")
    for d, edges, small, large in ((6, 8, 4, 10), (8, 14, 8, 20), (10, 20, 10, 30)):
        x, _ = model(r, d, edges, 80)
        start = r.permutation(d)
        order, w, losses = topo(x, start, small, large, 1)
        s.case(
            "topoLinear",
            {"samples": x, "start": start.astype(np.int32)},
            {"order": np.array(order, np.int32), "weights": w, "losses": losses},
            numpy_source("linalg.lstsq"),
            {"sizeSmall": small, "sizeLarge": large, "largeSearches": 1},
            name=f"topo {d}",
        )
    x, _ = model(r, 7, 10, 60)
    s.case("lasso", {"parents": x[:, :6], "target": x[:, 6]}, {"value": lasso(x[:, :6], x[:, 6], 0.1)}, scipy_source("optimize.minimize"), {"alpha": 0.1}, tolerance=1e-5)
    y = (r.uniform(size=(80, 6)) < 0.5).astype(float)
    y[:, 5] = (y[:, 0] + r.uniform(size=80) > 0.9).astype(float)
    for c in (0.5, 5.0):
        s.case("logisticL1", {"parents": y[:, :5], "target": y[:, 5]}, {"value": logistic(y[:, :5], y[:, 5], c)}, scipy_source("optimize.minimize"), {"c": c}, name=f"logistic {c}", tolerance=1e-4)
    for k in range(3):
        (_, truth), (_, found) = model(r, 8, 10, 2), model(r, 8, 12, 2)
        if k == 0:
            found = truth * (np.abs(truth) > 0.8)
        s.case("countAccuracy", {"truth": truth, "found": found}, {"value": np.array(accuracy(truth, found), float)}, numpy_source("flatnonzero"), name=f"accuracy {k}")
    return [s]
