"""The starting numbers of ../../numbers.mjs, the same bits."""

import numpy as np


def hashes(count, seed):
    h = np.arange(count, dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
    h = (h ^ (h >> 16)) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> 13)) * np.uint32(0xC2B2AE35)
    return h ^ (h >> 16)


def uniform(shape, seed, low=-1.0, high=1.0, dtype="float32"):
    values = low + (high - low) / 2**32 * hashes(int(np.prod(shape)), seed)
    return values.astype(dtype).reshape(shape)


def labels(count, classes, seed):
    return (hashes(count, seed) % classes).astype(np.int64)


def symmetric(n, seed, dtype, shift=0):
    a = uniform([n, n], seed, dtype=dtype)
    return (a + a.T) / 2 + shift * np.eye(n, dtype=dtype)


def parameters(specification):
    for i, (path, of) in enumerate(specification.items()):
        bound = 1 / np.sqrt(of["fan"])
        yield path, uniform(of["shape"], 10 + i, -bound, bound)
