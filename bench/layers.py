#!/usr/bin/env python3
"""Convolutions of a network here, one by one: `hpaflow bench step --layers` against OpenBLAS and oneDNN.

    layers.py MODEL SIZE BATCH [--rounds 5] [--hpaflow FILE]

A convolution of one group stands beside the matrix product of its sizes, weights by unfolded input of all images, as numpy
does it (numpy.show_config() says by which library); one of several groups beside PyTorch's own, the best of NCHW and NHWC.
What is in minimal form (3x3 at stride 1, 1x7 and 7x1) takes fewer products than it counts, and stands far above. In turns,
medians of rounds: GFLOP/s, and ours as a share of the peer's. Shapes are those of models/cpu/testdata/networks.py.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time

import peers

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "models", "cpu", "testdata"))
LASTING = .05  # seconds that a peer's layer is repeated for, in a round


def convolutions(model, size, batch):
    """The convolutions by name, with the shapes of what they read and give."""
    import networks
    import torch
    net = networks.build(model).eval()
    found = {}

    def note(name):
        def hook(conv, given, result):
            found[name] = conv, tuple(given[0].shape), tuple(result.shape)
        return hook

    for name, m in net.named_modules():
        if isinstance(m, torch.nn.Conv2d):
            m.register_forward_hook(note(name))
    with torch.inference_mode():
        net(torch.randn(batch, 4, size, size))
    return found


def flops(conv, result):
    n, k, h, w = result
    return 2 * n * k * h * w * conv.in_channels // conv.groups * math.prod(conv.kernel_size)


def rate(work, call):
    """GFLOP/s of a call, from the median time."""
    call()
    took, end = [], time.perf_counter() + LASTING
    while not took or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return work / statistics.median(took) / 1e9


def product(conv, result):
    import numpy as np
    n, k, h, w = result
    depth = conv.in_channels * math.prod(conv.kernel_size)
    a, b, c = np.random.rand(k, depth).astype(np.float32), np.random.rand(depth, n * h * w).astype(np.float32), np.empty((k, n * h * w), np.float32)
    return rate(flops(conv, result), lambda: np.dot(a, b, out=c))


def grouped(conv, given, result):
    import torch
    best = 0
    for form in (torch.contiguous_format, torch.channels_last):
        own, x = conv.to(memory_format=form), torch.randn(given).contiguous(memory_format=form)
        with torch.inference_mode():
            best = max(best, rate(flops(conv, result), lambda: own(x)))
    return best


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("size", type=int)
    p.add_argument("batch", type=int)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--hpaflow", default=os.path.join(HERE, "..", "hpaflow"))
    a = p.parse_args()
    peers.enter("torch", "torchvision", "numpy")
    os.environ.pop("OPENBLAS_CORETYPE", None)  # which Debian sets on some machines, to an older one
    layers = convolutions(a.model, a.size, a.batch)
    # One of several that have the same shape is enough.
    alike = {}
    for name, (conv, given, result) in layers.items():
        alike.setdefault((given, result, conv.kernel_size, conv.stride, conv.groups), []).append(name)
    ours, theirs = {}, {}
    for _ in range(a.rounds):
        said = subprocess.run([a.hpaflow, "bench", "step", "--model", a.model, "--size", str(a.size), "--batch", str(a.batch), "--mode", "infer", "--steps", "5",
                               "--device", "cpu", "--layers", "--json"], capture_output=True, text=True)
        if said.returncode:
            sys.exit(said.stderr)
        for layer in json.loads(said.stdout)["layers"]:
            ours.setdefault(layer["name"].removeprefix("conv cnn."), []).append(layer["gflops"])
        for shape, names in alike.items():
            conv, given, result = layers[names[0]]
            theirs.setdefault(shape, []).append(product(conv, result) if conv.groups == 1 else grouped(conv, given, result))
    shares, left = {}, []
    print(f"{a.model}, {a.size}x{a.size} pixels, {a.batch} a batch: GFLOP/s here, the peer's, and the share")
    for shape, names in alike.items():
        conv, given, result = layers[names[0]]
        own = [v for n in names for v in ours.get(n.removeprefix("cnn."), [])]
        if not own:  # part of another layer here, as what squeezes and excites
            left.append(names[0])
            continue
        mine, peer = statistics.median(own), statistics.median(theirs[shape])
        kind = f"{conv.kernel_size[0]}x{conv.kernel_size[1]}" + (f" stride {conv.stride[0]}" if max(conv.stride) > 1 else "") + (f", {conv.groups} groups" if conv.groups > 1 else "")
        shares.setdefault(kind, []).append(mine / peer)
        print(f"  {kind:20} {conv.in_channels:5}>{conv.out_channels:<5} {result[2]:3}x{result[3]:<3} {mine:7.1f} {peer:7.1f}  {mine / peer:5.2f}   {names[0]}")
    if left:
        print("  not timed by themselves here:", ", ".join(left))
    for kind, list_ in shares.items():
        print(f"  {kind:20} {len(list_):3} shapes, shares {min(list_):.2f} to {max(list_):.2f}, geometric mean {statistics.geometric_mean(list_):.2f}")


if __name__ == "__main__":
    main()
