"""matmul's broadcasting rules and einsum."""

import numpy as np
import torch

from .lib import Subject, gradients, normal, numpy_source, rng, torch_source

MATMUL = [
    ((3,), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((2, 2, 3), (3,)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((2, 1, 2, 3), (3, 3, 2)),
    ((1, 3), (3, 1)),
    ((2, 0), (0, 3)),
    ((0, 3), (3, 2)),
]
EINSUM = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ij,kj->ki", (2, 3), (4, 3)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("bii->b", (2, 3, 3)),
    ("ij->ji", (2, 3)),
    ("ba", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,i->", (3,), (3,)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("bhqd,bhkd->bhqk", (1, 2, 3, 2), (1, 2, 2, 2)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (3, 3, 2)),
    ("i...->...", (2, 3, 2)),
    ("...i,i->...", (2, 3), (3,)),
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 3)),
    ("i,ij,j->", (2,), (2, 3), (3,)),
    ("iij,jk->ik", (2, 2, 3), (3, 2)),
    ("a,ab,abc->abc", (2,), (2, 3), (2, 3, 2)),
    ("ij,ij,ij->", (2, 2), (2, 2), (2, 2)),
    ("nctkv,kvw->nctw", (1, 2, 2, 2, 3), (2, 3, 3)),
    (" i j , j k -> k i ", (2, 3), (3, 2)),
]


def make():
    s = Subject("contract", "matmul and einsum", {"float64": 1e-13, "float32": 1e-6})
    r = rng(31)
    for a, b in MATMUL:
        x, y = normal(r, *a), normal(r, *b)
        s.case(
            "matmul",
            {"a": x, "b": y},
            {"value": np.matmul(x, y)},
            numpy_source("matmul"),
            name=f"matmul {list(a)} x {list(b)}",
        )
    for a, b in (((3,), (3,)), ((2, 2, 3), (3,)), ((2, 1, 2, 3), (3, 3, 2))):
        x, y = normal(r, *a), normal(r, *b)
        c = normal(r, *np.matmul(x, y).shape)
        s.case(
            "matmul",
            {"a": x, "b": y, "cotangent": c},
            gradients(lambda a, b: torch.matmul(a, b), {"a": x, "b": y}, c),
            torch_source("matmul"),
            name=f"matmul gradient {list(a)} x {list(b)}",
        )
    i = np.array([[2**30, 3], [-5, 2**31 - 1]], dtype=np.int32)
    with np.errstate(all="ignore"):
        s.case(
            "matmul", {"a": i, "b": i}, {"value": np.matmul(i, i)}, numpy_source("matmul"), name="matmul int32 wraps"
        )
    for spec, *shapes in EINSUM:
        xs = {f"x{k}": normal(r, *shape) for k, shape in enumerate(shapes)}
        s.case(
            "einsum",
            xs,
            {"value": np.einsum(spec, *xs.values())},
            numpy_source("einsum"),
            {"spec": spec},
            name=f"einsum {spec}",
        )
    for spec, *shapes in (EINSUM[0], EINSUM[5], EINSUM[15], EINSUM[18], EINSUM[20]):
        xs = {f"x{k}": normal(r, *shape) for k, shape in enumerate(shapes)}
        c = normal(r, *np.einsum(spec, *xs.values()).shape)
        g = gradients(lambda *one, **many: torch.einsum(spec, *one, *many.values()), xs, c)
        s.case(
            "einsum",
            {**xs, "cotangent": c},
            g,
            "torch.autograd " + torch_source("einsum"),
            {"spec": spec},
            name=f"einsum gradient {spec}",
        )
    for op, f in (("outer", np.outer), ("dot", np.dot)):
        x, y = normal(r, 3), normal(r, 3)
        s.case(op, {"a": x, "b": y}, {"value": f(x, y)}, numpy_source(op))
    return [s]
