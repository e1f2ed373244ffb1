"""One attention head with adapters, its gradients, the low-rank chain and ranks, in NumPy: python3 loraLimits.py > loraLimits.json

The problem is that of the tests: L = 256, d = 4, r = 2, alpha = 4, X uniform(-1, 1), weights and adapters 0.5 normal, Y
normal. The chain is computed with U3 and V3 as whole matrices, which the code under test never forms. Ranks and errors
depend on the numbers drawn. Medians of the rank of f over seeds 0 to 15 are 10, 17.5, 34.5, 86.5 and 191.5.
"""

import json
from itertools import combinations_with_replacement
from math import factorial

import numpy as np

L, D, R, ALPHA, SEED = 256, 4, 2, 4, 3
NAMES = ["query", "key", "value"]
rng = np.random.default_rng(SEED)
X = rng.uniform(-1, 1, (L, D)).round(4)
W = {n: (0.5 * rng.standard_normal((D, D))).round(4) for n in NAMES}
A = {n: (0.5 * rng.standard_normal((R, D))).round(4) for n in NAMES}
B = {n: (0.5 * rng.standard_normal((D, R))).round(4) for n in NAMES}
Y = rng.standard_normal((L, D)).round(4)
S = ALPHA / R


def scaled(gamma):
    """Weights and B of query and key so that both factors of the scores have the norm gamma; key is not adapted."""
    w, b = dict(W), dict(B)
    t = gamma / np.abs(X @ (W["query"] + S * B["query"] @ A["query"])).max()
    w["query"], b["query"] = t * W["query"], t * B["query"]
    w["key"] = W["key"] * (gamma / np.abs(X @ W["key"]).max())
    return w, b


def matrices(w, b, adapted, beta):
    full = {n: w[n] + (S * b[n] @ A[n] if n in adapted else 0) for n in NAMES}
    s = beta * (X @ full["query"]) @ (X @ full["key"]).T
    f = np.exp(s - s.max(1, keepdims=True))
    f /= f.sum(1, keepdims=True)
    return full, f


def gradients(w, b, adapted, beta, full, f, p=None):
    v = X @ full["value"]
    c = f @ v - Y
    q = c @ v.T
    if p is None:
        p = f * q - np.diag((f * q).sum(1)) @ f
    slopes = {
        "query": beta * X.T @ p @ X @ full["key"],
        "key": beta * X.T @ p.T @ X @ full["query"],
        "value": (f @ X).T @ c,
    }
    grads = {n: {"A": S * b[n].T @ slopes[n], "B": S * slopes[n] @ A[n].T} for n in adapted}
    return 0.5 * (c**2).sum(), grads, q, p


def features(x, degree):
    columns = []
    for k in range(degree + 1):
        for e in combinations_with_replacement(range(D), k):
            norm = np.prod([factorial(e.count(i)) for i in set(e)]) if k else 1
            columns.append(np.prod(x[:, list(e)], axis=1) / np.sqrt(norm))
    return np.stack(columns, 1)


def chain(w, b, adapted, beta, degree):
    full, _ = matrices(w, b, adapted, beta)
    u1, v1 = features(beta * X @ full["query"], degree), features(X @ full["key"], degree)
    u1 = u1 / (u1 @ v1.sum(0))[:, None]
    v = X @ full["value"]
    c = u1 @ (v1.T @ v) - Y
    u3 = (u1[:, :, None] * c[:, None, :]).reshape(L, -1)
    v3 = (v1[:, :, None] * v[:, None, :]).reshape(L, -1)
    rho = (c * (u1 @ (v1.T @ v))).sum(1)
    p = u3 @ v3.T - rho[:, None] * (u1 @ v1.T)
    return gradients(w, b, adapted, beta, full, u1 @ v1.T, p)[:2]


def rank(m):
    s = np.linalg.svd(m, compute_uv=False)
    return int((s > 1e-6 * s[0]).sum())


def plain(x):
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    return x.tolist() if isinstance(x, np.ndarray) else float(x)


def case(w, b, adapted, beta, degree=None):
    if degree is not None:
        loss, grads = chain(w, b, adapted, beta, degree)
    else:
        loss, grads, _, _ = gradients(w, b, adapted, beta, *matrices(w, b, adapted, beta))
    return {"loss": plain(loss), "grads": plain(grads)}


ranks = []
for gamma in [0.25, 0.5, 1, 2, 4]:
    w, b = scaled(gamma)
    full, f = matrices(w, b, ["query", "value"], 1)
    _, _, q, p = gradients(w, b, ["query", "value"], 1, full, f)
    ranks.append({"gamma": gamma, "f": rank(f), "q": rank(q), "p": rank(p)})

print(
    json.dumps(
        {
            "alpha": ALPHA,
            "x": plain(X),
            "target": plain(Y),
            "weights": plain(W),
            "adapters": {n: {"A": plain(A[n]), "B": plain(B[n])} for n in NAMES},
            "all": case(W, B, NAMES, 0.5),
            "gamma1": case(*scaled(1), ["query", "value"], 1),
            "gamma1degree2": case(*scaled(1), ["query", "value"], 1, 2),
            "ranks": ranks,
        }
    )
)
