"""Threefry-2x32 and what JAX makes of it, in NumPy, independent of any implementation under test.

Block function (Salmon et al. 2011, Random123): 20 rounds in groups of four, rotations 13 15 26 6 / 17 29 16 24,
key schedule k0, k1, k0 ^ k1 ^ 0x1BD11BDA; after group i (1..5) the words get ks[i mod 3] and ks[(i+1) mod 3] + i.

The layer above is JAX's with jax_threefry_partitionable=True, the default since JAX 0.5:
  key(seed)          [seed >> 32, seed & 0xffffffff]
  bits of shape s    element i (row-major) is hash(key, [i >> 32, i & 0xffffffff]); 32 bits: x0 ^ x1; 64 bits: x0 << 32 | x1
  split(key, n)      key j is both words of hash(key, [0, j])
  foldIn(key, data)  both words of hash(key, [0, data])
  uniform float32    bits32 >> 9 | 0x3f800000, read as a float in [1, 2), minus 1
  uniform float64    bits64 >> 12 | 0x3ff0000000000000, read as a float in [1, 2), minus 1
  uniform [a, b)     max(a, u * (b - a) + a), every step rounded to the dtype
  normal             sqrt(2) * erfinv(uniform in [nextafter(-1, 0), 1))
  bernoulli(p)       uniform float32 < p
  randint [a, b)     k1, k2 = split(key); span = b - a; m = (2^16 mod span)^2 mod span;
                     a + ((bits(k1) mod span) * m + bits(k2) mod span) mod span, in uint32 arithmetic
  permutation n      ceil(3 ln n / ln(2^32 - 1)) rounds of: key, sub = split(key); x = x sorted by bits(sub), stable
"""

import math

import numpy as np
import scipy.special as sp

from .lib import Subject

JAX = "NumPy transcription of JAX's convention, jax_threefry_partitionable=True (default since JAX 0.5)"
MASK = 0xFFFFFFFF


def threefry(key, x0, x1):
    """Python integers, as far from a vectorised kernel as can be."""
    ks = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA]
    x0, x1 = (x0 + ks[0]) & MASK, (x1 + ks[1]) & MASK
    for group in range(5):
        for turn in ((13, 15, 26, 6), (17, 29, 16, 24))[group % 2]:
            x0 = (x0 + x1) & MASK
            x1 = ((x1 << turn | x1 >> (32 - turn)) & MASK) ^ x0
        x0 = (x0 + ks[(group + 1) % 3]) & MASK
        x1 = (x1 + ks[(group + 2) % 3] + group + 1) & MASK
    return x0, x1


def key_of(seed):
    return (seed >> 32 & MASK, seed & MASK)


def hashes(key, n):
    return np.array([threefry(key, i >> 32, i & MASK) for i in range(n)], dtype=np.uint64).reshape(n, 2)


def split(key, n=2):
    return [threefry(key, 0, j) for j in range(n)]


def bits32(key, n):
    h = hashes(key, n)
    return (h[:, 0] ^ h[:, 1]).astype(np.uint32)


def uniform32(key, n, low=0.0, high=1.0):
    u = (bits32(key, n) >> np.uint32(9) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)
    low, high = np.float32(low), np.float32(high)
    return np.maximum(low, u * (high - low) + low)


def uniform64(key, n, low=0.0, high=1.0):
    h = hashes(key, n)
    u = ((h[:, 0] << np.uint64(32) | h[:, 1]) >> np.uint64(12) | np.uint64(0x3FF0000000000000)).view(np.float64) - 1.0
    return np.maximum(low, u * (high - low) + low)


def normal(key, n, dtype):
    low = np.nextafter(dtype(-1), dtype(0))
    u = uniform32(key, n, low, 1) if dtype is np.float32 else uniform64(key, n, low, 1)
    return (np.sqrt(2) * sp.erfinv(u.astype(np.float64))).astype(dtype)


def randint(key, n, low, high):
    k1, k2 = split(key)
    span = high - low
    m = (2**16 % span) ** 2 % 2**32 % span
    a, b = bits32(k1, n).tolist(), bits32(k2, n).tolist()
    return np.array([low + ((p % span) * m + q % span) % 2**32 % span for p, q in zip(a, b)], dtype=np.int32)


