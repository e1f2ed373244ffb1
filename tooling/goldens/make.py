#!/usr/bin/env python3
"""Writes every file of values/. Needs numpy, scipy, mpmath and torch (Debian 12: python3-scipy, python3-torch).

python3 tooling/goldens/make.py            all subjects
python3 tooling/goldens/make.py conv nn    some
"""

import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
SUBJECTS = ["elementwise", "reduce", "indexing", "contract", "conv", "linalg", "nn", "optim", "matrices", "random"]
SUBJECTS += ["optim_elementwise", "spd", "spd_training", "bilevel", "probing", "structure", "pruning"]


def main(names):
    for name in names or SUBJECTS:
        if name not in SUBJECTS:
            sys.exit(f"unknown subject {name}; known: {', '.join(SUBJECTS)}")
        for subject in importlib.import_module(f"subjects.{name}").make():
            path = subject.write()
            ops = ", ".join(f"{op} {n}" for op, n in subject.ops.items())
            print(f"{subject.name}: {len(subject.cases)} cases, {os.path.getsize(path) / 1000:.1f} kB ({ops})")


if __name__ == "__main__":
    main(sys.argv[1:])
