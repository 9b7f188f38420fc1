#!/usr/bin/env python3
"""The scale of names: a million samples of four files listed, grouped, looked up and found done.

    bench/names.py --dir FOLDER [--samples 1000000] [--folders 1000] [--keys path|name] [--rounds 1] [--program FILE]

Makes in FOLDER, unless it is there, a tree of empty files, ID_red.png and its like, in so many folders
(with keys = name in one), and the results of all samples: links to one picture. FOLDER wants five million
inodes, best of memory: mount -t tmpfs -o size=12G,nr_inodes=14M tmpfs FOLDER. Each line is a run of its
own, and has what the lines above it have and one thing more:

    list    every name is read, and none is recognised
    group   samples are put together and their Ids written into a table
    fail    results are looked for and are not there; every sample fails to decode, as its files are empty
    adopt   results are there, and nothing is recorded of what they were made from
    read    it is recorded, and the files are read to compare them
    done    results are found made from these files, by the files' sizes and times
"""
import argparse
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COLOURS = ("red", "green", "blue", "yellow")
EMPTY = "968968b71c37a0de"  # what data/provenance calls the digest of four empty files of these colours

SOURCE = """
run {{
  on_error    = "skip"
  keys        = "{keys}"
  allow_empty = true
  max_keys    = {most}
}}
source "channels" "cells" {{
  dir      = "{dir}"
  channels = {channels}
}}
"""
TABLE = 'sink "table" "ids" {{\n  in   = source.cells\n  file = "{out}.csv"\n}}\n'
IMAGES = """op "decode" "decode" {{
  in = source.cells
}}
op "encode" "encode" {{
  in = op.decode
}}
sink "files" "rgby" {{
  in  = op.encode
  dir = "{out}"
}}
"""


def picture():
    """One grey pixel as PNG."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def make(root, samples, folders):
    """ROOT/in and ROOT/out; a mark says that all of it is there."""
    if os.path.exists(f"{root}/made"):
        return
    for k in range(folders):
        plate = f"plate{k:04d}/" if folders > 1 else ""
        os.makedirs(f"{root}/in/{plate}", exist_ok=True)
        os.makedirs(f"{root}/out/{plate}", exist_ok=True)
        # A file has only so many links in some file systems, so each folder has one of its own.
        first = f"{root}/out.{k}.png"
        with open(first, "wb") as f:
            f.write(picture())
        for i in range(samples * k // folders, samples * (k + 1) // folders):
            name = f"{i:08x}-bbb1-11e8-b2ba-ac1f6b6435d0"
            for c in COLOURS:
                os.mknod(f"{root}/in/{plate}{name}_{c}.png")
            os.link(first, f"{root}/out/{plate}{name}.png")
    open(f"{root}/made", "w").close()


def record(out):
    """Lets the records of adopted results say that these were made from empty files."""
    with open(f"{out}/.run/samples") as f, open(f"{out}/.run/samples.new", "w") as to:
        to.writelines(f"{EMPTY} " + line.removeprefix("0 ") for line in f)
    os.rename(f"{out}/.run/samples.new", f"{out}/.run/samples")


def timed(command):
    """Seconds, processor seconds and MiB of a command, and its exit code."""
    start = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as p:
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, p.returncode


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--dir", required=True)
    a.add_argument("--samples", type=int, default=1_000_000)
    a.add_argument("--folders", type=int, default=1000)
    a.add_argument("--keys", choices=("path", "name"), default="path")
    a.add_argument("--rounds", type=int, default=1)
    a.add_argument("--program")
    a.add_argument("--only", nargs="*")
    a = a.parse_args()
    folders = a.folders if a.keys == "path" else 1
    root = f"{os.path.abspath(a.dir)}/{a.keys}{a.samples}"
    make(root, a.samples, folders)
    with tempfile.TemporaryDirectory() as work:
        program = a.program or f"{work}/hpaflow"
        if not a.program:
            subprocess.run(["go", "build", "-o", program, "./cmd/hpaflow"], cwd=ROOT, check=True)
        cases = {
            "list": (TABLE, ["none"], f"{work}/list", 0, 0),
            "group": (TABLE, COLOURS, f"{work}/group", 0, a.samples),
            "fail": (IMAGES, COLOURS, f"{work}/fail", 3, a.samples),
            "adopt": (IMAGES, COLOURS, f"{root}/out", 0, a.samples),
            "read": (IMAGES, COLOURS, f"{root}/out", 0, a.samples),
            "done": (IMAGES, COLOURS, f"{root}/out", 0, a.samples),
        }
        print(f"{a.samples} samples of {len(COLOURS)} files in {folders} folders, keys = {a.keys}")
        for name, (rest, channels, out, code, seen) in cases.items():
            if a.only and name not in a.only:
                continue
            flow = f"{work}/{name}.flow"
            with open(flow, "w") as f:
                f.write((SOURCE + rest).format(keys=a.keys, most=4 * a.samples, dir=f"{root}/in", channels=json.dumps(channels), out=out))
            runs = []
            for _ in range(a.rounds):
                if name == "adopt":
                    shutil.rmtree(f"{out}/.run", ignore_errors=True)
                elif name == "read":
                    record(out)
                    os.remove(f"{out}/.run/seen")
                report = f"{work}/{name}.json"
                runs.append(timed([program, "run", flow, "--progress", "none", "--report", report]))
                with open(report) as f:  # the begin of it: all of it would count as memory of the runs to come
                    head = f.read(1 << 14)
                passed = sum(int(re.search(rf'"{what}": (\d+)', head)[1]) for what in ("out", "complete"))
                if runs[-1][3] != code or passed != seen:
                    sys.exit(f"{name} ended with {runs[-1][3]}, and {passed} samples")
            wall, cpu, peak, _ = sorted(runs)[len(runs) // 2]
            print(f"{name:6} {wall:6.2f} s {cpu:6.2f} s of processors {peak:6.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
