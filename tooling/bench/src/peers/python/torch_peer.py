"""PyTorch's kernels. Each work: subject -> (run, check)."""

import os

import torch
import torch.nn.functional as F

import torch_steps
from starting_numbers import uniform
from torch_device import DEVICE, SAMPLE_SECONDS, settle  # noqa: F401 - child.py asks for the last two

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def tensor(shape, seed, **options):
    return torch.from_numpy(uniform(shape, seed, **options)).to(DEVICE)


def eager(f, *inputs):
    """Work that computes f of the inputs anew, checked by the mean magnitude of all results."""

    def check():
        results = f(*inputs)
        results = results if isinstance(results, (tuple, list)) else [results]
        return sum(result.detach().double().abs().mean().item() for result in results)

    return lambda: f(*inputs), check


def matmul(subject):
    n, dtype = subject["size"], subject["dtype"]
    return eager(torch.matmul, tensor([n, n], 1, dtype=dtype), tensor([n, n], 2, dtype=dtype))


def copy(subject):
    x = tensor([subject["size"]], 1)
    y = torch.empty_like(x)
    return lambda: y.copy_(x), lambda: y.copy_(x).double().abs().mean().item()


OPERATIONS = {
    "add": torch.add,
    "mul": torch.mul,
    "exp": lambda a, b: torch.exp(a),
    "tanh": lambda a, b: torch.tanh(a),
    "log": lambda a, b: torch.log(a),
    "sum": lambda a, b: torch.sum(a),
}


def elementwise(subject):
    a, b = (tensor([subject["size"]], seed, low=0.5, high=2.0) for seed in (1, 2))
    return eager(OPERATIONS[subject["operation"]], a, b)


def rows(subject):
    return tensor([subject["size"], subject["columns"]], 1)


def softmax(subject):
    return eager(lambda x: torch.softmax(x, -1), rows(subject))


def layer_norm(subject):
    columns = [subject["columns"]]
    weight, bias = torch.ones(columns, device=DEVICE), torch.zeros(columns, device=DEVICE)
    return eager(lambda x: F.layer_norm(x, columns, weight, bias), rows(subject))


def convolution(subject):
    return eager(F.conv2d, tensor(subject["image"], 1), tensor(subject["kernel"], 2))


def convolution_gradients(subject):
    x = tensor(subject["image"], 1).requires_grad_()
    kernel = tensor(subject["kernel"], 2).requires_grad_()
    return eager(lambda x, w: torch.autograd.grad(F.conv2d(x, w).sum(), [x, w]), x, kernel)


works = {
    "matmul": matmul,
    "copy": copy,
    "elementwise": elementwise,
    "softmax": softmax,
    "layerNorm": layer_norm,
    "convolution": convolution,
    "convolutionGradients": convolution_gradients,
    **torch_steps.works,
}
