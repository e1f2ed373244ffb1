"""Bilevel optimisation: hypergradients and the first steps of solvers, in NumPy with derivatives written by hand.

Levels are ridge and logistic regression with a penalty e^t for each feature: x = t, y = w,

    g = loss(w; train) + sum_j e^t_j w_j^2 / 2,    f = loss(w; validation) + c |t|^2 / 2

where loss is |Xw - b|^2 / 2n, or the mean of log(1 + exp(-b Xw)). Trajectories have whole batches, and keep every iterate.
"""

import numpy as np
import scipy.linalg as sl
import scipy.optimize as so

from .lib import Subject, normal, numpy_source, rng, scipy_source

C = 0.1


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


class Levels:
    def __init__(self, kind, r, n, n_val, dim):
        self.kind = kind
        truth = normal(r, dim)
        self.train, self.val = normal(r, n, dim), normal(r, n_val, dim)
        b, b_val = self.train @ truth + 0.5 * normal(r, n), self.val @ truth + 0.5 * normal(r, n_val)
        if kind == "logistic":
            b, b_val = np.sign(b), np.sign(b_val)
        self.b, self.b_val = np.round(b, 3), np.round(b_val, 3)
        self.t = np.round(0.5 * normal(r, dim) - 1, 3)
        self.w = np.round(0.4 * normal(r, dim), 3)

    def args(self):
        return {"train": self.train, "b": self.b, "val": self.val, "bVal": self.b_val, "x": self.t, "y": self.w}

    # The loss, its gradient and its Hessian on one set
    def loss(self, w, x, b):
        a = x @ w
        return ((a - b) ** 2).sum() / (2 * len(b)) if self.kind == "ridge" else np.log1p(np.exp(-b * a)).mean()

    def slope(self, w, x, b):
        a = x @ w
        return x.T @ ((a - b) if self.kind == "ridge" else -b * sigmoid(-b * a)) / len(b)

    def curvature(self, w, x, b):
        a = x @ w
        weights = np.ones(len(b)) if self.kind == "ridge" else sigmoid(a) * sigmoid(-a)
        return x.T @ (weights[:, None] * x) / len(b)

    def f(self, t, w):
        return self.loss(w, self.val, self.b_val) + C * t @ t / 2

    def f_x(self, t, w):
        return C * t

    def f_y(self, t, w):
        return self.slope(w, self.val, self.b_val)

    def g_x(self, t, w):
        return np.exp(t) * w**2 / 2

    def g_y(self, t, w):
        return self.slope(w, self.train, self.b) + np.exp(t) * w

    def H(self, t, w):
        return self.curvature(w, self.train, self.b) + np.diag(np.exp(t))

    def J(self, t, w):
        """d2 g / dx dy, dim x by dim y."""
        return np.diag(np.exp(t) * w)

    def solution(self, t):
        w = np.zeros_like(t)
        for _ in range(50):
            w = w - sl.solve(self.H(t, w), self.g_y(t, w), assume_a="pos")
        return w

    def descend(self, t, w, steps, rate):
        for _ in range(steps):
            w = w - rate * self.g_y(t, w)
        return w


# Hypergradients: (levels, t, w, ...) -> gradient, and q or the y that comes out


def exact(p, t, w):
    q = sl.solve(p.H(t, w), p.f_y(t, w))
    return p.f_x(t, w) - p.J(t, w) @ q, {"adjoint": q}


def cg(p, t, w, iterations, start=None):
    h, v = p.H(t, w), p.f_y(t, w)
    q = np.zeros_like(v) if start is None else start
    d = r = v - h @ q
    for _ in range(iterations):
        a = r @ r / (d @ h @ d)
        q = q + a * d
        new = r - a * h @ d
        r, d = new, new + (new @ new) / (r @ r) * d
    return p.f_x(t, w) - p.J(t, w) @ q, {"adjoint": q}


def neumann(p, t, w, iterations, alpha):
    h, v = p.H(t, w), p.f_y(t, w)
    q = alpha * sum(np.linalg.matrix_power(np.eye(len(w)) - alpha * h, k) @ v for k in range(iterations + 1))
    return p.f_x(t, w) - p.J(t, w) @ q, {"adjoint": q}


def unroll(p, t, w, steps, learningRate, window=None):
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - learningRate * p.g_y(t, path[-1]))
    a, h = p.f_y(t, path[-1]), p.f_x(t, path[-1])
    for k in range(steps - 1, steps - 1 - (window or steps), -1):
        h = h - learningRate * p.J(t, path[k]) @ a
        a = a - learningRate * p.H(t, path[k]) @ a
    return h, {"y": path[-1]}


