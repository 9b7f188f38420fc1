#!/usr/bin/python3
"""Holds a training step of any size against PyTorch, both ways.

    check.py MODEL SIZE BATCH [DIR]

Run in the folder of package models, with Go at hand. Makes a network with PyTorch's initial weights and a batch of
noise, computes in float64 the logits in evaluation and in training, the loss, every gradient and the statistics of batch
norm, and lets the test TestAgainstDump compare (DIR keeps the files). Then PyTorch reads the safetensors file that the
test wrote and must give its logits. What PyTorch's own float32 is off by is measured beside: in deep networks with random
weights a ReLU whose input lies within rounding of zero moves gradients by more than a thousandth, whoever computes them.
The test allows the larger of a thousandth and eight times that.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import numpy as np
import torch

import networks


def step(net, x, y):
    """One training step: named arrays, as the test reads them."""
    net.zero_grad()
    net.train()
    loss, logits = networks.loss_of(net(x), y)
    loss.backward()
    out = {"targets": y, "logits": logits, "loss": loss}
    out.update({f"grad/{k}": p.grad for k, p in net.named_parameters()})
    out.update({f"stat/{k}": v for k, v in net.named_buffers() if "running" in k})
    return {k: v.detach().double().clone() for k, v in out.items()}


def read_safetensors(path):
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(size))
        values = f.read()
    header.pop("__metadata__", None)
    return {
        k: torch.from_numpy(np.frombuffer(values[slice(*h["data_offsets"])], "<f4").reshape(h["shape"]).copy())
        for k, h in header.items()
    }


def off(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def main(model, size, batch, folder):
    torch.manual_seed(1)
    net = networks.build(model)
    x = torch.randn(int(batch), 4, int(size), int(size))
    y = (torch.rand(int(batch), networks.CLASSES) < 0.1).float()
    state = {k: v.clone() for k, v in net.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, f"{folder}/weights.pth")
    np.save(f"{folder}/input.npy", x.numpy())
    single = step(net, x, y)
    net.load_state_dict(state)
    net = net.double()
    with torch.no_grad():
        evaluated = net.eval()(x.double())
    np.save(f"{folder}/eval.npy", evaluated.float().numpy())
    double = step(net, x.double(), y.double())
    np.savez(f"{folder}/train.npz", **{k: v.float().numpy() for k, v in double.items()})
    grads = sorted((((single[k] - v).norm() / v.norm()).item(), k) for k, v in double.items()
                   if k.startswith("grad/") and not k.endswith("attention.bias"))
    logits_off = off(single["logits"], double["logits"])
    print(f"PyTorch in float32: logits off by {logits_off:.1e}, "
          f"loss {abs(single['loss'] / double['loss'] - 1):.1e}, gradients {grads[len(grads) // 2][0]:.1e} (median), {grads[-1][0]:.1e} ({grads[-1][1]})",
          flush=True)
    env = {**os.environ, "HPAFLOW_DUMP": folder, "HPAFLOW_MODEL": model, "HPAFLOW_ROUNDING": f"{logits_off} {grads[-1][0]}"}
    code = subprocess.run(["go", "test", "-count=1", "-v", "-run", "^TestAgainstDump$", "."], env=env).returncode
    net = networks.build(model)
    missing, extra = net.load_state_dict(read_safetensors(f"{folder}/ours.safetensors"), strict=False)
    assert not extra and all(k.endswith("num_batches_tracked") for k in missing), (missing, extra)
    with torch.no_grad():
        error = off(net.double().eval()(x.double()), evaluated)
    print(f"PyTorch on our safetensors: logits off by {error:.1e}")
    return code or error > 1e-6


if __name__ == "__main__":
    if len(sys.argv) == 5:
        sys.exit(main(*sys.argv[1:]))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(*sys.argv[1:], folder))
