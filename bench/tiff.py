#!/usr/bin/env python3
"""Time of decoding TIFF: hpaflow against tifffile with imagecodecs, OpenCV's libtiff, and Pillow's.

    bench/tiff.py [--rounds N] [--size PIXELS]

Pictures of cells with noise, 16 bits a pixel, in strips of 64 rows as libtiff cuts them and in tiles of 256; each
decoded by all in turn, on one thread, from the disk's cache (tifffile also from memory); medians of the rounds count.
Arrays are compared to tifffile's. Needs Python with numpy, tifffile, imagecodecs, opencv-python-headless and Pillow,
and go.
"""
import argparse
import io
import os
import re
import statistics
import subprocess
import tempfile
import time

import peers

peers.enter("numpy", "tifffile", "imagecodecs", "cv2", "PIL")
import cv2
import tifffile
from PIL import Image

from cells import cells

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--size", type=int, default=2048)
    args = args.parse_args()
    cv2.setNumThreads(1)
    a = cells(args.size)
    times = {}

    def note(who, name, took):
        times.setdefault((who, name), []).append(took)

    def clock(who, name, do):
        start = time.perf_counter()
        out = do()
        note(who, name, time.perf_counter() - start)
        return out

    with tempfile.TemporaryDirectory() as folder:
        names = []
        for compression in (None, "packbits", "lzw", "deflate", "zstd", "lzma"):
            for predictor in (False, True):
                if predictor and compression in (None, "packbits"):
                    continue
                for layout in ("strips", "tiles"):
                    name = f"{compression}{'-predictor' if predictor else ''}-{layout}.tif".lower()
                    tifffile.imwrite(os.path.join(folder, name), a, compression=compression, predictor=predictor or None, photometric="minisblack",
                                     **({"rowsperstrip": 64} if layout == "strips" else {"tile": (256, 256)}))
                    names.append(name)
        binary = os.path.join(folder, "tiff.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./data/codec/tiff"], cwd=ROOT, check=True)
        env = dict(os.environ, TIFFS=os.path.join(folder, "*.tif"))
        for _ in range(args.rounds):
            out = subprocess.run([binary, "-test.run", "^$", "-test.bench", "Decode", "-test.benchtime", "5x", "-test.cpu", "1"],
                                 env=env, check=True, capture_output=True, text=True).stdout
            for m in re.finditer(r"^BenchmarkDecode/(memory|disk)/(\S+)\s+\d+\s+([0-9.]+) ns/op.*?(\d+) B/op", out, re.M):
                note("scratch", m[2], int(m[4]) / 2**20)
            for m in re.finditer(r"^BenchmarkDecode/(memory|disk)/(\S+)\s+\d+\s+([0-9.]+) ns/op", out, re.M):
                note(m[1], m[2], float(m[3]) / 1e9)
            for name in names:
                path = os.path.join(folder, name)
                content = open(path, "rb").read()
                for _ in range(3):
                    clock("tifffile", name, lambda: tifffile.imread(path, maxworkers=1))
                    clock("tifffile memory", name, lambda: tifffile.imread(io.BytesIO(content), maxworkers=1))
                    if not name.startswith("zstd") or cv2.haveImageReader(path):
                        got = clock("opencv", name, lambda: cv2.imread(path, cv2.IMREAD_UNCHANGED))
                        if got is None:
                            times.pop(("opencv", name))
                    try:
                        clock("pillow", name, lambda: Image.open(path).load())
                    except OSError:
                        pass
        ms = lambda who, name: statistics.median(times[who, name]) * 1e3 if (who, name) in times else float("nan")
        print(f"{'ms':30}{'tifffile':>9}{'memory':>8}{'opencv':>8}{'pillow':>8}{'ours':>8}{'memory':>8}{'x tifffile':>12}{'x opencv':>10}")
        for name in names:
            t, tm, o, p, d, m = (ms(who, name) for who in ("tifffile", "tifffile memory", "opencv", "pillow", "disk", "memory"))
            print(f"{name:30}{t:9.1f}{tm:8.1f}{o:8.1f}{p:8.1f}{d:8.1f}{m:8.1f}{t / d:12.2f}{o / d:10.2f}")


if __name__ == "__main__":
    main()
