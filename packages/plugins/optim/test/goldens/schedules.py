"""Values of PyTorch's learning rate schedulers: python3 schedules.py > schedules.json

Each case has the scheduler, our schedule's options, and the rate at steps 0 to 24.
"""

import json

import torch
from torch.optim import lr_scheduler as S

STEPS = 25


def rates(make):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    scheduler = make(optimizer)
    out = []
    for _ in range(STEPS):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return out


def one_cycle(steps=STEPS + 1, peak=0.5, **options):
    names = {"pctStart": "pct_start", "divFactor": "div_factor", "finalDivFactor": "final_div_factor", "threePhase": "three_phase"}
    torch_options = {names[k]: v for k, v in options.items() if k != "anneal"}
    torch_options["anneal_strategy"] = {"cosine": "cos", "linear": "linear"}[options.get("anneal", "cosine")]
    return (
        "oneCycle",
        {"peak": peak, "steps": steps, **options},
        lambda o: S.OneCycleLR(o, max_lr=peak, total_steps=steps, cycle_momentum=False, **torch_options),
    )


CASES = [
    ("cosine", {"from": 0.1, "steps": 24}, lambda o: S.CosineAnnealingLR(o, T_max=24)),
    ("cosine", {"from": 0.1, "steps": 24, "alpha": 0.1}, lambda o: S.CosineAnnealingLR(o, T_max=24, eta_min=0.01)),
    ("linear", {"from": 0.02, "to": 0.1, "steps": 10}, lambda o: S.LinearLR(o, start_factor=0.2, end_factor=1.0, total_iters=10)),
    ("polynomial", {"from": 0.1, "power": 2, "steps": 20}, lambda o: S.PolynomialLR(o, total_iters=20, power=2)),
    ("polynomial", {"from": 0.1, "power": 0.5, "steps": 20}, lambda o: S.PolynomialLR(o, total_iters=20, power=0.5)),
    ("exponential", {"from": 0.1, "rate": 0.9}, lambda o: S.ExponentialLR(o, gamma=0.9)),
    ("exponential", {"from": 0.1, "rate": 0.5, "steps": 6, "staircase": True}, lambda o: S.StepLR(o, step_size=6, gamma=0.5)),
    (
        "piecewise",
        {"boundaries": [5, 9, 20], "values": [0.1, 0.05, 0.025, 0.0125]},
        lambda o: S.MultiStepLR(o, milestones=[5, 9, 20], gamma=0.5),
    ),
    one_cycle(),
    one_cycle(anneal="linear"),
    one_cycle(pctStart=0.45, divFactor=10, finalDivFactor=100),
    one_cycle(threePhase=True),
    one_cycle(threePhase=True, anneal="linear", pctStart=0.2),
]

if __name__ == "__main__":
    cases = [
        {"schedule": name, "options": options, "source": f"torch {torch.__version__}", "values": rates(make)}
        for name, options, make in CASES
    ]
    print(json.dumps(cases, indent=1))
