"""Medians in milliseconds of PyTorch for the work of subjects.mjs, as one JSON object. One thread, as the CPU backend."""

import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)


def median(run, seconds=0.4):
    for _ in range(3):
        run()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < seconds or len(times) < 5:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    return statistics.median(times) * 1e3


def step(net, x):
    labels = torch.randint(0, 10, (x.shape[0],))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def run():
        optimizer.zero_grad()
        F.cross_entropy(net(x), labels).backward()
        optimizer.step()

    return run


def conv_gradients():
    x = torch.rand(64, 16, 12, 12, requires_grad=True)
    kernel = torch.rand(32, 16, 3, 3, requires_grad=True)
    return lambda: torch.autograd.grad(F.conv2d(x, kernel).sum(), [x, kernel])


def subjects():
    for n in (64, 256, 512, 1024):
        for dtype in ("float32", "float64"):
            a, b = (torch.rand(n, n, dtype=getattr(torch, dtype)) for _ in range(2))
            yield f"matmul {n} {dtype}", lambda a=a, b=b: a @ b
    x = torch.rand(1_000_000)
    yield "add 1e6", lambda: x + x
    yield "exp 1e6", lambda: x.exp()
    yield "sum 1e6", lambda: x.sum()
    rows = torch.rand(1024, 1000)
    yield "softmax 1024x1000", lambda: torch.softmax(rows, -1)
    image, kernel = torch.rand(64, 16, 12, 12), torch.rand(32, 16, 3, 3)
    yield "conv2d forward", lambda: F.conv2d(image, kernel)
    yield "conv2d gradients", conv_gradients()
    mlp = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    yield "mlp step", step(mlp, torch.rand(128, 784))
    cnn = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 10),
    )
    yield "cnn step", step(cnn, torch.rand(64, 1, 28, 28))


print(json.dumps({name: median(run) for name, run in subjects()}))
