#!/usr/bin/python3
"""Golden numbers of the options of training that change the arithmetic, by PyTorch and timm.

    options.py DIR      writes options.json

warmups: the rates of timm's schedulers, as its scripts make them.
losses: of soft targets, as label smoothing and mixup make them.
runs: a few steps of SGD of resnet18 in float64, with torch.nn.utils.clip_grad_norm_, timm's ModelEmaV3 and
timm.utils.freeze, and how far they have moved the tensors of at most 40,000 values. Weights and batches are drawn from
the hash in golden.py.
"""
import json
import sys
import warnings

import numpy as np
import timm
import torch
import torch.nn as nn
import torch.nn.functional as F
from timm.scheduler import create_scheduler_v2
from timm.utils import ModelEmaV3, freeze

import networks
from golden import digest, noise, short, weight, write

warnings.filterwarnings("ignore")


def warmups():
    epochs = 40
    metrics = [round(0.5 - 0.1 / (1 + e // 3) - (0.02 if e % 7 == 3 else 0), 6) for e in range(epochs)]
    runs = []
    for options, timms in (
        ({"Kind": "none", "Warmup": 3}, {"sched": "step", "decay_epochs": 10**6}),
        ({"Kind": "step", "StepSize": 7, "Gamma": 0.5, "Warmup": 9}, {"sched": "step", "decay_epochs": 7, "decay_rate": 0.5}),
        # timm acts an epoch before a milestone; PyTorch's MultiStepLR, and ours, at it.
        ({"Kind": "multi_step", "Milestones": [2, 5, 31], "Gamma": 0.1, "Warmup": 4},
         {"sched": "multistep", "decay_milestones": [3, 6, 32], "decay_rate": 0.1}),
        ({"Kind": "exponential", "Gamma": 0.9, "Warmup": 1}, {"sched": "step", "decay_epochs": 1, "decay_rate": 0.9}),
        ({"Kind": "cosine", "Warmup": 5, "WarmupLR": 1e-4}, {"sched": "cosine", "warmup_lr": 1e-4}),
        ({"Kind": "reduce_lr_on_plateau", "Gamma": 0.1, "Patience": 1, "Warmup": 4},
         {"sched": "plateau", "patience_epochs": 1, "decay_rate": 0.1}),
    ):
        opt = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 5e-4)
        sched, _ = create_scheduler_v2(opt, num_epochs=epochs, warmup_epochs=options["Warmup"], **timms)
        if timms["sched"] != "plateau":
            sched.step(0)
        rates = [opt.param_groups[0]["lr"]]
        for epoch, metric in enumerate(metrics[:-1]):
            sched.step(epoch + 1, metric)
            rates.append(opt.param_groups[0]["lr"])
        runs.append({"options": {**options, "LR": 5e-4, "Epochs": epochs}, "metrics": metrics, "rates": rates})
    return runs


def losses():
    out = []
    for smoothing in (0.1, 0.5, 0.99):
        x = torch.tensor([-20, -3, -0.5, 0, 0.5, 3, 20] * 3, requires_grad=True)
        y = torch.tensor([0.0] * 7 + [1.0] * 7 + [0.3] * 7)
        soft = y * (1.0 - smoothing) + 0.5 * smoothing  # timm.data.mixup.mixup_target of several labels
        case = {"smoothing": smoothing, "x": x.tolist(), "y": y.tolist(), "soft": soft.tolist()}
        for name, f in (("focal", networks.focal), ("bce", F.binary_cross_entropy_with_logits)):
            x.grad = None
            loss = f(x, soft)
            loss.backward()
            case[name] = {"loss": loss.item(), "grad": x.grad.tolist()}
        out.append(case)
    return out


SIZE, BATCH, BATCHES, RATE, MOST = 40, 3, 4, 0.02, 40000


def run(name, options, frozen=None):
    net = networks.build("resnet18").double()
    state = {k: weight(k, tuple(v.shape)) for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    net.load_state_dict(state, strict=False)
    net.train()
    if frozen:
        freeze(net, frozen)
    ema = ModelEmaV3(net, decay=options["EMA"]) if "EMA" in options else None
    params = [p for p in net.parameters() if p.requires_grad]
    opt = torch.optim.SGD(params, RATE, momentum=0.9)
    every, norms = options.get("Accumulate", 1), []
    for i in range(BATCHES):
        x = torch.tensor(noise(f"x{i}", BATCH * 4 * SIZE * SIZE).astype(np.float32).reshape(BATCH, 4, SIZE, SIZE)).double()
        y = torch.tensor((noise(f"y{i}", BATCH * 28) > 0.7).astype(np.float64).reshape(BATCH, 28))
        loss, _ = networks.loss_of(net(x), y)
        loss.backward()
        if (i + 1) % every:
            continue
        if "ClipNorm" in options:
            norms.append(nn.utils.clip_grad_norm_(params, options["ClipNorm"]).item())
        opt.step()
        opt.zero_grad()
        if ema:
            ema.update(net)
    if norms:
        print(name, "norms", norms)
    last = ema.module if ema else net
    last.eval()
    with torch.no_grad():
        predicted = last(x)

    def moves(net):
        now = net.state_dict()
        return [short(digest(k, now[k] - state[k])) for k in sorted(state) if state[k].numel() <= MOST]

    return {"name": name, "options": options, "loss": loss.item(), "predict": short(predicted.ravel().tolist()),
            "live": moves(net), "weights": moves(last)}


def runs():
    stages = ["conv1", "bn1", "layer1", "layer2"]
    return [
        run("clip sums", {"ClipNorm": 12, "Accumulate": 2}),
        run("ema", {"EMA": 0.7, "Accumulate": 2}),
        run("all", {"Freeze": 3, "EMA": 0.9, "ClipNorm": 8}, stages),
    ]


if __name__ == "__main__":
    print("PyTorch", torch.__version__, "timm", timm.__version__)
    write(f"{sys.argv[1]}/options.json", {"warmups": warmups(), "losses": losses(), "runs": runs()})
