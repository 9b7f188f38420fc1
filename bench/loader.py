#!/usr/bin/env python3
"""Images a second from files to augmented batches: hpaflow's shards against PyTorch's DataLoader with OpenCV.

    bench/loader.py [--samples N] [--seconds S] [--rounds N] [--size N] [--step-time D]

The best policy, at 512 pixels, 32 images a batch, as many workers as there are cores. The peer does the
same by augment_opencv.py, once from RGBY PNGs and once from arrays that need no decoding (.npy), and makes
float32 batches (N,C,H,W), normalised. Runs alternate; the best of the rounds counts. Files are in memory.
Batches is the same input in a Python process, as sinks/python hands it over, float32 and uint8.
With --step-time, also how busy a device of that step time is kept; "auto" is 1.25 times what the input
side takes. Needs venv.sh's Python, go, and ../shared for real images.
"""
import argparse
import glob
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import peers

peers.enter("cv2", "numpy", "PIL", "torch")
import cv2
import numpy as np
import torch

import augment_opencv
from rgby import ROOT, SAMPLES, lay_out

sys.path.insert(0, os.path.join(ROOT, "sinks", "python"))
from hpaflow import Batches  # noqa: E402

BATCH = 32
with open(os.path.join(ROOT, "data", "augment", "best.json")) as f:
    PAIRS = sum(json.load(f), [])


class Images(torch.utils.data.Dataset):
    def __init__(self, paths, size):
        self.paths, self.size = paths, size

    def __len__(self):
        return 1 << 30

    def __getitem__(self, i):
        cv2.setNumThreads(1)
        path = self.paths[i * 7919 % len(self.paths)]
        a = np.load(path) if path.endswith(".npy") else cv2.imread(path, cv2.IMREAD_UNCHANGED)
        a = augment_opencv.apply(a, PAIRS, self.size)
        return torch.from_numpy(np.ascontiguousarray(a.transpose(2, 0, 1))).float().sub_(127.5).div_(255)


def dataloader(paths, size, seconds, workers):
    """Images a second, and processor time an image."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time()
    batches = iter(torch.utils.data.DataLoader(Images(paths, size), BATCH, num_workers=workers))
    for _ in range(2 * workers):
        next(batches)
    start, n = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        next(batches)
        n += 1
    wall = time.monotonic() - start
    total = (n + 2 * workers) * BATCH
    del batches
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + time.process_time() - own
    return n * BATCH / wall, cpu / total


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--samples", type=int, default=512)
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--size", type=int, default=512)
    p.add_argument("--workers", type=int, default=os.cpu_count())
    p.add_argument("--step-time", help="such as 120ms, or auto")
    p.add_argument("--dir", help="where to work; a folder in memory is best")
    args = p.parse_args()
    if not os.path.exists(SAMPLES):
        print(f"skipped: {os.path.normpath(SAMPLES)} is not there, so there are no real images")
        return
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=args.dir) as folder:
        hpaflow = os.path.join(folder, "hpaflow")
        subprocess.run(["go", "build", "-o", hpaflow, "./cmd/hpaflow"], cwd=ROOT, check=True)
        source = lay_out(folder, args.samples)
        pngs, shards, arrays = (os.path.join(folder, name) for name in ("pngs", "shards", "arrays"))
        for config, out in (("rgby", pngs), ("rgby-shards", shards)):
            subprocess.run([hpaflow, "run", os.path.join(ROOT, "configs", config + ".flow"), "--progress", "none",
                            "--set", f"input={source}", "--set", f"output={out}"], check=True)
        os.makedirs(arrays)
        table = os.path.join(folder, "split.csv")
        paths = sorted(glob.glob(os.path.join(pngs, "*.png")))
        with open(table, "w") as f:
            f.write("Id,Target,Split\n")
            for i, path in enumerate(paths):
                name = os.path.basename(path)[: -len(".png")]
                f.write(f"{name},{i % 28},{'val' if i < BATCH else 'train'}\n")
                np.save(os.path.join(arrays, name + ".npy"), cv2.imread(path, cv2.IMREAD_UNCHANGED))

        def ours(step="0"):
            out = subprocess.run(
                [hpaflow, "bench", "input", os.path.join(ROOT, "configs", "train.flow"), "--json", "--step-time", step, "--measure", f"{args.seconds}s",
                 "--set", f"images={shards}", "--set", f"table={table}", "--set", f"size={args.size}", "--set", f"batch={BATCH}",
                 "--set", "policy=best", "--set", "epochs=100000"], check=True, capture_output=True, text=True).stdout
            return json.loads(out)

        def shard_run():
            r = ours()
            return r["input_images_per_s"], r["input_cpu_ms_per_image"] / 1e3

        def fed(dtype):
            before, own = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
            values = {"images": shards, "table": table, "size": args.size, "policy": "best"}
            n = passed = epoch = 0
            begun = time.monotonic() + 3
            with Batches(os.path.join(ROOT, "configs", "train.flow"), set=values, batch=BATCH, dtype=dtype, binary=hpaflow) as data:
                while time.monotonic() < begun + args.seconds:
                    data.set_epoch(epoch)
                    epoch += 1
                    for _, _, keys in data:
                        passed += len(keys)
                        if time.monotonic() > begun:
                            n += len(keys)
                        if time.monotonic() > begun + args.seconds:
                            break
                wall = time.monotonic() - begun
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return n / wall, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + time.process_time() - own) / passed

        runs = {
            "DataLoader, PNG": lambda: dataloader(paths, args.size, args.seconds, args.workers),
            "DataLoader, npy": lambda: dataloader(sorted(glob.glob(os.path.join(arrays, "*.npy"))), args.size, args.seconds, args.workers),
            "hpaflow, shards": shard_run,
            "Batches, float32": lambda: fed("float32"),
            "Batches, uint8": lambda: fed("uint8"),
        }
        best = {name: (0, float("inf")) for name in runs}
        for _ in range(args.rounds):
            for name, run in runs.items():
                speed, cpu = run()
                best[name] = (max(best[name][0], speed), min(best[name][1], cpu))
        print(f"{'':18}{'images/s':>10}{'CPU ms an image':>17}")
        for name, (speed, cpu) in best.items():
            print(f"{name:18}{speed:10.1f}{cpu * 1e3:17.2f}")
        us = best["hpaflow, shards"]
        for name in ("DataLoader, PNG", "DataLoader, npy"):
            print(f"against {name}: {us[0] / best[name][0]:.2f} times the images a second, {best[name][1] / us[1]:.2f} times less CPU; "
                  f"Batches in float32 {best['Batches, float32'][0] / best[name][0]:.2f} times")
        for dtype in ("float32", "uint8"):
            print(f"Batches in {dtype}: {best[f'Batches, {dtype}'][0] / us[0]:.2f} of the input's images a second")
        if args.step_time:
            step = args.step_time
            if step == "auto":
                step = f"{1.25 * BATCH / us[0] * 1e3:.1f}ms"
            r = ours(step)
            print(f"a device that takes {r['step_ms']:.1f} ms a batch is busy {100 * r['device_busy']:.2f}% of the time; "
                  f"just then the input side took {r['input_step_ms']:.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