def difference(p, t, w, radius, learningRate=1.0, nudge=False):
    v = p.f_y(t, w)
    e = radius / np.linalg.norm(v)
    j = (p.g_x(t, w + e * v) - p.g_x(t, w - e * v)) / (2 * e)
    return p.f_x(t, w) - learningRate * j, {"y": w - e * v} if nudge else {}


def f2sa(p, t, w, steps, learningRate, **options):
    lam = options["lambda"]
    y = z = w
    for _ in range(steps):
        z = z - learningRate * p.g_y(t, z)
        y = y - learningRate / lam * (p.f_y(t, y) + lam * p.g_y(t, y))
    return p.f_x(t, y) + lam * (p.g_x(t, y) - p.g_x(t, z)), {"y": z, "adjoint": lam * (z - y)}


def barrier(p, t, w, reached, eta):
    f = np.concatenate([p.f_x(t, w), p.f_y(t, w)])
    q = np.concatenate([p.g_x(t, w) - p.g_x(t, reached), p.g_y(t, w)])
    lam = max(0.0, (eta * q @ q - f @ q) / (q @ q))
    return np.split(f + lam * q, 2)


def bome(p, t, w, steps, learningRate, eta, lowerRate):
    by_x, by_y = barrier(p, t, w, p.descend(t, w, steps, learningRate), eta)
    return by_x, {"y": w - lowerRate * by_y}


METHODS = [
    (exact, "exact", {}),
    (cg, "cg", {"iterations": 3}),
    (neumann, "neumann", {"iterations": 7, "alpha": 0.2}),
    (unroll, "unroll", {"steps": 9, "learningRate": 0.2}),
    (unroll, "truncated", {"steps": 9, "window": 4, "learningRate": 0.2}),
    (difference, "darts", {"radius": 0.01, "learningRate": 0.3, "nudge": True}),
    (difference, "sama", {"radius": 1, "nudge": True}),
    (f2sa, "f2sa", {"lambda": 20, "steps": 8, "learningRate": 0.2}),
    (bome, "bome", {"steps": 5, "learningRate": 0.2, "eta": 3, "lowerRate": 0.1}),
]


def hypergradients(s, p):
    w = p.solution(p.t)
    value = lambda t: p.f(t, p.solution(t))
    at = exact(p, p.t, w)[0]
    e = 1e-5 * np.eye(len(p.t))
    central = np.array([(value(p.t + d) - value(p.t - d)) / 2e-5 for d in e])
    assert np.abs(at - central).max() < 1e-8 * max(1, np.abs(at).max())
    if p.kind == "logistic":  # against another solver of the lower level
        level = lambda y: p.loss(y, p.train, p.b) + (np.exp(p.t) * y * y).sum() / 2
        other = so.minimize(level, p.w, jac=lambda y: p.g_y(p.t, y), method="BFGS", options={"gtol": 1e-9}).x
        assert np.abs(w - other).max() < 1e-7
    s.case(
        "solved",
        p.args(),
        {"y": w, "grad": at, "value": np.array(value(p.t))},
        scipy_source("linalg.solve"),
        {"level": p.kind},
        name=f"{p.kind}, at the lower solution",
        tolerance=1e-9,
    )
    for method, name, options in METHODS:
        gradient, more = method(p, p.t, p.w, **options)
        s.case(
            "hypergradient",
            p.args(),
            {"grad": gradient, **more},
            numpy_source("linalg"),
            {"level": p.kind, "method": name, **options},
            name=f"{p.kind} by {name}",
        )


# Solvers: every iterate of a few steps


def loop_steps(p, steps, method, inner, innerRate, outerRate, **options):
    """Warm started: conjugate gradients go on from the last step's q."""
    t, w, q = p.t, p.w, np.zeros_like(p.w)
    for _ in range(steps):
        w = p.descend(t, w, inner, innerRate)
        gradient, more = cg(p, t, w, start=q, **options) if method == "cg" else neumann(p, t, w, **options)
        q = more["adjoint"]
        t = t - outerRate * gradient
        yield {"x": t, "y": w}


def stocbio_steps(p, steps, learningRate, innerSteps, innerLearningRate, iterations, eta):
    t, w = p.t, p.w
    for _ in range(steps):
        w = p.descend(t, w, innerSteps, innerLearningRate)
        h, term = p.H(t, w), p.f_y(t, w)
        total = term
        for _ in range(iterations):
            term = term - eta * h @ term
            total = total + term
        t = t - learningRate * (p.f_x(t, w) - p.J(t, w) @ (eta * total))
        yield {"x": t, "y": w}


