#!/usr/bin/python3
"""Golden numbers of PyTorch and torchvision, for the tests of package models.

    golden.py DIR          writes network.json, losses.json, optimizers.json, schedules.json
    golden.py DIR planes   writes planes.json: networks for images of other planes than four
    golden.py DIR NETWORK  writes NETWORK.json, of densenet121 and convnext_tiny

Made with Debian's python3-torch 1.13 and python3-torchvision; what has a word of its own with PyTorch 2.15, torchvision and timm from PyPI. Weights and
inputs are not stored: both sides draw them from the hash below.
"""
import json
import math
import sys
import warnings
import zlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import networks
from networks import focal

warnings.filterwarnings("ignore")
torch.manual_seed(0)


def noise(name, n):
    """n values in [-1,1): murmur3's finaliser of index and name."""
    h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(zlib.crc32(name.encode()))
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2**31 - 1


def weight(name, shape):
    u = noise(name, int(np.prod(shape))).reshape(shape)
    if len(shape) == 4:
        u = u * math.sqrt(3 / (shape[1] * shape[2] * shape[3]))
    elif name.endswith(("running_var", "weight")) and len(shape) == 1:
        u = 1 + u / 4
    else:
        u = u / 5
    if name.endswith("bias") and len(shape) == 1:
        u = u + 1  # so that most ReLUs are open: a random network with half of them shut magnifies rounding a hundredfold
    return torch.tensor(u.astype(np.float32))


def digest(name, t):
    """Norm, and projections on two vectors of +-1."""
    v = t.detach().double().numpy().ravel()
    signs = [np.where(noise(f"{name}/{k}", v.size) < 0, -1.0, 1.0) for k in range(2)]
    return [float(np.linalg.norm(v))] + [float(v @ s) for s in signs]


