#!/usr/bin/env python3
"""CPU time of RGBY conversion: hpaflow against OpenCV in Python, on the same files.

    bench/rgby.py [--samples N] [--rounds N] [--workers N] [--dir DIR]

Lays the real samples out under N Ids (hard links, so that all is read from memory), runs the peer and
the two flows in turn, and prints the CPU seconds, user and system, of each whole process tree, a sample.
Results of the first samples are compared to the peer's. Needs venv.sh's Python, go, and ../shared.
"""
import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import peers

peers.enter("cv2", "numpy", "PIL")
import cv2
import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SAMPLES = os.path.join(ROOT, "..", "shared", "tools", "real_samples.py")
COLOURS = ("red", "green", "blue", "yellow")


def lay_out(folder, count):
    """Makes count samples of the real ones, under new Ids."""
    real = os.path.join(folder, "real")
    subprocess.run([sys.executable, SAMPLES, "kaggle", real], check=True)
    ids = sorted(n[: -len("_green.png")] for n in os.listdir(real) if n.endswith("_green.png"))
    many = os.path.join(folder, "input")
    os.makedirs(many)
    for i in range(count):
        sample = ids[i % len(ids)]
        for c in COLOURS:
            os.link(os.path.join(real, f"{sample}_{c}.png"), os.path.join(many, f"{i:06d}-{sample}_{c}.png"))
    return many


def measure(command):
    """Runs a command; gives CPU and wall seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def size(folder):
    return sum(e.stat().st_size for e in os.scandir(folder))


def compare(peer, ours):
    names = sorted(os.listdir(peer))
    if names != sorted(os.listdir(ours)):
        sys.exit("the peer and hpaflow wrote different samples")
    for name in names[:48]:
        a, b = (cv2.imread(os.path.join(d, name), cv2.IMREAD_UNCHANGED) for d in (peer, ours))
        if not numpy.array_equal(a, b):
            sys.exit(f"{name} differs")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--samples", type=int, default=1000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--workers", type=int, default=os.cpu_count())
    p.add_argument("--dir", help="where to work; a folder in memory is best")
    args = p.parse_args()
    if not os.path.exists(SAMPLES):
        print(f"skipped: {os.path.normpath(SAMPLES)} is not there, so there are no real images to convert")
        return
    with tempfile.TemporaryDirectory(dir=args.dir) as folder:
        hpaflow = os.path.join(folder, "hpaflow")
        subprocess.run(["go", "build", "-o", hpaflow, "./cmd/hpaflow"], cwd=ROOT, check=True)
        source = lay_out(folder, args.samples)
        out = {name: os.path.join(folder, name) for name in ("opencv", "rgby", "shards")}

        def flow(name):
            config = os.path.join(ROOT, "configs", {"rgby": "rgby.flow", "shards": "rgby-shards.flow"}[name])
            return [hpaflow, "run", config, "--workers", str(args.workers), "--progress", "none",
                    "--set", f"input={source}", "--set", f"output={out[name]}"]

        commands = {
            "opencv": [sys.executable, os.path.join(HERE, "rgby_opencv.py"), source, out["opencv"], str(args.workers)],
            "rgby": flow("rgby"),
            "shards": flow("shards"),
        }
        best = {name: (float("inf"), float("inf")) for name in commands}
        for _ in range(args.rounds):
            for name, command in commands.items():
                shutil.rmtree(out[name], ignore_errors=True)
                best[name] = min(best[name], measure(command))
        compare(out["opencv"], out["rgby"])
        print(f"{args.samples} samples, {args.workers} workers, best of {args.rounds} rounds")
        print(f"{'':10}{'CPU ms a sample':>18}{'times less':>12}{'wall ms':>10}{'KB a sample':>14}")
        for name, (cpu, wall) in best.items():
            ms = 1000 / args.samples
            print(f"{name:10}{cpu * ms:18.2f}{best['opencv'][0] / cpu:12.2f}{wall * ms:10.2f}"
                  f"{size(out[name]) / args.samples / 1000:14.0f}")


if __name__ == "__main__":
    main()
