"""Steps of SGD on manifolds with momentum, and layers for SPD matrices, from scipy.linalg's general functions and PyTorch."""

import numpy as np
import scipy.linalg as sl
import torch
import torch.nn.functional as F

from .lib import Subject, normal, rng, scipy_source, t64, torch_source
from .spd import root, logm, spd, sym

RATE, MOMENTUM, DECAY = 0.05, 0.9, 0.1


def lyapunov(p, v):
    return sl.solve_continuous_lyapunov(p, v)


def spd_steps(how, p, gradients, momentum, decay):
    """Points after each step; the momentum is brought along."""
    m, points = np.zeros_like(p), []
    for g in gradients:
        g = sym(g) + decay * p
        if how == "exponential":
            a = logm(p)
            m = momentum * m + sl.expm_frechet(a, g, compute_expm=False)
            p = sym(sl.expm(a - RATE * m))
            points.append(p)
            continue
        slope = 2 * (g @ p + p @ g) if how == "buresWasserstein" else p @ g @ p
        m = momentum * m + slope
        v = -RATE * m
        if how == "affineInvariant":
            h = root(p)
            i = np.linalg.inv(h)
            after = sym(h @ sl.expm(i @ v @ i) @ h)
            e = np.real(sl.sqrtm(after @ np.linalg.inv(p)))
            m = sym(e @ m @ e.T)
        else:
            l, x = lyapunov(p, v), lyapunov(p, m)
            after = sym(p + v + l @ p @ l)
            # The derivative of the exponential in direction m.
            m = sym(m + x @ p @ l + l @ p @ x)
        p = after
        points.append(p)
    return np.array(points)


def stiefel_steps(how, w, gradients, momentum):
    m, points = np.zeros_like(w), []
    tangent = lambda w, x: x - w @ sym(w.T @ x)
    for g in gradients:
        slope = g - w @ g.T @ w if how == "canonical" else tangent(w, g)
        m = momentum * m + slope
        q, r = np.linalg.qr(w - RATE * m)
        w = q * np.sign(np.diag(r))
        m = tangent(w, m)
        points.append(w)
    return np.array(points)


