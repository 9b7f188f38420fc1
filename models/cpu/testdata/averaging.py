#!/usr/bin/python3
"""Golden numbers for averaged weights, recomputed statistics and test-time augmentation, by PyTorch and numpy.

    averaging.py DIR      writes averaging.json

Weights and images are drawn from the hash in golden.py. The network is
resnet18 in float64, at 64 px.
"""
import json
import sys

import numpy as np
import torch
import torch.nn as nn

import networks
from golden import digest, noise, short, weight

SIZE, BATCHES, CHECKPOINTS = 64, (3, 3, 2), 4


def images(name, n):
    return torch.tensor(noise(name, n * 4 * SIZE * SIZE).astype(np.float32).reshape(n, 4, SIZE, SIZE)).double()


def checkpoint(shapes, k):
    """Weights as golden.py's, moved by an eighth of noise in each checkpoint."""
    move = {n: torch.tensor((noise(f"{n}@{k}", int(np.prod(s))) / 8).astype(np.float32).reshape(s)) for n, s in shapes.items()}
    return {n: weight(n, s) + move[n] for n, s in shapes.items()}


net = networks.ResNet("resnet18").double()
shapes = {n: tuple(t.shape) for n, t in net.state_dict().items() if not n.endswith("num_batches_tracked")}
mean = None
for i in range(CHECKPOINTS):
    w = {n: t.double() for n, t in checkpoint(shapes, i).items()}
    mean = w if mean is None else {n: mean[n] * (1 - 1 / (i + 1)) + w[n] / (i + 1) for n in mean}
out = {"average": {n: short(digest(n, mean[n])) for n in mean}}

# Statistics: PyTorch's, with a momentum of b/(n+b), against sums over what each layer was given.
net.load_state_dict(mean, strict=False)
norms = {n: m for n, m in net.named_modules() if isinstance(m, nn.BatchNorm2d)}
given = {n: [] for n in norms}
for n, m in norms.items():
    m.reset_running_stats()
    m.register_forward_pre_hook(lambda module, x, n=n: given[n].append(x[0].detach().numpy()))
net.train()
seen = 0
with torch.no_grad():
    for k, b in enumerate(BATCHES):
        for m in norms.values():
            m.momentum = b / (seen + b)
        net(images(f"batch{k}", b))
        seen += b
for n, m in norms.items():
    shares = [len(x) / seen for x in given[n]]
    oracle_mean = sum(s * x.mean((0, 2, 3)) for s, x in zip(shares, given[n]))
    oracle_var = sum(s * x.var((0, 2, 3)) * (x[:, 0].size / (x[:, 0].size - 1)) for s, x in zip(shares, given[n]))
    assert np.allclose(m.running_mean.numpy(), oracle_mean, 1e-9, 1e-12) and np.allclose(m.running_var.numpy(), oracle_var, 1e-9), n
    m._forward_pre_hooks.clear()
out["statistics"] = {n: short(digest(n, t)) for n, t in net.state_dict().items() if "running" in n}

# Views, as numpy turns images. Logits are made small, so that probabilities say something.
net.load_state_dict({n: t / 64 if n.startswith("last_linear") else t for n, t in mean.items()}, strict=False)
net.eval()
x = images("tta", 2).numpy()
views = []
for y in (x, x.transpose(0, 1, 3, 2)):
    views += [y, y[:, :, :, ::-1], y[:, :, ::-1], y[:, :, ::-1, ::-1]]
with torch.no_grad():
    p = [net(torch.tensor(v.copy())).sigmoid().numpy() for v in views]
for n in (1, 4, 8):
    out[f"tta{n}"] = short(np.mean(p[:n], axis=0).ravel().tolist())
out["views"] = [short(v[0, 0, :2, :3].ravel().tolist()) for v in views]
with open(f"{sys.argv[1]}/averaging.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
