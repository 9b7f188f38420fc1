#!/usr/bin/env python3
"""Time of hashing, resizing and augmenting: hpaflow against ImageHash, Pillow and OpenCV.

    bench/pixels.py [--rounds N]

All on one thread, on decoded 512x512 images, in turn; the least time counts. It is processor time, but
for hpaflow's single operations: wall time, of runs so short that other work on the machine misses some.
Hashes of the real images are compared. Needs venv.sh's Python, go, and ../shared for real images.
"""
import argparse
import glob
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

import peers

peers.enter("cv2", "imagehash", "numpy", "PIL", "scipy")
import cv2
import imagehash
import numpy as np
from PIL import Image

import augment_opencv

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PNGS = os.path.join(ROOT, "..", "shared", "data", "kaggle_png")
FILTERS = {"lanczos": Image.LANCZOS, "bicubic": Image.BICUBIC, "triangle": Image.BILINEAR}
SIZES = (8, 32, 256, 400, 1024)


def peer_work(images):
    """The peers' work, by the name of hpaflow's benchmark; each does its work a number of times."""
    four = np.dstack([np.asarray(im) for im in images[:4]])
    plane = images[0]
    turn = cv2.getRotationMatrix2D((256, 256), 20, 1)
    at = (np.arange(512) * .97).astype(np.float32)
    x, y = np.meshgrid(at, at)
    line = np.zeros((5, 5), np.uint8)
    cv2.line(line, (0, 1), (4, 3), 1, thickness=1)
    line = line / line.sum()
    table = np.random.permutation(256).astype(np.uint8)
    with open(os.path.join(ROOT, "data", "augment", "best.json")) as f:
        pairs = sum(json.load(f), [])
    border = dict(borderMode=cv2.BORDER_REFLECT_101)
    work = {
        "Real": lambda: [(imagehash.average_hash(im), imagehash.phash(im)) for im in images[:20]] and 20,
        "Packed/warp": lambda: cv2.warpAffine(four, turn, (512, 512), flags=cv2.INTER_LINEAR, **border),
        "Packed/remap": lambda: cv2.remap(four, x, y, cv2.INTER_LINEAR, **border),
        "Packed/blur3": lambda: cv2.blur(four, (3, 3)),
        "Packed/blur5": lambda: cv2.blur(four, (5, 5)),
        "Packed/motion": lambda: cv2.filter2D(four, -1, line),
        "Packed/lookup": lambda: cv2.LUT(four, table),
        "Packed/mean": lambda: np.mean(four),
        "Packed/resize": lambda: cv2.resize(cv2.resize(four, (580, 580)), (512, 512)),
        "Best": lambda: random.seed(1) or [augment_opencv.apply(four, pairs, 512) for _ in range(200)] and 200,
    }
    for name, f in FILTERS.items():
        for size in SIZES:
            work[f"Packed/{name}-{size}"] = lambda f=f, size=size: plane.resize((size, size), f)
    return work


def time_peer(do):
    start, n = time.process_time(), 0
    while n == 0 or time.process_time() - start < .05:
        done = do()
        n += done if isinstance(done, int) else 1
    return (time.process_time() - start) / n


def benchmark(binary, env, *flags):
    return subprocess.run([binary, "-test.run", "^$", "-test.bench", ".", "-test.cpu", "1", *flags],
                          env=env, check=True, capture_output=True, text=True).stdout


def time_ours(binary, env):
    """Benchmarks' names and times; each name comes ten times."""
    out = benchmark(binary, env, "-test.benchtime", "2ms", "-test.count", "10")
    return [(m[1], float(m[2]) / 1e9) for m in re.finditer(r"^Benchmark(\S+)\s+\d+\s+([0-9.]+) ns/op", out, re.M)]


def time_augment(binary, env):
    """An augmentation is another one each time: what 2,000 of them take, beside what is the same for any number."""
    took = []
    for n in (200, 2200):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        benchmark(binary, env, "-test.benchtime", f"{n}x")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [("Best", (took[1] - took[0]) / 2000)]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=5)
    args = p.parse_args()
    paths = sorted(glob.glob(os.path.join(PNGS, "*.png")))
    if not paths:
        print(f"skipped: there are no images in {os.path.normpath(PNGS)}")
        return
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, PNGS=os.path.abspath(PNGS), HASHES=os.path.join(folder, "hashes.txt"))
        with open(env["HASHES"], "w") as f:
            script = os.path.join(ROOT, "data", "imagehash", "testdata", "hashes.py")
            subprocess.run([sys.executable, script, *paths], check=True, stdout=f)
        binaries = {package: os.path.join(folder, package) for package in ("pixel", "augment", "imagehash")}
        for package, binary in binaries.items():
            subprocess.run(["go", "test", "-c", "-o", binary, "./data/" + package], cwd=ROOT, check=True)
        out = subprocess.run([binaries["imagehash"], "-test.run", "TestReal", "-test.v"], env=env, check=True, capture_output=True, text=True).stdout
        print(re.search(r"\d+ of \d+ images .*", out)[0])
        images = [Image.open(path) for path in paths]
        for im in images:
            im.load()
        ours, theirs = {}, {}
        for _ in range(args.rounds):
            for package, binary in binaries.items():
                for name, took in (time_augment if package == "augment" else time_ours)(binary, env):
                    ours[name] = min(ours.get(name, took), took)
            for name, do in peer_work(images).items():
                took = time_peer(do)
                theirs[name] = min(theirs.get(name, took), took)
    print(f"{'':22}{'peer ms':>9}{'ours ms':>9}{'times':>7}")
    for name, took in theirs.items():
        print(f"{name:22}{took * 1e3:9.3f}{ours[name] * 1e3:9.3f}{took / ours[name]:7.1f}")


if __name__ == "__main__":
    main()
