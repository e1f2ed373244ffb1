"""Layers, activations, losses (torch.nn.functional) with gradients, and the scales of initialisers."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from .lib import Subject, gradients, normal, rng, t64, torch_source, uniform


def make():
    s = Subject("nn", "layers, activations, losses, initialisers", {"float64": 1e-12, "float32": 2e-6})
    r = rng(61)
    activations(s, r)
    losses(s, r)
    norms(s, r)
    attention(s, r)
    embedding(s, r)
    initialisers(s)
    averages(s, r)
    recurrence(s, r)
    return [s]


def activations(s, r):
    # Not at the kinks: there the derivative is a convention (see the case `relu gradient at 0`).
    x = np.array([-30.0, -6.0, -3.0, -1.2, -0.5, -1e-3, 1e-3, 0.5, 1.0, 2.5, 6.5, 30.0])
    c = normal(r, len(x))
    for op, f, options, source in [
        ("relu", F.relu, {}, "relu"),
        ("leakyRelu", F.leaky_relu, {"negativeSlope": 0.01}, "leaky_relu"),
        ("leakyRelu", lambda x: F.leaky_relu(x, 0.3), {"negativeSlope": 0.3}, "leaky_relu"),
        ("elu", F.elu, {"alpha": 1.0}, "elu"),
        ("elu", lambda x: F.elu(x, 0.5), {"alpha": 0.5}, "elu"),
        ("selu", F.selu, {}, "selu"),
        ("gelu", F.gelu, {"approximate": "none"}, "gelu"),
        ("gelu", lambda x: F.gelu(x, approximate="tanh"), {"approximate": "tanh"}, "gelu"),
        ("silu", F.silu, {}, "silu"),
        ("mish", F.mish, {}, "mish"),
        ("softplus", lambda x: F.softplus(x, 1.0, 700), {"beta": 1.0}, "softplus"),  # 700: no shortcut
        ("logSigmoid", F.logsigmoid, {}, "logsigmoid"),
        ("hardSwish", F.hardswish, {}, "hardswish"),
        # torch's own derivative has 1/6 in single precision.
        ("hardSigmoid", lambda x: torch.where(x.abs() < 3, x / 6 + 0.5, (x > 0).double()), {}, "hardsigmoid"),
        ("relu6", F.relu6, {}, "relu6"),
        ("tanh", torch.tanh, {}, "tanh"),
        ("sigmoid", torch.sigmoid, {}, "sigmoid"),
    ]:
        s.case(
            op,
            {"x": x, "cotangent": c},
            gradients(f, {"x": x}, c),
            torch_source("nn.functional." + source),
            options,
            name=f"{op} {options or ''}".strip(),
        )
    zero = np.array([0.0, -0.0])
    s.case(
        "relu",
        {"x": zero, "cotangent": np.ones(2)},
        gradients(F.relu, {"x": zero}, np.ones(2)),
        torch_source("nn.functional.relu"),
        name="relu gradient at 0 is 0",
        tolerance=0,
    )
    g = normal(r, 2, 4)
    s.case("glu", {"x": g}, gradients(F.glu, {"x": g}), torch_source("nn.functional.glu"), {"axis": -1})


def losses(s, r):
    logits, labels = normal(r, 4, 3) * 2, np.array([2, 0, 1, 1], dtype=np.int32)
    index = torch.tensor(labels.astype(np.int64))
    for smoothing in (0.0, 0.1):
        for reduction in ("mean", "sum"):
            f = lambda logits: F.cross_entropy(logits, index, label_smoothing=smoothing, reduction=reduction)
            s.case(
                "crossEntropy",
                {"logits": logits, "labels": labels},
                gradients(f, {"logits": logits}),
                torch_source("nn.functional.cross_entropy"),
                {"labelSmoothing": smoothing, "reduction": reduction},
                name=f"crossEntropy smoothing {smoothing} {reduction}",
            )
    s.case(
        "crossEntropy",
        {"logits": logits, "labels": labels},
        {"value": F.cross_entropy(t64(logits), index, reduction="none", label_smoothing=0.2)},
        torch_source("nn.functional.cross_entropy"),
        {"labelSmoothing": 0.2, "reduction": "none"},
        name="crossEntropy per example",
    )
    soft = np.round(np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.1, 0.8, 0.1], [0.25, 0.5, 0.25]]), 3)
    for smoothing in (0.0, 0.1):
        s.case(
            "crossEntropy",
            {"logits": logits, "targets": soft},
            gradients(
                lambda logits: F.cross_entropy(logits, torch.tensor(soft), label_smoothing=smoothing),
                {"logits": logits},
            ),
            torch_source("nn.functional.cross_entropy"),
            {"labelSmoothing": smoothing, "reduction": "mean"},
            name=f"crossEntropy with probabilities, smoothing {smoothing}",
        )
    far = np.array([[1000.0, -1000.0, 0.0], [-500.0, 500.0, 500.0]])
    s.case(
        "crossEntropy",
        {"logits": far, "labels": np.array([1, 1], np.int32)},
        gradients(lambda logits: F.cross_entropy(logits, torch.tensor([1, 1])), {"logits": far}),
        torch_source("nn.functional.cross_entropy"),
        {"labelSmoothing": 0.0, "reduction": "mean"},
        name="crossEntropy far apart logits",
    )
    p, t = normal(r, 3, 4) * 2, normal(r, 3, 4)
    pairs = [
        ("mse", lambda prediction: F.mse_loss(prediction, torch.tensor(t)), {}, "mse_loss"),
        ("l1", lambda prediction: F.l1_loss(prediction, torch.tensor(t)), {}, "l1_loss"),
    ]
    for delta in (1.0, 0.5):
        pairs.append(
            (
                "huber",
                lambda prediction, d=delta: F.huber_loss(prediction, torch.tensor(t), delta=d),
                {"delta": delta},
                "huber_loss",
            )
        )
        pairs.append(
            (
                "smoothL1",
                lambda prediction, d=delta: F.smooth_l1_loss(prediction, torch.tensor(t), beta=d),
                {"beta": delta},
                "smooth_l1_loss",
            )
        )
    for op, f, options, source in pairs:
        s.case(
            op,
            {"prediction": p, "target": t},
            gradients(f, {"prediction": p}),
            torch_source("nn.functional." + source),
            {"reduction": "mean", **options},
            name=f"{op} {options or ''}".strip(),
        )
    s.case(
        "mse",
        {"prediction": p, "target": t},
        {"value": F.mse_loss(t64(p), torch.tensor(t), reduction="sum")},
        torch_source("nn.functional.mse_loss"),
        {"reduction": "sum"},
        name="mse sum",
    )
    log_q = torch.log_softmax(torch.tensor(p), dim=1).numpy()
    target = np.array([[0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.5, 0.0], [0.25, 0.25, 0.25, 0.25]])
    for reduction in ("batchmean", "sum", "mean"):
        s.case(
            "klDivergence",
            {"logPrediction": log_q, "target": target},
            gradients(
                lambda logPrediction: F.kl_div(logPrediction, torch.tensor(target), reduction=reduction),
                {"logPrediction": log_q},
            ),
            torch_source("nn.functional.kl_div"),
            {"reduction": reduction, "logTarget": False},
            name=f"klDivergence {reduction}: sum of t (log t - logPrediction), 0 log 0 = 0",
            **(
                {
                    "note": "'mean' divides by the number of entries, 'batchmean' by the first axis: only the latter is the divergence"
                }
                if reduction == "mean"
                else {}
            ),
        )
    log_t = torch.log_softmax(torch.tensor(t), dim=1).numpy()
    s.case(
        "klDivergence",
        {"logPrediction": log_q, "target": log_t},
        gradients(
            lambda logPrediction, target: F.kl_div(logPrediction, target, reduction="batchmean", log_target=True),
            {"logPrediction": log_q, "target": log_t},
        ),
        torch_source("nn.functional.kl_div"),
        {"reduction": "batchmean", "logTarget": True},
        name="klDivergence log targets",
    )
    z, y = np.array([-40.0, -2.0, 0.3, 3.0, 40.0, 800.0]), np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    s.case(
        "binaryCrossEntropy",
        {"logits": z, "target": y},
        gradients(lambda logits: F.binary_cross_entropy_with_logits(logits, torch.tensor(y)), {"logits": z}),
        torch_source("nn.functional.binary_cross_entropy_with_logits"),
        {"reduction": "mean", "fromLogits": True},
    )
    for gamma, alpha in ((2.0, 0.25), (0.0, 0.5), (1.5, None)):

        def sigmoid_focal(logits):
            q = torch.sigmoid(logits)
            ce = F.binary_cross_entropy_with_logits(logits, torch.tensor(y[1:4]), reduction="none")
            pt = q * torch.tensor(y[1:4]) + (1 - q) * (1 - torch.tensor(y[1:4]))
            at = 1.0 if alpha is None else alpha * torch.tensor(y[1:4]) + (1 - alpha) * (1 - torch.tensor(y[1:4]))
            return (at * ce * (1 - pt) ** gamma).mean()

        s.case(
            "focalBinary",
            {"logits": z[1:4], "target": y[1:4]},
            gradients(sigmoid_focal, {"logits": z[1:4]}),
            "formula of Lin et al. 2017: -alpha_t (1 - p_t)^gamma log p_t, by torch " + "1.13.1",
            {"gamma": gamma, "alpha": alpha, "reduction": "mean"},
            name=f"focal binary gamma {gamma} alpha {alpha}",
        )
    for gamma in (0.0, 2.0):

        def softmax_focal(logits):
            lp = torch.log_softmax(logits, 1)[range(4), index]
            return (-((1 - lp.exp()) ** gamma) * lp).mean()

        s.case(
            "focal",
            {"logits": logits, "labels": labels},
            gradients(softmax_focal, {"logits": logits}),
            "formula of Lin et al. 2017 with p_t of a softmax: -(1 - p_t)^gamma log p_t, by torch 1.13.1",
            {"gamma": gamma, "reduction": "mean"},
            name=f"focal gamma {gamma}",
        )
    a, b = normal(r, 3, 4), normal(r, 3, 4)
    s.case(
        "cosineSimilarity",
        {"a": a, "b": b},
        gradients(lambda a, b: F.cosine_similarity(a, b, dim=1), {"a": a, "b": b}),
        torch_source("nn.functional.cosine_similarity"),
        {"axis": 1},
    )


def norms(s, r):
    x, c = normal(r, 2, 3, 4), normal(r, 2, 3, 4)
    w, b = uniform(r, 0.5, 1.5, 4), normal(r, 4)
    s.case(
        "layerNorm",
        {"x": x, "weight": w, "bias": b, "cotangent": c},
        gradients(
            lambda x, weight, bias: F.layer_norm(x, (4,), weight, bias, 1e-5), {"x": x, "weight": w, "bias": b}, c
        ),
        torch_source("nn.functional.layer_norm"),
        {"axes": [-1], "epsilon": 1e-5},
        name="layerNorm last axis",
    )
    w2, b2 = uniform(r, 0.5, 1.5, 3, 4), normal(r, 3, 4)
    s.case(
        "layerNorm",
        {"x": x, "weight": w2, "bias": b2, "cotangent": c},
        gradients(
            lambda x, weight, bias: F.layer_norm(x, (3, 4), weight, bias, 0.1), {"x": x, "weight": w2, "bias": b2}, c
        ),
        torch_source("nn.functional.layer_norm"),
        {"axes": [-2, -1], "epsilon": 0.1},
        name="layerNorm last two axes, large epsilon",
    )
    for eps in (1e-6, 0.1):
        rms = lambda x, weight: x / torch.sqrt((x**2).mean(-1, keepdim=True) + eps) * weight
        s.case(
            "rmsNorm",
            {"x": x, "weight": w, "cotangent": c},
            gradients(rms, {"x": x, "weight": w}, c),
            "x / sqrt(mean(x^2) + epsilon) * weight, by torch 1.13.1",
            {"epsilon": eps},
            name=f"rmsNorm epsilon {eps}",
        )
    y = normal(r, 3, 4, 2, 2, decimals=2)
    cy, w, b = normal(r, *y.shape, decimals=2), uniform(r, 0.5, 1.5, 4), normal(r, 4)
    for groups in (1, 2, 4):
        s.case(
            "groupNorm",
            {"x": y[:2], "weight": w, "bias": b, "cotangent": cy[:2]},
            gradients(
                lambda x, weight, bias: F.group_norm(x, groups, weight, bias, 1e-5),
                {"x": y[:2], "weight": w, "bias": b},
                cy[:2],
            ),
            torch_source("nn.functional.group_norm"),
            {"groups": groups, "epsilon": 1e-5},
            name=f"groupNorm {groups} groups",
        )
    mean, var = normal(r, 4), uniform(r, 0.5, 2, 4)
    for label, data, cot in (("images", y, cy), ("vectors", normal(r, 5, 4), normal(r, 5, 4))):
        for momentum in (0.1, 0.3):
            rm, rv = torch.tensor(mean), torch.tensor(var)
            F.batch_norm(torch.tensor(data), rm, rv, torch.tensor(w), torch.tensor(b), True, momentum, 1e-5)
            g = (
                gradients(
                    lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, True, momentum, 1e-5),
                    {"x": data, "weight": w, "bias": b},
                    cot,
                )
                if momentum == 0.1
                else {}
            )
            args = {
                "x": data,
                "weight": w,
                "bias": b,
                "runningMean": mean,
                "runningVar": var,
                **({"cotangent": cot} if g else {}),
            }
            s.case(
                "batchNorm",
                args,
                {**g, "runningMean": rm, "runningVar": rv},
                torch_source("nn.functional.batch_norm"),
                {"train": True, "momentum": momentum, "epsilon": 1e-5},
                name=f"batchNorm {label} train, momentum {momentum}",
                note="running <- (1 - momentum) running + momentum batch; the batch variance is biased in the output, unbiased (n - 1) in runningVar",
            )
        g = gradients(
            lambda x, weight, bias: F.batch_norm(
                x, torch.tensor(mean), torch.tensor(var), weight, bias, False, 0.1, 1e-5
            ),
            {"x": data, "weight": w, "bias": b},
            cot,
        )
        s.case(
            "batchNorm",
            {"x": data, "weight": w, "bias": b, "runningMean": mean, "runningVar": var, "cotangent": cot},
            g,
            torch_source("nn.functional.batch_norm"),
            {"train": False, "epsilon": 1e-5},
            name=f"batchNorm {label} eval",
        )
    x2, wl, bl = normal(r, 2, 3, 4), normal(r, 5, 4), normal(r, 5)
    s.case(
        "linear",
        {"x": x2, "weight": wl, "bias": bl},
        gradients(lambda x, weight, bias: F.linear(x, weight, bias), {"x": x2, "weight": wl, "bias": bl}),
        torch_source("nn.functional.linear"),
        note="weight is [out, in]",
    )


def attention(s, r):
    """torch.nn.MultiheadAttention, batch first, self-attention; its packed in_proj_weight is split into q, k, v."""
    E, H, T, B = 4, 2, 3, 2
    names = [
        ("wq", (E, E)),
        ("wk", (E, E)),
        ("wv", (E, E)),
        ("bq", (E,)),
        ("bk", (E,)),
        ("bv", (E,)),
        ("wo", (E, E)),
        ("bo", (E,)),
    ]
    weights = {k: normal(r, *shape, decimals=2) for k, shape in names}
    x, c = normal(r, B, T, E, decimals=2), normal(r, B, T, E, decimals=2)
    causal = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)
    keep = np.array([[True, True, False], [True, True, True]])

    def run(x, mask, padding, need=False, context=None, **w):
        packed, bias = torch.cat([w["wq"], w["wk"], w["wv"]]), torch.cat([w["bq"], w["bk"], w["bv"]])
        q, kv = x.transpose(0, 1), (x if context is None else context).transpose(0, 1)
        out, prob = F.multi_head_attention_forward(
            q,
            kv,
            kv,
            E,
            H,
            packed,
            bias,
            None,
            None,
            False,
            0.0,
            w["wo"],
            w["bo"],
            training=False,
            key_padding_mask=padding,
            need_weights=True,
            attn_mask=mask,
            average_attn_weights=False,
        )
        return prob if need else out.transpose(0, 1)

    note = "weights are [out, in]; head h uses rows h*E/H .. of the projections; scores are scaled by 1/sqrt(E/H)"
    for label, mask, padding in (
        ("full", None, None),
        ("causal", causal, None),
        ("keyPadding", None, ~torch.tensor(keep)),
    ):
        inputs = {"x": x, **weights}
        g = gradients(lambda x, **w: run(x, mask, padding, **w), inputs, c)
        prob = run(t64(x), mask, padding, need=True, **{k: t64(v) for k, v in weights.items()})
        args = {**inputs, "cotangent": c, **({"keep": keep} if label == "keyPadding" else {})}
        s.case(
            "multiHeadAttention",
            args,
            {**g, "probabilities": prob},
            torch_source("nn.MultiheadAttention"),
            {"heads": H, "causal": label == "causal"},
            name=f"multiHeadAttention {label}",
            note=note,
            scale=1,  # the gradient of the keys' bias is 0 but for rounding
        )
    context = normal(r, B, 5, E, decimals=2)
    s.case(
        "multiHeadAttention",
        {"x": x, "context": context, **weights},
        {"value": run(t64(x), None, None, context=t64(context), **{k: t64(v) for k, v in weights.items()})},
        torch_source("nn.MultiheadAttention"),
        {"heads": H, "causal": False},
        name="multiHeadAttention cross",
        note=note,
    )
    for norm_first in (True, False):
        for activation in ("relu", "gelu"):
            if activation == "gelu" and not norm_first:
                continue
            layer = torch.nn.TransformerEncoderLayer(
                E,
                H,
                6,
                dropout=0.0,
                activation=activation,
                batch_first=True,
                norm_first=norm_first,
                dtype=torch.float64,
            )
            with torch.no_grad():
                for p in layer.parameters():
                    p.copy_(torch.tensor(normal(r, *p.shape, decimals=2) * 0.5))
            sd = {k: v.detach().numpy() for k, v in layer.state_dict().items()}
            qkv, qkvb = np.split(sd["self_attn.in_proj_weight"], 3), np.split(sd["self_attn.in_proj_bias"], 3)
            params = {
                "wq": qkv[0],
                "wk": qkv[1],
                "wv": qkv[2],
                "bq": qkvb[0],
                "bk": qkvb[1],
                "bv": qkvb[2],
                "wo": sd["self_attn.out_proj.weight"],
                "bo": sd["self_attn.out_proj.bias"],
                "norm1.weight": sd["norm1.weight"],
                "norm1.bias": sd["norm1.bias"],
                "norm2.weight": sd["norm2.weight"],
                "norm2.bias": sd["norm2.bias"],
                "linear1.weight": sd["linear1.weight"],
                "linear1.bias": sd["linear1.bias"],
                "linear2.weight": sd["linear2.weight"],
                "linear2.bias": sd["linear2.bias"],
            }
            layer.train()  # dropout is 0; eval mode would take the fused path
            xt = t64(x)
            out = layer(xt, src_mask=causal)
            (gx,) = torch.autograd.grad((out * torch.tensor(c)).sum(), xt)
            s.case(
                "transformerBlock",
                {"x": x, **params, "cotangent": c},
                {"value": out, "grad.x": gx},
                torch_source("nn.TransformerEncoderLayer"),
                {"heads": H, "normFirst": norm_first, "activation": activation, "causal": True, "epsilon": 1e-5},
                name=f"transformerBlock {'pre' if norm_first else 'post'}-norm {activation}, causal",
            )


def embedding(s, r):
    table, ids, c = normal(r, 5, 3), np.array([[1, 4, 1], [0, 1, 2]], dtype=np.int32), normal(r, 2, 3, 3)
    s.case(
        "embedding",
        {"weight": table, "ids": ids, "cotangent": c},
        gradients(lambda weight: F.embedding(torch.tensor(ids.astype(np.int64)), weight), {"weight": table}, c),
        torch_source("nn.functional.embedding"),
        name="embedding, repeated ids add up",
    )


def initialisers(s):
    """Scales only: `bound` of the uniform and `std` of the normal variants. Weights are [out, in, ...kernel]."""
    init = torch.nn.init
    for shape in ((7, 5), (8, 3, 3, 3), (6, 2, 5)):
        w = torch.empty(*shape)
        fan_in, fan_out = init._calculate_fan_in_and_fan_out(w)
        for op, std in (
            ("xavier", lambda gain: gain * math.sqrt(2 / (fan_in + fan_out))),
            ("heIn", lambda gain: gain / math.sqrt(fan_in)),
            ("heOut", lambda gain: gain / math.sqrt(fan_out)),
        ):
            for gain_name in ("linear", "relu", "tanh"):
                v = std(init.calculate_gain(gain_name))
                s.case(
                    "initialiser",
                    {},
                    {
                        "std": np.array(v),
                        "bound": np.array(math.sqrt(3) * v),
                        "gain": np.array(float(init.calculate_gain(gain_name))),
                    },
                    torch_source("nn.init") + " formulas",
                    {"kind": op, "nonlinearity": gain_name, "shape": list(shape), "fanIn": fan_in, "fanOut": fan_out},
                    name=f"{op} {gain_name} {list(shape)}",
                )
    torch.manual_seed(0)
    w = torch.empty(400, 300)
    init.kaiming_uniform_(w, nonlinearity="relu")
    assert abs(float(w.abs().max()) - math.sqrt(3) * math.sqrt(2) / math.sqrt(300)) < 1e-4
    init.xavier_normal_(w)
    assert abs(float(w.std()) - math.sqrt(2 / 700)) < 5e-4


def averages(s, r):
    """Exponential moving average of parameters: e <- decay e + (1 - decay) p, started at the first value."""
    p = normal(r, 5, 3)
    e, out = p[0], []
    for row in p[1:]:
        e = 0.9 * e + 0.1 * row
        out.append(e)
    s.case(
        "ema",
        {"sequence": p},
        {"value": np.array(out)},
        "formula",
        {"decay": 0.9},
        note="row 0 is the starting average",
    )


def recurrence(s, r):
    """torch.nn.GRU, batch first, one layer, from a state of zeros."""
    B, T, E, H = 2, 4, 3, 2
    x, c = normal(r, B, T, E, decimals=2), normal(r, B, T, H, decimals=2)
    names = {"inputWeight": (3 * H, E), "stateWeight": (3 * H, H), "inputBias": (3 * H,), "stateBias": (3 * H,)}
    weights = {k: normal(r, *shape, decimals=2) for k, shape in names.items()}

    def run(x, **w):
        return torch._VF.gru(
            x, torch.zeros(1, B, H, dtype=torch.float64), [w[k] for k in names], True, 1, 0.0, False, False, True
        )[0]

    s.case(
        "gru",
        {"x": x, **weights, "cotangent": c},
        gradients(run, {"x": x, **weights}, c),
        torch_source("nn.GRU"),
        note="weights are [3 * size, in] and [3 * size, size]: reset, update and new gate",
    )
