#!/usr/bin/env python3
"""Batches in a training loop: how fast, what the loop's own process spends, and what is left of killed ones.

    batches.py HPAFLOW FLOW [NAME=VALUE...] [--kills N] [--seconds S]

FLOW with its variables is what `hpaflow bench input` takes, such as train.flow images=shards table=split.csv
size=512 policy=best. Wants NumPy, and takes torch where it is. The package is that of sinks/python.
"""
import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sinks" / "python"))
from hpaflow import Batches, Error  # noqa: E402

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("hpaflow")
p.add_argument("flow")
p.add_argument("set", nargs="*")
p.add_argument("--kills", type=int, default=0)
p.add_argument("--seconds", type=float, default=8)
p.add_argument("--loop", action="store_true", help=argparse.SUPPRESS)  # a consumer that is to be killed
a = p.parse_args()
values = dict(s.split("=", 1) for s in a.set)


def batches(**more):
    return Batches(a.flow, set=values, binary=a.hpaflow, **more)


if a.loop:
    data = batches()
    print(len(data), flush=True)
    while True:
        for batch in data:
            print("batch", flush=True)


def measured(dtype):
    """Images a second after a warm-up, and the share of one core that this process takes."""
    images = epoch = 0
    begun = None
    with batches(dtype=dtype) as data:
        while True:
            data.set_epoch(epoch)
            for batch, _, keys in data:
                now, cpu = time.monotonic(), sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
                if begun is None:
                    first = now if epoch == images == 0 and "first" not in locals() else first
                    if now - first > 3:
                        begun, spent = now, cpu
                else:
                    images += len(keys)
                    if now - begun > a.seconds:
                        return images / (now - begun), (cpu - spent) / (now - begun)
            epoch += 1


if not a.kills:
    words = [a.hpaflow, "bench", "input", a.flow, "--json", "--measure", f"{a.seconds}s"]
    for s in a.set:
        words += ["--set", s]
    rounds = {"bench input": [], "uint8": [], "float32": []}
    for _ in range(3):
        out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        rounds["bench input"].append((json.loads(out)["input_images_per_s"], 0))
        for dtype in ("uint8", "float32"):
            rounds[dtype].append(measured(dtype))
    base = sorted(r[0] for r in rounds["bench input"])[1]
    for name, list_ in rounds.items():
        rate, cpu = sorted(list_)[1]
        print(f"{name:12} {rate:8.1f} images/s  {rate / base:5.2f} of bench input  loop {100 * cpu:4.1f}% of a core")
    sys.exit()


def children():
    return [int(d) for d in os.listdir("/proc") if d.isdigit() and Path(f"/proc/{d}/cmdline").exists()
            and a.hpaflow.encode() in Path(f"/proc/{d}/cmdline").read_bytes() and b"batches\0" in Path(f"/proc/{d}/cmdline").read_bytes()
            and not Path(f"/proc/{d}/cmdline").read_bytes().startswith(sys.executable.encode())]


def wait(what, is_so, most=2.0):
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > most:
            sys.exit(f"{what}: not in {most} s")
        time.sleep(.005)
    return time.monotonic() - begun


shm = set(os.listdir("/dev/shm"))
want = [keys for _, _, keys in batches()]
slowest = 0
for n in range(a.kills):
    if n % 2:  # the loop
        loop = subprocess.Popen([sys.executable, __file__, *sys.argv[1:], "--loop"], stdout=subprocess.PIPE)
        loop.stdout.readline()
        time.sleep(random.random() * .1)
        loop.send_signal(signal.SIGKILL)
        loop.wait()
        slowest = max(slowest, wait("the program outlives the loop", lambda: not children()))
    else:  # the program
        data = batches()
        at = random.randrange(len(data))
        begun = 0
        try:
            for i, batch in enumerate(data):
                if i == at:
                    data._producer.process.kill()
                    begun = time.monotonic()
            if i + 1 < len(data):
                sys.exit(f"killed at batch {at}, the epoch ended at {i}")
        except Error:
            slowest = max(slowest, time.monotonic() - begun)
        if n % 20 == 0 and [keys for _, _, keys in data] != want:
            sys.exit("the run after a kill has other batches")
        data.close()
    if (n + 1) % 100 == 0:
        print(f"{n + 1} kills, the slowest end {slowest:.2f} s", flush=True)
if left := set(os.listdir("/dev/shm")) - shm:
    sys.exit(f"left in /dev/shm: {left}")
print(f"{a.kills} kills of either side in turn: none hung, nothing is left, the slowest end {slowest:.2f} s")
