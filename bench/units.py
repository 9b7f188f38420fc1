#!/usr/bin/env python3
"""Work by units: one process, two workers of one core each, and Ray Data with OpenCV, on the same files.

    bench/units.py [--samples N] [--rounds N] [--unit N] [--flow rgby|shards] [--dir DIR] [--no-peer]

Lays samples out under N Ids (hard links, so that all is read from memory), the real ones of ../shared or else
drawn ones, and converts them to RGBY on two cores, in turn: as a whole; all units in one process; the units by two
workers, each pinned to a core; Ray Data, whose two tasks at once use OpenCV. Prints the medians: images a second,
and CPU seconds of all processes. What units take is their work and finish, not the listing before (units).
Needs go, and for the peer: pip install "ray[data]" opencv-python-headless
"""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SAMPLES = os.path.join(ROOT, "..", "shared", "tools", "real_samples.py")
COLOURS = ("red", "green", "blue", "yellow")
CORES = sorted(os.sched_getaffinity(0))[:2]


def lay_out(folder, count, hpaflow):
    """Makes count samples of those there are, under new Ids."""
    few = os.path.join(folder, "few")
    if os.path.exists(SAMPLES):
        subprocess.run([sys.executable, SAMPLES, "kaggle", few], check=True)
    else:
        made = os.path.join(folder, "made")
        subprocess.run([hpaflow, "run", "cells.flow", "--set", f"data={made}", "--set", "size=512", "--set", "train=48",
                        "--set", "external=1", "--set", "test=1", "--progress", "none"], check=True)
        few = os.path.join(made, "raw", "train")
    ids = sorted(n[: -len("_green.png")] for n in os.listdir(few) if n.endswith("_green.png"))
    many = os.path.join(folder, "input")
    os.makedirs(many)
    for i in range(count):
        sample = ids[i % len(ids)]
        for c in COLOURS:
            os.link(os.path.join(few, f"{sample}_{c}.png"), os.path.join(many, f"{i:06d}-{sample}_{c}.png"))
    return many


def run(commands, cores, **env):
    """Runs commands at once, each on its cores; gives what they printed."""
    started = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | env,
                                preexec_fn=lambda k=k: os.sched_setaffinity(0, k)) for c, k in zip(commands, cores)]
    said = []
    for c, p in zip(commands, started):
        out, err = p.communicate()
        if p.returncode not in (0, 3):
            sys.exit(f"{' '.join(c)}: exit code {p.returncode}\n{err}")
        said.append(out)
    return said


def timed(do):
    """Gives wall and CPU seconds of what is done by processes that are waited for."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    do()
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peer(source, target):
    """The peer, in a process of its own. Prints wall and CPU seconds without Ray's start."""
    import cv2
    import ray

    os.environ["RAY_DEDUP_LOGS"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR", object_store_memory=512 << 20)
    ray.data.DataContext.get_current().enable_progress_bars = False
    os.makedirs(target)
    suffix = "_green.png"
    ids = sorted(n[: -len(suffix)] for n in os.listdir(source) if n.endswith(suffix))

    def convert(row):
        cv2.setNumThreads(1)
        r, g, b, y = (cv2.imread(os.path.join(source, f"{row['item']}_{c}.png"), cv2.IMREAD_UNCHANGED) for c in COLOURS)
        cv2.imwrite(os.path.join(target, f"{row['item']}.png"), cv2.merge([b, g, r, y]))
        return {"item": row["item"]}

    before, start = cpu_of_tree(), time.monotonic()
    ray.data.from_items(ids, override_num_blocks=16).map(convert).materialize()  # a count alone would skip the work
    wall, spent = time.monotonic() - start, cpu_of_tree() - before
    made = len(os.listdir(target))
    assert made == len(ids), made
    ray.shutdown()
    print(wall, spent)


def cpu_of_tree():
    """CPU seconds of this process and of all that come from it, dead or alive."""
    stats = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                stats[int(pid)] = f.read().rsplit(")", 1)[1].split()
        except OSError:
            pass
    ours, found = {os.getpid()}, True
    while found:
        found = {p for p, s in stats.items() if int(s[1]) in ours and p not in ours}
        ours |= found
    return sum(sum(map(int, stats[p][11:15])) for p in ours if p in stats) / os.sysconf("SC_CLK_TCK")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--samples", type=int, default=400)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--unit", type=int, default=50)
    p.add_argument("--flow", choices=("rgby", "shards"), default="rgby")
    p.add_argument("--dir", help="where to work; a folder in memory is best")
    p.add_argument("--no-peer", action="store_true")
    p.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.peer:
        return peer(*args.peer)
    if len(CORES) < 2:
        sys.exit("two cores are compared, and this machine gives one")
    with tempfile.TemporaryDirectory(dir=args.dir) as folder:
        hpaflow = os.path.join(folder, "hpaflow")
        subprocess.run(["go", "build", "-o", hpaflow, "./cmd/hpaflow"], cwd=ROOT, check=True)
        source, out = lay_out(folder, args.samples, hpaflow), os.path.join(folder, "out")
        config = {"rgby": "rgby.flow", "shards": "rgby-shards.flow"}[args.flow]
        sets = ["--set", f"input={source}", "--set", f"output={out}", "--set", f"unit={args.unit}"]

        def flow(verb, *more):
            return [hpaflow, verb, config, *sets, *more]

        def units():
            run([flow("units")], [CORES])

        def whole():
            run([flow("run", "--progress", "none")], [CORES], GOMAXPROCS="2")

        def one():
            run([flow("run", "--unit", "0/1", "--progress", "none")], [CORES], GOMAXPROCS="2")
            run([flow("finish")], [CORES])

        def two():
            run([flow("run", "--unit", f"{k}/2", "--progress", "none") for k in range(2)], [[c] for c in CORES], GOMAXPROCS="1")
            run([flow("finish")], [CORES])

        def ray():
            said, = run([[sys.executable, os.path.abspath(__file__), "--peer", source, out]], [CORES])
            return [float(x) for x in said.split()]

        ways = {"one process": (None, whole), "one process, units": (units, one), "two workers of one core": (units, two)}
        if not args.no_peer:
            ways["Ray Data, OpenCV"] = (None, ray)
        taken = {name: [] for name in ways}
        for _ in range(args.rounds):
            for name, (before, do) in ways.items():
                shutil.rmtree(out, ignore_errors=True)
                if before:
                    before()
                taken[name].append(do() if do is ray else timed(do))
        print(f"{args.samples} samples, {args.flow}, units of {args.unit}, medians of {args.rounds} rounds")
        print(f"{'':26}{'images/s':>10}{'CPU s':>8}{'of one process':>16}")
        base = statistics.median(w for w, _ in taken["one process"])
        for name, list in taken.items():
            wall, cpu = (statistics.median(x) for x in zip(*list))
            print(f"{name:26}{args.samples / wall:10.1f}{cpu:8.2f}{base / wall:16.3f}")


if __name__ == "__main__":
    main()