def margin(net, x):
    """How far the input of any ReLU stays away from zero, in rounding errors, which grow with depth.

    Every ReLU but those after a sum follows a batch norm.
    """
    least = []

    def look(values):
        least.append(values.abs().min().item() / (1 + len(least)))

    hooks = [m.register_forward_pre_hook(lambda _, inputs: look(inputs[0])) for m in net.modules() if isinstance(m, nn.ReLU)]
    hooks += [m.register_forward_hook(lambda _, __, out: look(out)) for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    net(x)
    for h in hooks:
        h.remove()
    return min(least, default=math.inf)  # of a network without any


def network(model, n, h, w, size=0, aux_size=0, tries=150, planes=4):
    networks.PLANES = planes
    net = networks.build(model, size, aux_size)
    state = {k: weight(k, tuple(v.shape)) for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}

    def image(seed):
        return torch.tensor(noise(f"x{seed}", n * planes * h * w).astype(np.float32).reshape(n, planes, h, w))

    # A ReLU whose input lies within rounding of zero moves the gradients below
    # it by up to 1e-2. So the input is one that keeps clear of that. The
    # numbers themselves are computed in float64.
    net.load_state_dict(state, strict=False)
    net.train()
    with torch.no_grad():
        seed = max(range(tries), key=lambda k: margin(net, image(k))) if any(isinstance(m, nn.ReLU) for m in net.modules()) else 0
        print(f"{model} {n}x{h}x{w}: input x{seed}, margin {margin(net, image(seed)):.1e}")
    net = net.double()
    net.load_state_dict(state, strict=False)
    x = image(seed).double()
    y = torch.tensor((noise("y", n * 28) > 0.7).astype(np.float64).reshape(n, 28))
    net.eval()
    with torch.no_grad():
        predicted = net(x)
    net.train()
    loss, logits = networks.loss_of(net(x), y)
    loss.backward()
    grads = {k: digest(k, p.grad) for k, p in net.named_parameters()}
    for k in grads:
        if k.endswith("attention.bias"):  # adds the same to all scores of a map: what PyTorch has is rounding
            assert grads[k][0] < 1e-6, grads[k]
            grads[k] = [0, 0, 0]
    stats = {k: digest(k, v) for k, v in net.named_buffers() if "running" in k}
    return {
        "model": model, "n": n, "h": h, "w": w, "attentionSize": size, "auxAttentionSize": aux_size, "input": f"x{seed}",
        "predict": short(predicted.ravel().tolist()), "logits": short(logits.detach().ravel().tolist()), "loss": loss.item(),
        "grads": [short(grads[k]) for k in sorted(grads)], "stats": [short(stats[k]) for k in sorted(stats)],
    }


def training(case, steps=3):
    """The same case with the losses of so many steps of SGD."""
    net = networks.build(case["model"]).double().train()
    net.load_state_dict({k: weight(k, tuple(v.shape)) for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}, strict=False)
    n, h, w = case["n"], case["h"], case["w"]
    x = torch.tensor(noise(case["input"], n * 4 * h * w).astype(np.float32).reshape(n, 4, h, w)).double()
    y = torch.tensor((noise("y", n * 28) > 0.7).astype(np.float64).reshape(n, 28))
    optimizer = torch.optim.SGD(net.parameters(), 1e-3, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss, _ = networks.loss_of(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {**case, "losses": short(losses)}


def short(values):
    """Numbers with the digits that count."""
    return [float(f"{v:.7g}") for v in values]


def losses():
    x = torch.tensor([-90.0, -20, -3, -0.5, 0, 0.5, 3, 20, 90] * 2, requires_grad=True)
    y = torch.tensor([0.0] * 9 + [1.0] * 9)
    out = {"x": x.tolist(), "y": y.tolist()}
    for name, f in (("focal", focal), ("bce", F.binary_cross_entropy_with_logits)):
        x.grad = None
        loss = f(x, y)
        loss.backward()
        out[name] = {"loss": loss.item(), "grad": x.grad.tolist()}
    return out


def optimizers():
    start = noise("parameter", 9).astype(np.float32)
    runs = []
    for options, make in (
        ({"Kind": "adam"}, lambda p: torch.optim.Adam(p, 0.05)),
        ({"Kind": "adam", "WeightDecay": 0.1}, lambda p: torch.optim.Adam(p, 0.05, weight_decay=0.1)),
        ({"Kind": "adam", "AMSGrad": True, "WeightDecay": 0.01}, lambda p: torch.optim.Adam(p, 0.05, amsgrad=True, weight_decay=0.01)),
        ({"Kind": "sgd"}, lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
        ({"Kind": "sgd", "Nesterov": True, "WeightDecay": 0.1, "Momentum": 0.8},
         lambda p: torch.optim.SGD(p, 0.05, momentum=0.8, nesterov=True, weight_decay=0.1)),
    ):
        p = nn.Parameter(torch.tensor(start))
        opt = make([p])
        values = []
        for step in range(6):
            p.grad = torch.tensor(((6 - step) * noise(f"gradient{step}", 9)).astype(np.float32))
            opt.step()
            values.append(p.detach().tolist())
        runs.append({"options": options, "values": values})
    return runs


def schedules():
    epochs = 60
    metrics = [0.1, 0.3, 0.3, 0.29, 0.30001, 0.28, 0.4, 0.4, 0.4, 0.39, 0.38, 0.2]
    # Rises ever more slowly, with ties, dips, and steps near the threshold of a ten-thousandth.
    metrics += [round(0.5 - 0.1 / (1 + e // 3) - (0.02 if e % 7 == 3 else 0), 6) for e in range(epochs - len(metrics))]
    runs = []
    sched = torch.optim.lr_scheduler
    for options, make in (
        ({"Kind": "none"}, None),
        ({"Kind": "step", "StepSize": 7, "Gamma": 0.5}, lambda o: sched.StepLR(o, 7, 0.5)),
        ({"Kind": "multi_step", "Milestones": [2, 5, 6, 41], "Gamma": 0.1}, lambda o: sched.MultiStepLR(o, [2, 5, 6, 41], 0.1)),
        ({"Kind": "exponential", "Gamma": 0.9}, lambda o: sched.ExponentialLR(o, 0.9)),
        ({"Kind": "cosine"}, lambda o: sched.CosineAnnealingLR(o, epochs)),
        ({"Kind": "reduce_lr_on_plateau", "Gamma": 0.1, "Patience": 1},
         lambda o: sched.ReduceLROnPlateau(o, mode="max", factor=0.1, patience=1)),
    ):
        opt = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 5e-4)
        s = make(opt) if make else None
        rates = [opt.param_groups[0]["lr"]]
        for metric in metrics:
            opt.step()
            if s:
                s.step(metric) if isinstance(s, sched.ReduceLROnPlateau) else s.step()
            rates.append(opt.param_groups[0]["lr"])
        runs.append({"options": {**options, "LR": 5e-4, "Epochs": epochs}, "metrics": metrics, "rates": rates})
    return runs


def write(path, value):
    with open(path, "w") as f:
        json.dump(value, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    out = sys.argv[1]
    if sys.argv[2:] == ["planes"]:
        write(f"{out}/planes.json", [
            {**network("resnet18", 2, 40, 40, tries=100, planes=planes), "planes": planes} for planes in (5, 9, 16)
        ])
        sys.exit()
    if sys.argv[2:] in (["densenet121"], ["convnext_tiny"]):
        name = sys.argv[2]
        write(f"{out}/{name}.json", [training(network(name, 2, 64, 64)), training(network(name, 3, 70, 50))])
        sys.exit()
    write(f"{out}/network.json", [
        network("resnet18", 2, 48, 64), network("resnet18", 3, 65, 33),
        network("resnet34", 2, 48, 48), network("resnet34", 2, 57, 72),
        network("inception_v3", 2, 107, 107), network("inception_v3", 4, 75, 107, 3, 4),
        network("se_resnext50", 2, 64, 64), network("se_resnext50", 3, 70, 50, 3),
    ])
    write(f"{out}/losses.json", losses())
    write(f"{out}/optimizers.json", optimizers())
    write(f"{out}/schedules.json", schedules())