def optimizer(s, r):
    for how in ("official", "buresWasserstein", "affineInvariant", "exponential"):
        for momentum, decay in ((0.0, 0.0), (MOMENTUM, DECAY)):
            p, g = spd(r, 3), normal(r, 4, 3, 3)
            s.case(
                "spdSteps",
                {"p": p, "g": g},
                {"points": spd_steps(how, p, g, momentum, decay)},
                scipy_source("linalg.solve_continuous_lyapunov, expm, expm_frechet, sqrtm"),
                {"spdStep": how, "learningRate": RATE, "manifoldMomentum": momentum, "manifoldWeightDecay": decay},
                name=f"{how}, momentum {momentum}",
            )
    for how in ("euclidean", "canonical"):
        w = np.linalg.qr(r.randn(5, 2))[0]
        w = w * np.sign(w[0])
        g = normal(r, 4, 5, 2)
        s.case(
            "stiefelSteps",
            {"w": w, "g": g},
            {"points": stiefel_steps(how, w, g, MOMENTUM)},
            "numpy.linalg.qr 1.24.2",
            {"stiefelGradient": how, "learningRate": RATE, "manifoldMomentum": MOMENTUM},
            name=f"stiefel {how}",
        )
    p, g = normal(r, 4), normal(r, 4, 4)
    x = t64(p)
    sgd = torch.optim.SGD([x], lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    points = []
    for one in g:
        x.grad = t64(one, grad=False)
        sgd.step()
        points.append(x.detach().numpy().copy())
    s.case(
        "plainSteps",
        {"p": p, "g": g},
        {"points": np.array(points)},
        torch_source("optim.SGD"),
        {"learningRate": RATE, "momentum": MOMENTUM, "weightDecay": DECAY},
        name="plain",
    )


def power(x, t):
    return x if t == 1 else sym(np.real(sl.fractional_matrix_power(x, t)))


def gbw_batch_norm(x, g, m, s, theta, eps=1e-5, momentum=0.1):
    """The layer with the published code's order of operations, its passage through I and its variance about I."""
    n = len(g)
    eye = np.eye(n)
    i = np.linalg.inv(root(m))
    into = lambda p: sym(i @ power(p, theta) @ i)
    z, target = np.array([into(p) for p in x]), into(g)
    mean = z.mean(0)
    h = root(mean)
    middle = sum(root(sym(h @ p @ h)) for p in z) / len(z)
    b = sym(np.linalg.inv(h) @ middle @ middle @ np.linalg.inv(h))
    variance = np.mean([np.trace(p) + n - 2 * np.trace(root(p)) for p in z]) / theta**2

    def turned(at, v, factor):
        e, u = np.linalg.eigh(at)
        return u @ (factor(e[:, None] + e[None]) * (u.T @ v @ u)) @ u.T

    out = []
    for p in z:
        pb = np.real(sl.sqrtm(p @ b))
        v = turned(b, pb + pb.T - 2 * b, lambda sums: np.sqrt(2 / sums))
        centred = sym((eye + v / 2) @ (eye + v / 2))
        scaled = s / np.sqrt(variance + eps) * 2 * (root(centred) - eye)
        at_one = sym((eye + scaled / 2) @ (eye + scaled / 2))
        u = turned(target, 2 * (root(at_one) - eye), lambda sums: np.sqrt(sums / 2))
        l = lyapunov(target, u)
        y = sym(target + u + l @ target @ l)
        out.append(power(sym(root(m) @ y @ root(m)), 1 / theta))
    b_running = np.real(sl.sqrtm(b))
    t = momentum
    running = (1 - t) ** 2 * eye + t**2 * b + 2 * t * (1 - t) * b_running
    return np.array(out), sym(running), (1 - t) + t * variance


def layers(s, r):
    source = scipy_source("linalg.sqrtm, fractional_matrix_power")
    for theta in (1.0, 0.5):
        x, g, m = np.array([spd(r, 4, 0.3, 3) for _ in range(6)]), spd(r, 4, 0.5, 2), spd(r, 4, 0.5, 2)
        out, running, variance = gbw_batch_norm(x, g, m, 0.6, theta)
        s.case(
            "gbwBatchNorm",
            {"x": x, "g": g, "m": m},
            {"output": out, "mean": running, "variance": np.array(variance)},
            source,
            {"theta": theta, "scale": 0.6},
            name=f"gbwBatchNorm, published, theta {theta}",
        )
    x = np.array([spd(r, 6) for _ in range(5)])
    q = np.linalg.qr(r.randn(6, 6))[0]
    weights = {f"w{k}": normal(r, *shape) for k, shape in enumerate(((3, 1, 5), (3, 3, 5), (1, 3, 5)))}
    biases = {f"b{k}": normal(r, size) for k, size in enumerate((3, 3, 1))}
    f = t64(np.linalg.eigvalsh(x)[:, None], grad=False)
    for k in range(3):
        f = F.conv1d(f, t64(weights[f"w{k}"], grad=False), t64(biases[f"b{k}"], grad=False), padding="same")
        if k < 2:
            f = F.batch_norm(F.leaky_relu(f), None, None, training=True)
    out = []
    for p, values in zip(x, f.numpy()[:, 0]):
        v = sym(q @ np.diag(values) @ q.T)
        h = root(p)
        i = np.linalg.inv(h)
        v = v / np.linalg.norm(i @ v @ i)
        out.append(sym(h @ sl.expm(i @ v @ i) @ h))
    s.case(
        "spdResidual",
        {"x": x, "q": q, **weights, **biases},
        {"output": np.array(out)},
        torch_source("nn.functional.conv1d, batch_norm") + ", scipy.linalg.expm",
        name="spdResidual",
    )


def make():
    s = Subject("spd_training", "steps on manifolds with momentum; layers for SPD matrices", {"float64": 1e-10, "float32": 1e-4}, digits=13)
    r = rng(76)
    optimizer(s, r)
    layers(s, r)
    return [s]
