"""PyTorch's optimizer steps on many tensors at once (foreach), and training steps with Adam."""

import torch
import torch.nn.functional as F
from torch import nn

from starting_numbers import labels, parameters, uniform
from torch_device import DEVICE


def on_device(values):
    return torch.from_numpy(values).to(DEVICE)


def optimizer_step(make):
    def work(subject):
        count = subject["tensors"]
        length = subject["size"] // count
        tensors = [nn.Parameter(on_device(uniform([length], 100 + i))) for i in range(count)]
        before = [t.detach().clone() for t in tensors]
        for i, t in enumerate(tensors):
            t.grad = on_device(uniform([length], 200 + i))
        run = make(tensors).step

        def check():
            for _ in range(3):
                run()
            return sum((t.detach() - b).double().abs().mean().item() for t, b in zip(tensors, before))

        return run, check

    return work


def training_step(net, subject, target, loss_of):
    """A step with Adam, checked by the loss of the third one."""
    net = net.to(DEVICE)
    x = on_device(uniform(subject["input"], 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, foreach=True)

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(x), target)
        loss.backward()
        optimizer.step()
        return loss

    def check():
        for _ in range(2):
            run()
        return run().item()

    return run, check


def classifier(net, subject):
    with torch.no_grad():
        for parameter, (_, values) in zip(net.parameters(), parameters(subject["parameters"])):
            parameter.copy_(torch.from_numpy(values))
    target = on_device(labels(subject["input"][0], subject["classes"], 2))
    return training_step(net, subject, target, F.cross_entropy)


def mlp(subject):
    return classifier(
        nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)),
        subject,
    )


def cnn(subject):
    return classifier(
        nn.Sequential(
            *(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(800, 10)),
        ),
        subject,
    )


def transformer(subject):
    width, heads = subject["input"][-1], subject["heads"]
    net = nn.Sequential(
        *(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(subject["layers"])
        )
    )
    values = {path: torch.from_numpy(v) for path, v in parameters(subject["parameters"])}
    for i, layer in enumerate(net):
        layer.load_state_dict(renamed(values, f"block{i}."))
    return training_step(net, subject, on_device(uniform(subject["input"], 2)), F.mse_loss)


def renamed(values, prefix):
    """A block's parameters under nn.TransformerEncoderLayer's names."""
    own = {path[len(prefix) :]: value for path, value in values.items() if path.startswith(prefix)}
    state = {path: value for path, value in own.items() if not path.startswith("attention.")}
    for part in ("weight", "bias"):
        parts = [own[f"attention.{name}.{part}"] for name in ("query", "key", "value")]
        state[f"self_attn.in_proj_{part}"] = torch.cat(parts)
        state[f"self_attn.out_proj.{part}"] = own[f"attention.output.{part}"]
    return state


works = {
    "adam": optimizer_step(lambda tensors: torch.optim.Adam(tensors, lr=1e-3, foreach=True)),
    "adamw": optimizer_step(lambda tensors: torch.optim.AdamW(tensors, lr=1e-3, foreach=True)),
    "sgd": optimizer_step(lambda tensors: torch.optim.SGD(tensors, lr=1e-2, momentum=0.9, foreach=True)),
    "mlpStep": mlp,
    "cnnStep": cnn,
    "transformerStep": transformer,
}
