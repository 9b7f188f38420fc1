#!/usr/bin/env python3
"""Time of decoding the Human Protein Atlas's JPEG files: hpaflow against Pillow and Go's image/jpeg.

    bench/jpeg.py [--rounds N]

All on one thread, from memory, in turn; the least of ten times a round counts. Pillow's is processor time,
hpaflow's and Go's are wall time; image/jpeg leaves chroma as it is stored. Pixels are compared to Pillow's. Needs
venv.sh's Python, go, and ../shared for real files.
"""
import argparse
import glob
import io
import os
import re
import subprocess
import tempfile
import time
import zlib

import peers

peers.enter("numpy", "PIL")
import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
FILES = os.path.join(os.path.dirname(ROOT), "shared", "data", "hpa_v18", "*", "*.jpg")


def golden(path):
    """A line of golden.txt, as data/codec/jpeg/testdata/make.py writes it."""
    pixels = np.asarray(Image.open(path))
    sums = [format(zlib.crc32(np.ascontiguousarray(p)), "08x") for p in np.moveaxis(np.atleast_3d(pixels), -1, 0)]
    return " ".join([path, str(pixels.shape[1]), str(pixels.shape[0]), *sums]) + "\n"


def time_pillow(content):
    start = time.process_time()
    Image.open(io.BytesIO(content)).load()
    return time.process_time() - start


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=5)
    args = p.parse_args()
    paths = sorted(glob.glob(FILES))
    if not paths:
        print(f"skipped: there are no files {FILES}")
        return
    best = {}

    def note(name, took):
        best[name] = min(best.get(name, took), took)

    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "jpeg")
        subprocess.run(["go", "test", "-c", "-o", binary, "./data/codec/jpeg"], cwd=ROOT, check=True)
        env = dict(os.environ, JPEGS=FILES, GOLDEN=os.path.join(folder, "golden.txt"))
        with open(env["GOLDEN"], "w") as f:
            f.writelines(golden(path) for path in paths)
        subprocess.run([binary, "-test.run", "TestReal"], env=env, check=True)
        print(f"the pixels of {len(paths)} files are Pillow's")
        contents = [open(path, "rb").read() for path in paths]
        for _ in range(args.rounds):
            out = subprocess.run([binary, "-test.run", "^$", "-test.bench", "Decode", "-test.benchtime", "1x", "-test.count", "10", "-test.cpu", "1"],
                                 env=env, check=True, capture_output=True, text=True).stdout
            for m in re.finditer(r"^BenchmarkDecode/(\S+)\s+\d+\s+([0-9.]+) ns/op", out, re.M):
                note(m[1], float(m[2]) / 1e9)
            for path, content in zip(paths, contents):
                for _ in range(10):
                    note("pillow/" + os.path.basename(path), time_pillow(content))
    print(f"{'':26}{'pillow ms':>10}{'image/jpeg':>11}{'ours ms':>9}{'grey ms':>9}{'x pillow':>10}{'x image/jpeg':>14}")
    for name in map(os.path.basename, paths):
        pillow, standard, ours, grey = (best[f"{who}/{name}"] * 1e3 for who in ("pillow", "image_jpeg", "ours", "grey"))
        print(f"{name:26}{pillow:10.1f}{standard:11.1f}{ours:9.1f}{grey:9.1f}{pillow / ours:10.1f}{standard / ours:14.1f}")


if __name__ == "__main__":
    main()
