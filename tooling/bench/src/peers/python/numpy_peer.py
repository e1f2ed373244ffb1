"""NumPy's decompositions and products. Each work: subject -> (run, check)."""

import numpy as np

from starting_numbers import symmetric, uniform


def matmul(subject):
    n, dtype = subject["size"], subject["dtype"]
    a, b = (uniform([n, n], seed, dtype=dtype) for seed in (1, 2))
    return lambda: a @ b, lambda: np.abs((a @ b).astype("float64")).mean()


def eigh(subject):
    a = symmetric(subject["size"], 1, subject["dtype"])
    return lambda: np.linalg.eigh(a), lambda: np.abs(np.linalg.eigvalsh(a)).mean()


def svd(subject):
    n = subject["size"]
    a = uniform([n, n], 1, dtype=subject["dtype"])
    return (
        lambda: np.linalg.svd(a, full_matrices=False),
        lambda: np.linalg.svd(a, compute_uv=False).mean(),
    )


def cholesky(subject):
    n = subject["size"]
    a = symmetric(n, 1, subject["dtype"], shift=n)
    return lambda: np.linalg.cholesky(a), lambda: np.abs(np.linalg.cholesky(a)).mean()


works = {"matmul": matmul, "eigh": eigh, "svd": svd, "cholesky": cholesky}
