"""A step of moment probing in PyTorch, as the official ViT head computes it: see ../../momentProbingSpeed.mjs. argv[1] is a folder of .npy
files; each line of the input names a way and is answered with its milliseconds."""

import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

folder = sys.argv[1]
leaves = {name[:-4]: torch.tensor(np.load(os.path.join(folder, name))) for name in sorted(os.listdir(folder))}
x, labels = leaves.pop("x"), leaves.pop("labels").long()
for leaf in leaves.values():
    leaf.requires_grad_()


def cross(a, b):
    a, b = a - a.mean((1, 2), keepdim=True), b - b.mean((1, 2), keepdim=True)
    return F.normalize(a.mT @ b / a.shape[1], dim=1)


def step():
    projected = F.linear(x[:, 1:], leaves["moments.projection.weight"], leaves["moments.projection.bias"])
    gain, shift = leaves["moments.norm.weight"], leaves["moments.norm.bias"]
    heads = [F.layer_norm(head, gain.shape, gain, shift) for head in projected.split(len(gain), -1)]
    y = torch.stack([cross(a, b) for a, b in zip(heads, heads[1:])], 1)
    y = F.conv2d(F.gelu(F.conv2d(y, leaves["moments.convolutions.0"], stride=2)), leaves["moments.convolutions.1"], stride=2)
    first = F.linear(x[:, 0], leaves["classifier1.weight"], leaves["classifier1.bias"])
    second = F.linear(y.flatten(1), leaves["classifier2.weight"], leaves["classifier2.bias"])
    slopes = torch.autograd.grad(F.cross_entropy((first + second) / 2, labels), list(leaves.values()))
    return sum(slope.abs().sum().item() for slope in slopes)


ways = ["PyTorch, 1 thread", "PyTorch, 2 threads"]
print(json.dumps({"check": step(), "ways": ways}), flush=True)
for line in sys.stdin:
    torch.set_num_threads(1 + ways.index(line.strip()))
    start = time.perf_counter()
    step()
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1000}), flush=True)
