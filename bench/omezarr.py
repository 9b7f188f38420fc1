#!/usr/bin/env python3
"""Time of reading planes of Zarr arrays: hpaflow against zarr-python.

    bench/omezarr.py [--rounds N] [--size PIXELS]

A picture of cells with noise, 16 bits a pixel, in chunks of 512 x 512, compressed in each of the ways that OME-Zarr
has; read whole by both in turn from the disk's cache, zarr-python with one thread and with its defaults; medians of
the rounds count. Pixels are compared by the tests of data/zarr. Needs Python with numpy and zarr, and go.
"""
import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time

import peers

peers.enter("numpy", "zarr")
import numcodecs
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec

from cells import cells

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arrays(dir, a):
    """Writes the arrays, and gives their names."""
    shape, chunks = a.shape, (512, 512)
    packed = {"raw": None, "zlib": numcodecs.Zlib(5), "gzip": numcodecs.GZip(5), "zstd": numcodecs.Zstd(3)}
    for c in ("zstd", "lz4", "zlib"):
        for s, word in enumerate(("plain", "shuffle", "bits")):
            packed[f"blosc-{c}-{word}"] = numcodecs.Blosc(cname=c, clevel=5, shuffle=s)
    for name, p in packed.items():
        zarr.create_array(os.path.join(dir, name), shape=shape, chunks=chunks, dtype="u2", zarr_format=2, compressors=p,
                          chunk_key_encoding={"name": "v2", "separator": "/"})[...] = a
    zarr.create(store=os.path.join(dir, "shards-blosc-zstd-shuffle"), shape=shape, chunks=shape, dtype="u2", zarr_format=3, codecs=[ShardingCodec(
        chunk_shape=chunks, codecs=[BytesCodec(), BloscCodec(cname="zstd", clevel=5, shuffle="shuffle", typesize=2)],
        index_codecs=[BytesCodec(), Crc32cCodec()])])[...] = a
    return [*packed, "shards-blosc-zstd-shuffle"]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--size", type=int, default=2048)
    args = args.parse_args()
    a = cells(args.size)
    rates = {}
    with tempfile.TemporaryDirectory() as dir:
        test = os.path.join(dir, "zarr.test")
        dir = os.path.join(dir, "arrays")
        names = arrays(dir, a)
        subprocess.run(["go", "test", "-c", "-o", test, "./data/zarr"], cwd=ROOT, check=True)
        env = dict(os.environ, ZARRS=os.path.join(dir, "*"), GOMAXPROCS="1")
        for _ in range(args.rounds):
            for name in names:
                for who, threads in (("zarr, 1 thread", 1), ("zarr", None)):
                    numcodecs.blosc.set_nthreads(threads or os.cpu_count())
                    numcodecs.blosc.use_threads = threads is None
                    with zarr.config.set({"threading.max_workers": threads}):
                        z = zarr.open_array(os.path.join(dir, name), mode="r")
                        start = time.perf_counter()
                        z[...]
                        rates.setdefault((name, who), []).append(a.nbytes / 1e6 / (time.perf_counter() - start))
            out = subprocess.run([test, "-test.run", "^$", "-test.bench", "Plane", "-test.benchtime", "5x"], cwd=os.path.join(ROOT, "data/zarr"),
                                 env=env, check=True, capture_output=True, text=True).stdout
            for name, rate in re.findall(r"BenchmarkPlane/(\S+)\s.*?([\d.]+) MB/s", out):
                rates.setdefault((name, "hpaflow"), []).append(float(rate))
    print(f"MB/s of pixels, {args.size} x {args.size}, 16 bits, median of {args.rounds}")
    print(f"{'':28}{'hpaflow':>10}{'zarr, 1 thread':>16}{'zarr':>8}")
    for name in names:
        m = [statistics.median(rates[name, who]) for who in ("hpaflow", "zarr, 1 thread", "zarr")]
        print(f"{name:28}{m[0]:10.0f}{m[1]:16.0f}{m[2]:8.0f}   {m[0] / m[1]:.1f}x")


if __name__ == "__main__":
    main()