def permutation(key, n):
    x = np.arange(n, dtype=np.int32)
    for _ in range(math.ceil(3 * math.log(max(1, n)) / math.log(MASK))):
        key, sub = split(key)
        x = x[np.argsort(bits32(sub, n), kind="stable")]
    return x


KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((MASK, MASK), (MASK, MASK), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]
SEEDS = [0, 1, 42, 2**31, 2**32 - 1, 2**32 + 7, 2**53 - 1]


def make():
    s = Subject("random", "Threefry-2x32 and JAX's use of it", {"float64": 0, "float32": 0}, digits=None)
    words = lambda x: np.array(x, dtype=np.uint32)
    for key, counter, out in KNOWN:
        assert threefry(key, *counter) == out, (key, counter)
        s.case(
            "threefry2x32",
            {"key": words(key), "counter": words(counter)},
            {"value": words(out)},
            "Random123 known-answer vectors, threefry2x32 20 rounds",
            name=f"threefry2x32 key {key[0]:08x} {key[1]:08x}",
        )
    # Values that JAX itself prints for key(0), as found in several projects' tests.
    assert split((0, 0), 3) == [(1797259609, 2579123966), (928981903, 3453687069), (4146024105, 2718843009)]
    assert np.allclose(uniform32((0, 0), 4), [0.9476670027, 0.9785798788, 0.3322914839, 0.4686684608], rtol=1e-9)
    for seed in SEEDS:
        s.case("key", {}, {"value": words(key_of(seed))}, JAX, {"seed": seed}, name=f"key {seed}")
    for seed in (0, 42, 2**32 + 7):
        k = key_of(seed)
        args = {"key": words(k)}
        for n in (2, 5):
            s.case(
                "split",
                args,
                {"value": words(split(k, n))},
                JAX,
                {"num": n, "seed": seed},
                name=f"split seed {seed} into {n}",
            )
        for data in (1, 12345, MASK):
            s.case(
                "foldIn",
                args,
                {"value": words(threefry(k, 0, data))},
                JAX,
                {"data": data, "seed": seed},
                name=f"foldIn seed {seed} data {data}",
            )
        for shape in ((1,), (7,), (2, 3)):
            n = int(np.prod(shape))
            s.case(
                "bits",
                args,
                {"value": bits32(k, n).reshape(shape)},
                JAX,
                {"shape": shape, "seed": seed},
                name=f"bits seed {seed} shape {list(shape)}",
            )
        s.case(
            "uniform",
            args,
            {"value": uniform32(k, 8)},
            JAX,
            {"shape": [8], "dtype": "float32", "seed": seed},
            name=f"uniform float32 seed {seed}",
        )
        s.case(
            "uniform",
            args,
            {"value": uniform32(k, 6, -3, 0.5)},
            JAX,
            {"shape": [6], "dtype": "float32", "min": -3, "max": 0.5, "seed": seed},
            name=f"uniform float32 in [-3, 0.5) seed {seed}",
        )
        s.case(
            "uniform",
            args,
            {"value": uniform64(k, 8)},
            JAX,
            {"shape": [8], "dtype": "float64", "seed": seed},
            name=f"uniform float64 seed {seed}",
        )
        for dtype, tolerance in ((np.float32, 1e-6), (np.float64, 1e-13)):
            s.case(
                "normal",
                args,
                {"value": normal(k, 8, dtype)},
                JAX + ", erfinv of scipy",
                {"shape": [8], "dtype": np.dtype(dtype).name, "seed": seed},
                name=f"normal {np.dtype(dtype)} seed {seed}",
                tolerance=tolerance,
            )
        s.case(
            "bernoulli",
            args,
            {"value": uniform32(k, 12) < np.float32(0.3)},
            JAX,
            {"shape": [12], "p": 0.3, "seed": seed},
            name=f"bernoulli seed {seed}",
        )
        s.case(
            "randint",
            args,
            {"value": randint(k, 8, -5, 12)},
            JAX,
            {"shape": [8], "min": -5, "max": 12, "seed": seed},
            name=f"randint seed {seed}",
        )
        s.case(
            "permutation",
            args,
            {"value": permutation(k, 9)},
            JAX,
            {"n": 9, "seed": seed},
            name=f"permutation seed {seed}",
        )
    return [s]
