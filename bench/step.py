#!/usr/bin/env python3
"""A step of a network here: `hpaflow bench step` against PyTorch, ONNX Runtime and OpenVINO.

    step.py MODEL SIZE BATCH {train,infer} [--peers eager,channels_last,compiled] [--rounds 3] [--steps 3] [--hpaflow FILE]

Peers: eager, channels_last, compiled (torch.compile, channels_last), and to predict onnxruntime and openvino. Training is a
forward and a backward pass of the focal loss and a step of Adam, fused where it is. Networks are those of
models/cpu/testdata/networks.py. Medians of rounds, in turns, each in a process of its own: ms an image, and peak memory,
of a peer what comes beyond libraries and weights, of hpaflow all there is. Processors with `taskset -c 0,1 step.py ...`.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import peers

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "models", "cpu", "testdata"))
TRAIN = ("eager", "channels_last", "compiled")


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def session(kind, net, x):
    """A function that predicts by an ONNX file of the network."""
    import torch
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.onnx")
        torch.onnx.export(net, (x,), path, input_names=["x"], output_names=["y"], dynamo=False, opset_version=17)
        if kind == "onnxruntime":
            import onnxruntime
            s = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            return lambda: s.run(None, {"x": x.numpy()})
        import openvino
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})
        return lambda: compiled([x.numpy()])


def peer(kind, model, size, batch, mode, steps):
    """The median step of a peer."""
    import networks
    import torch
    torch.manual_seed(0)
    net = networks.build(model).train(mode == "train")
    x, y = torch.randn(batch, 4, size, size), (torch.rand(batch, networks.CLASSES) < .1).float()
    if kind in ("channels_last", "compiled"):
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    call = torch.compile(net) if kind == "compiled" else net
    if mode == "train":
        adam = torch.optim.Adam(net.parameters(), 1e-4, fused=kind != "eager")

        def step():
            adam.zero_grad(set_to_none=True)
            networks.loss_of(call(x), y)[0].backward()
            adam.step()
    elif kind in ("onnxruntime", "openvino"):
        step = session(kind, net, x)
    else:
        def step():
            with torch.inference_mode():
                call(x)
    before = peak()
    step(), step()
    took = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        took.append(time.perf_counter() - start)
    print(json.dumps([1e3 * statistics.median(took) / batch, peak() - before]))


def ours(a):
    p = subprocess.run([a.hpaflow, "bench", "step", "--model", a.model, "--size", str(a.size), "--batch", str(a.batch), "--mode", a.mode, "--steps", str(a.steps),
                        "--device", "cpu", "--json"], capture_output=True, text=True)
    if p.returncode:
        sys.exit(p.stderr)
    r = json.loads(p.stdout)
    return r["ms_per_image"], r["peak_rss_mb"]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("size", type=int)
    p.add_argument("batch", type=int)
    p.add_argument("mode", choices=("train", "infer"))
    p.add_argument("--peers", default=",".join(TRAIN))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--steps", type=int, default=3)
    p.add_argument("--hpaflow", default=os.path.join(HERE, "..", "hpaflow"))
    p.add_argument("--peer", help=argparse.SUPPRESS)
    a = p.parse_args()
    peers.enter("torch", "torchvision", "timm")
    if a.peer:
        return peer(a.peer, a.model, a.size, a.batch, a.mode, a.steps)
    results = {name: [] for name in ["hpaflow", *(k for k in a.peers.split(",") if a.mode == "infer" or k in TRAIN)]}
    for _ in range(a.rounds):
        for name, list_ in results.items():
            if name == "hpaflow":
                list_.append(ours(a))
                continue
            r = subprocess.run([sys.executable, __file__, a.model, str(a.size), str(a.batch), a.mode, "--steps", str(a.steps), "--peer", name], capture_output=True, text=True)
            if r.returncode:
                sys.exit(f"{name}: {r.stderr.strip().splitlines()[-1] if r.stderr.strip() else 'failed'}")
            list_.append(json.loads(r.stdout.splitlines()[-1]))
    base = statistics.median(ms for ms, _ in results["hpaflow"])
    print(f"{a.model}, {a.size}x{a.size} pixels, {a.batch} a batch, {a.mode}")
    for name, list_ in results.items():
        ms, mb = (statistics.median(v[i] for v in list_) for i in range(2))
        print(f"  {name:14} {ms:9.1f} ms an image  {ms / base:5.2f}x  {mb:7.0f} MB")


if __name__ == "__main__":
    main()