def f2sa_steps(p, steps, learningRate, innerLearningRate, ratio, growth, **options):
    t, y, z, lam = p.t, p.w, p.w, options["lambda"]
    for _ in range(steps):
        z = z - innerLearningRate * p.g_y(t, z)
        y = y - learningRate * (p.f_y(t, y) + lam * p.g_y(t, y))
        t = t - ratio * learningRate * (p.f_x(t, y) + lam * (p.g_x(t, y) - p.g_x(t, z)))
        lam = lam + growth
        yield {"x": t, "y": y, "z": z, "lambda": np.array(lam)}


def bome_steps(p, steps, learningRate, innerSteps, innerLearningRate, eta):
    t, w = p.t, p.w
    for _ in range(steps):
        by_x, by_y = barrier(p, t, w, p.descend(t, w, innerSteps, innerLearningRate), eta)
        t, w = t - learningRate * by_x, w - learningRate * by_y
        yield {"x": t, "y": w}


def penalty_steps(p, steps, sigma, alpha, gamma, beta, rho, innerSteps, mode, momentum=1):
    """Momentum corrects sampled gradients only, so with whole batches it changes nothing."""
    t, y, z, wy, wz = p.t, p.w, p.w, p.w, p.w
    for _ in range(steps):
        if mode == "double":
            wy, wz = y, z
        for _ in range(innerSteps):
            wy = wy - gamma * (sigma * p.f_y(t, wy) + p.g_y(t, wy) + (wy - y) / rho)
            wz = wz - gamma * (p.g_y(t, wz) + (wz - z) / rho)
        y, z = (1 - beta) * y + beta * wy, (1 - beta) * z + beta * wz
        t = t - alpha * (p.f_x(t, y) + (p.g_x(t, y) - p.g_x(t, z)) / sigma)
        yield {"x": t, "y": y, "z": z, "wY": wy, "wZ": wz}


SOLVERS = [
    (loop_steps, "loop", {"method": "cg", "inner": 3, "innerRate": 0.2, "outerRate": 0.1, "iterations": 3}),
    (loop_steps, "loop", {"method": "neumann", "inner": 3, "innerRate": 0.2, "outerRate": 0.1, "iterations": 6, "alpha": 0.2}),
    (stocbio_steps, "stocBiO", {"learningRate": 0.1, "innerSteps": 4, "innerLearningRate": 0.2, "iterations": 5, "eta": 0.15}),
    (f2sa_steps, "f2sa", {"learningRate": 0.02, "innerLearningRate": 0.2, "ratio": 0.5, "lambda": 2, "growth": 0.3}),
    (bome_steps, "bome", {"learningRate": 0.05, "innerSteps": 5, "innerLearningRate": 0.2, "eta": 3}),
    (penalty_steps, "penalty", {"mode": "double", "sigma": 0.2, "alpha": 0.01, "gamma": 0.1, "beta": 0.5, "rho": 2, "innerSteps": 3}),
    (penalty_steps, "penalty", {"mode": "single", "sigma": 0.1, "alpha": 0.01, "gamma": 0.1, "beta": 0.7, "rho": 1, "innerSteps": 1, "momentum": 0.3}),
]


def keep(steps):
    steps = list(steps)
    return {name: np.array([step[name] for step in steps]) for name in steps[0]}


def solvers(s, p, steps=4):
    for run, name, options in SOLVERS:
        which = options.get("method") or options.get("mode")
        s.case(
            "solver",
            p.args(),
            keep(run(p, steps, **options)),
            numpy_source("linalg"),
            {"level": p.kind, "solver": name, "count": steps, **options},
            name=f"{p.kind}, {name}{f' {which}' if which else ''}",
        )


