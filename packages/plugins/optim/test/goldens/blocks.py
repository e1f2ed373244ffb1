"""Steps of the official code of block coordinate descent: python3 blocks.py CHECKOUT > blocks.json

CHECKOUT is a clone of github.com/IssamLaradji/BlockCoordinateDescent (commit of 2023). Its rules are run as they are; modules that
they import and these cases do not use (numba, cvxopt) are stubs. Each case has a problem, a method, and of each iteration the
block and f; at the end x. Random rules and 'qp-nn' (cvxopt) are left out.
"""

import contextlib
import json
import sys
import types

import numpy as np
import scipy.sparse.linalg


def stub(name, **members):
    module = types.ModuleType(name)
    for key, value in members.items():
        setattr(module, key, value)
    sys.modules[name] = module
    return module


stub("numba", jit=lambda f: f)
solvers = types.SimpleNamespace(options={})
stub("cvxopt", solvers=solvers, matrix=None, spmatrix=None)
stub("scipy.sparse.linalg.eigen")
stub("scipy.sparse.linalg.eigen.arpack", eigsh=scipy.sparse.linalg.eigsh)
sys.path.insert(0, sys.argv[1])

from src import losses  # noqa: E402
from src.partition_rules import partition_rules  # noqa: E402
from src.selection_rules import FB_selection_rules, VB_selection_rules  # noqa: E402
from src.update_rules import update_rules  # noqa: E402

ITERATIONS = 10
random = np.random.RandomState(7)


def scaled(rows, columns):
    return (random.randn(rows, columns) + 0.3) * np.exp(0.7 * random.randn(columns))


def graph(rows, columns, labels):
    """A lattice with random weights (equal ones would make ties), numbered down its columns."""
    n = rows * columns
    W = np.zeros((n, n))
    for i in range(n):
        if i % rows + 1 < rows:
            W[i, i + 1] = W[i + 1, i] = random.uniform(0.5, 2)
        if i + rows < n:
            W[i, i + rows] = W[i + rows, i] = random.uniform(0.5, 2)
    y = np.zeros(n)
    y[random.choice(n, labels, replace=False)] = random.randn(labels) * 3
    return W, y


def one_hot(labels, count):
    return np.eye(count)[labels]


A = scaled(14, 12)
PROBLEMS = {
    "leastSquares": ("ls", A, random.randn(14), {}),
    "logistic": ("lg", A, np.sign(random.randn(14)), {}),
    "softmax": ("sf", scaled(15, 4), one_hot(random.randint(0, 3, 15), 3), {}),
    "nnLassoLS": ("lsl1nn", A, np.abs(random.randn(14)) * 3, {"L1": 0.7}),
}
for name, lattice in (("lattice", True), ("graph", False)):
    W, y = graph(5, 6, 4)
    if not lattice:  # a few more edges
        for i, j in ((0, 8), (3, 22), (11, 29), (7, 19), (2, 27)):
            W[i, j] = W[j, i] = random.uniform(0.5, 2)
    u, l = np.where(y == 0)[0], np.where(y != 0)[0]
    Auu = (np.diag(W.sum(1)) - W)[np.ix_(u, u)]
    args = {"data_lattice": lattice, "data_nrows": 5, "data_ncols": 6, "data_W": W, "data_y": y}
    PROBLEMS[name] = ("bp", Auu, W[np.ix_(u, l)] @ y[l], args)

GREEDY_TREES = ("GSTree", "GSLTree", "GSDTree")
CASES = (
    [("leastSquares", p, "Cyclic", "Lb") for p in ("Order", "Sort", "Avg", "Hsort", "Havg")]
    + [("leastSquares", "Sort", s, u) for s in ("GS", "GSL", "GSD", "GSQ") for u in ("Lb", "Hb")]
    + [("leastSquares", "VB", s, u) for s in ("GS", "GSD", "GSDHb", "IHT") for u in ("Lb", "Hb", "LS")]
    + [("leastSquares", "Order", s, "LA") for s in ("GS", "GSL", "GSD")]
    + [("logistic", "Sort", s, u) for s in ("GS", "GSL", "GSD", "GSQ") for u in ("Lb", "Hb", "LS")]
    + [("logistic", "VB", s, u) for s in ("GS", "GSD", "GSDHb", "IHT") for u in ("Lb", "Hb", "LS")]
    + [("logistic", "Order", s, "LA") for s in ("GS", "GSL", "GSD")]
    + [("softmax", "Order", s, u) for s in ("Cyclic", "GS", "GSL", "GSD") for u in ("Lb", "Hb", "LS")]
    + [("softmax", "VB", s, u) for s in ("GS", "GSD", "GSDHb", "IHT") for u in ("Lb", "Hb", "LS")]
    + [("softmax", "Order", s, "LA") for s in ("GS", "GSL")]
    + [("nnLassoLS", p, "gsq-nn", u) for p in ("Sort", "VB") for u in ("Lb-NN", "TMP-NN")]
    + [(g, "VB", s, u) for g in ("lattice", "graph") for s in ("RedBlackTree", "TreePartitions") for u in ("bpExact", "bpGabp")]
    # One step each, from random points: after an exact step rounding errors alone would order the block's coordinates.
    + [(g, "VB", s, "bpExact", start) for g in ("lattice", "graph") for s in GREEDY_TREES for start in (1, 2, 3)]
    + [("graph", "VB", s, "Hb") for s in ("GSD", "GSDHb", "IHT")]
)


def run(name, partition, selection, update, start=None):
    kind, A, b, extra = PROBLEMS[name]
    size = -1 if "Tree" in selection else 3
    if kind == "bp" and size > 0:
        size = 2
    args = {"L2": 0, "L1": 0, "block_size": size, "update_rule": update, **extra}
    loss = losses.create_lossObject(kind, A, b, args)
    blocks = partition_rules.get_partition(A, b, loss, size, p_rule=partition)
    x = np.zeros(int(loss.n_params))
    record = {"problem": name, "partition": partition, "selection": selection, "update": update}
    if start is not None:
        x = np.random.RandomState(start).randn(x.size).round(3)
        record["start"] = x.tolist()
    record.update({"blockSize": size, "losses": [float(loss.f_func(x, A, b))], "blocks": []})
    for i in range(ITERATIONS if start is None else 1):
        if blocks is None:
            block, args = VB_selection_rules.select(selection, x, A, b, loss, args, iteration=i)
        else:
            block, args = FB_selection_rules.select(selection, x, A, b, loss, args, blocks, iteration=i)
        x, args = update_rules.update(update, x, A, b, loss, args=args, block=block, iteration=i)
        record["losses"].append(float(loss.f_func(x, A, b)))
        record["blocks"].append(sorted(int(j) for j in block))
    record["x"] = x.tolist()
    return record


with contextlib.redirect_stdout(sys.stderr):
    cases = [run(*case) for case in CASES]

problems = {}
for name, (kind, A, b, extra) in PROBLEMS.items():
    if kind == "bp":
        problems[name] = {"W": extra["data_W"].tolist(), "y": extra["data_y"].tolist()}
    else:
        problems[name] = {"A": A.tolist(), "b": b.tolist(), **({"l1": extra["L1"]} if "L1" in extra else {})}
json.dump({"problems": problems, "cases": cases}, sys.stdout)
