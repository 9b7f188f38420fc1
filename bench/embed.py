#!/usr/bin/env python3
"""SubCell's network over images of cells: configs/embed.flow against PyTorch, ONNX Runtime and OpenVINO.

    embed.py [--images 8] [--batch 4] [--peers eager,compiled,onnxruntime,openvino] [--rounds 3] [--hpaflow FILE]

Each computes the full network (12 layers, 448 px, two classifiers) with the same random weights on all cores. A peer gets
batches that are in memory; hpaflow decodes PNGs and writes Parquet. What is printed for hpaflow is the time of the images
beyond the first two, so that reading the weights, which the peers' times leave out as well, does not count; its peak memory; and
how far its embeddings are from PyTorch's. A peer computes as many images in a round. Medians of rounds, in turns.
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
sys.path.insert(0, os.path.join(HERE, "..", "models", "cpu", "transformer", "testdata"))

SHAPE = dict(image=448, patch=16, hidden=768, inner=3072, layers=12, heads=12, pool_inner=512, pool_heads=2, classes=31, channels=4, classifiers=2)


def model(folder):
    """The network as a module of PyTorch, with the weights of a folder."""
    import golden
    import torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            w = torch.load(os.path.join(folder, "encoder.pth"))
            for k in range(SHAPE["classifiers"]):
                w |= {f"classifiers.{k}.{n}": t for n, t in torch.load(os.path.join(folder, f"classifier_s{k}.pth")).items()}
            self.names = {n: n.replace(".", "_") for n in w}
            for n, t in w.items():
                self.register_buffer(self.names[n], t)

        def forward(self, x):
            return golden.network(SHAPE, {n: getattr(self, a) for n, a in self.names.items()}, x)

    return Net().eval()


def peer(kind, folder, batch, steps):
    """ms an image, the mean of some steps after one to warm up."""
    import golden
    import numpy as np

    x = np.stack([golden.image(f"cell{i}", 4, 448, 16) for i in range(batch)]).astype(np.float32)
    if kind in ("eager", "compiled"):
        import torch
        net, given = model(folder), torch.from_numpy(x)
        net = torch.compile(net) if kind == "compiled" else net

        def run():
            with torch.inference_mode():
                return net(given)[0].numpy()
    else:
        import torch
        file = os.path.join(folder, f"network{batch}.onnx")
        if not os.path.exists(file):
            torch.onnx.export(model(folder), (torch.from_numpy(x),), file, dynamo=False, opset_version=20, input_names=["x"], output_names=["e", "p", "a"])
        if kind == "onnxruntime":
            import onnxruntime
            session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

            def run():
                return session.run(["e"], {"x": x})[0]
        else:
            import openvino
            compiled = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})

            def run():
                return compiled([x])[0]
    result = run()
    start = time.perf_counter()
    for _ in range(steps):
        run()
    took = time.perf_counter() - start
    np.save(os.path.join(folder, kind + ".npy"), result)
    print(json.dumps(dict(ms=1e3 * took / steps / batch, mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))


def ours(hpaflow, folder, images, out):
    """Seconds and peak MiB of a run over so many images, and what its report says of the network's stage."""
    report = out + ".json"
    start = time.perf_counter()
    p = subprocess.Popen([hpaflow, "run", os.path.join(HERE, "..", "configs", "embed.flow"), "--progress", "none", "--report", report, "--set", "weights=" + folder,
                          "--set", "input=" + images, "--set", "out=" + out], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    if status:
        sys.exit("hpaflow failed")
    with open(report) as f:
        stage = next(s for s in json.load(f)["stages"] if s["name"] == "embed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, stage


def make(folder, temp, counts):
    """Weights, unless they are in the folder, and folders of so many images in temp."""
    import golden
    from PIL import Image
    if not os.path.exists(os.path.join(folder, "encoder.pth")):
        os.makedirs(folder, exist_ok=True)
        golden.full(folder, 448, 12)
    for count in counts:
        inputs = os.path.join(temp, f"in{count}")
        os.makedirs(inputs)
        for i in range(count):
            planes = golden.image(f"cell{i}", 4, 448, 16)
            for c, name in enumerate(("red", "yellow", "blue", "green")):
                Image.fromarray(planes[c]).save(os.path.join(inputs, f"cell{i:03}_{name}.png"))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--images", type=int, default=8)
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--steps", type=int, help=argparse.SUPPRESS)
    p.add_argument("--peers", default="eager,compiled,onnxruntime,openvino")
    p.add_argument("--hpaflow", default=os.path.join(HERE, "..", "hpaflow"))
    p.add_argument("--dir", help="folder of weights and images, made if it is not there; else a temporary one")
    p.add_argument("--peer", help=argparse.SUPPRESS)
    p.add_argument("--make", help=argparse.SUPPRESS)
    a = p.parse_args()
    needs = [w for k in ("onnxruntime", "openvino") if k in a.peers for w in (k, "onnx")]
    peers.enter("numpy", "torch", "PIL", "pyarrow", *needs)
    if a.peer:
        return peer(a.peer, a.dir, a.batch, a.steps)
    if a.make:
        return make(a.dir, a.make, (2, 2 + a.images))
    with tempfile.TemporaryDirectory() as temp:
        folder = a.dir or temp
        # Not here: the peak memory of a process counts that of the one it was started from.
        subprocess.run([sys.executable, os.path.abspath(__file__), "--make", temp, "--dir", folder, "--images", str(a.images)], check=True)
        inputs = {count: os.path.join(temp, f"in{count}") for count in (2, 2 + a.images)}
        times = {k: [] for k in ["hpaflow"] + a.peers.split(",")}
        memory, starved = {}, 0
        for n in range(a.rounds):
            few, _, before = ours(a.hpaflow, folder, inputs[2], os.path.join(temp, f"few{n}.parquet"))
            many, memory["hpaflow"], stage = ours(a.hpaflow, folder, inputs[2 + a.images], os.path.join(temp, f"many{n}.parquet"))
            times["hpaflow"].append(1e3 * (many - few) / a.images)
            starved = max(0, (stage["starved_s"] - before["starved_s"]) / (many - few) / stage["workers"])
            for kind in a.peers.split(","):
                said = subprocess.run([sys.executable, os.path.abspath(__file__), "--peer", kind, "--dir", folder, "--batch", str(a.batch), "--steps", str(max(1, a.images // a.batch))],
                                      capture_output=True, text=True)
                if said.returncode:
                    print(f"{kind}: {said.stderr.strip().splitlines()[-1]}")
                    continue
                said = json.loads(said.stdout.splitlines()[-1])
                times[kind].append(said["ms"])
                memory[kind] = said["mb"]
        for kind, list_ in times.items():
            if list_:
                print(f"{kind:12} {statistics.median(list_):8.0f} ms an image {memory[kind]:6.0f} MiB   ({', '.join(f'{v:.0f}' for v in list_)})")
        best = min(statistics.median(v) for k, v in times.items() if k != "hpaflow" and v)
        print(f"hpaflow takes {statistics.median(times['hpaflow']) / best:.2f} of the best peer's time; its network waited for input {starved:.1%} of it")
        import numpy as np
        import pyarrow.parquet
        t = pyarrow.parquet.read_table(os.path.join(temp, "many0.parquet"))
        got = np.stack([t[f"feat{i:04}"].to_numpy() for i in range(1536)], 1)[:a.batch]
        for kind in a.peers.split(","):
            file = os.path.join(folder, kind + ".npy")
            if os.path.exists(file):
                want = np.load(file)
                print(f"embeddings are {np.linalg.norm(got - want) / np.linalg.norm(want):.1e} of their norm from {kind}'s")


if __name__ == "__main__":
    main()