def lv_hba(s, r, steps=6):
    """F = |y - c|^2/2 + |x - d|^2/2, lower |y - Ax|^2/2 + b.y under a.x + e.y <= h, whose projection is closed."""
    A, b, c, d, a, e, h = normal(r, 3, 2), normal(r, 3), normal(r, 3), normal(r, 2), normal(r, 2), np.array([0.9, 0.6, -0.4]), 0.4
    b = np.round(b - 4 * e, 3)  # y wants to leave the set, so that its multiplier grows
    options = {"gamma1": 2.0, "gamma2": 0.5, "alpha": 0.05, "beta": 0.1, "eta": 0.1, "penalty": 1.0, "power": 0.3, "bound": 5.0}

    def project(x, y):
        over = max(0.0, a @ x + e @ y - h) / (a @ a + e @ e)
        return x - over * a, y - over * e

    def run():
        o = options
        x, y = project(np.ones(2), np.ones(3))
        theta, lam, z = y, np.zeros(1), np.zeros(1)
        lower_y = lambda x, y: y - A @ x + b
        lower_x = lambda x, y: -A.T @ (y - A @ x)
        for k in range(steps):
            down = lower_y(x, theta) + e * lam + (theta - y) / o["gamma1"]
            up = -(a @ x + e @ theta - h) + (lam - z) / o["gamma2"]
            theta, lam = theta - o["eta"] * down, np.clip(lam - o["eta"] * up, 0, o["bound"])
            ck = o["penalty"] * (k + 1) ** o["power"]
            dx = (x - d) / ck + lower_x(x, y) - lower_x(x, theta) - a * lam
            dy = (y - c) / ck + lower_y(x, y) - (y - theta) / o["gamma1"]
            x, y = project(x - o["alpha"] * dx, y - o["alpha"] * dy)
            z = np.clip(z + o["beta"] * (lam - z) / o["gamma2"], 0, o["bound"])
            yield {"x": x, "y": y, "theta": theta, "lambda": lam, "z": z}

    args = {"A": A, "b": b, "c": c, "d": d, "a": a, "e": e, "h": np.array(h)}
    s.case("lvHba", args, keep(run()), numpy_source("linalg"), {"count": steps, **options}, name="LV-HBA")


def bsvrb(s, r, version, gamma, steps=5, blocks=3):
    """f_i = |y - c_i|^2/2 + |x|^2/20, g_i = (y - B_i x)^T M_i (y - B_i x)/2; every block at every step."""
    B, c = normal(r, blocks, 2, 2), normal(r, blocks, 2)
    roots = normal(r, blocks, 2, 2)
    M = np.round(roots @ roots.transpose(0, 2, 1) + np.eye(2), 3)
    x0, y0 = normal(r, 2), normal(r, blocks, 2)
    options = {"alpha": 0.3, "alphaBar": 0.2, "gamma": gamma, "tau": 0.1, "tauBar": 0.15, "eta": 0.05, "beta": 0.4}
    options |= {"lambdaMin": 0.01, "vRadius": 2.0}

    def observe(x, y, tracked):
        s_, t_, outer = [], [], []
        for i in range(blocks):
            slope = y[i] - c[i]
            adjoint = np.linalg.solve(tracked[i], slope) if version == 1 else tracked[i]
            s_.append(M[i] @ (y[i] - B[i] @ x))
            t_.append(M[i] if version == 1 else M[i] @ tracked[i] - slope)
            outer.append(x / 10 + B[i].T @ M[i] @ adjoint)  # J = -B^T M
        return np.array(s_), np.array(t_), np.mean(outer, 0)

    def msvr(estimate, alpha, now, before):
        return estimate + alpha * (now - estimate) + options["gamma"] * (now - before)

    def run():
        x, y = x0, y0
        tracked = M.copy() if version == 1 else np.zeros_like(y0)
        s_, u, z = observe(x, y, tracked)
        old = (x, y, tracked)
        for _ in range(steps):
            now, before = observe(x, y, tracked), observe(*old)
            old = (x, y, tracked)
            s_ = msvr(s_, options["alpha"], now[0], before[0])
            z = now[2] + (1 - options["beta"]) * (z - before[2])
            if version == 1:
                tracked = msvr(tracked, options["alphaBar"], now[1], before[1])
            else:
                u = msvr(u, options["alphaBar"], now[1], before[1])
                v = tracked - options["tauBar"] * u
                length = np.linalg.norm(v, axis=1, keepdims=True)
                tracked = np.where(length > options["vRadius"], v * options["vRadius"] / length, v)
            y = y - options["tau"] * s_
            x = x - options["eta"] * z
            yield {"x": x, "y": y, "tracked": tracked}

    args = {"B": B, "c": c, "M": M, "x": x0, "y": y0}
    name = f"BSVRB v{version}, gamma {gamma}"
    s.case("bsvrb", args, keep(run()), numpy_source("linalg"), {"count": steps, "version": version, **options}, name=name)


def make():
    s = Subject("bilevel", "hypergradients and the first steps of bilevel solvers", {"float64": 1e-11, "float32": 1e-4}, digits=14)
    r = rng(2209)
    for p in (Levels("ridge", r, 24, 16, 6), Levels("logistic", r, 30, 20, 5)):
        hypergradients(s, p)
        solvers(s, p)
    lv_hba(s, r)
    for version, gamma in ((1, 0.0), (2, 0.5), (2, 0.0)):
        bsvrb(s, r, version, gamma)
    return [s]
