#!/usr/bin/env python3
"""Flows against a store that is far away, busy or wrong: versitygw behind a proxy that says so.

    bench/stores.py faults [--rounds N] [--dir DIR]
    bench/stores.py far [--delay 20ms] [--rounds N] [--dir DIR]

faults: rgby, shards and training from shards, with inputs and results in the store, by one process and by three
that are killed now and then, for each sort of fault; what is in the store in the end must be what a disk has.
far: images a second and CPU of rgby and of the input of training from shards, with the store next door and far away,
in turn; medians. Needs go, and the server of bench/stores, which it builds.
"""
import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, HERE)
from units import lay_out  # noqa: E402

FAULTS = {
    "none": [],
    "busy": ["--busy", "0.1"],
    "cut": ["--cut", "0.1"],
    "lost": ["--lost", "0.03"],
    "late": ["--late", "2s"],
    "all": ["--busy", "0.05", "--cut", "0.05", "--lost", "0.02", "--late", "1s", "--delay", "2ms"],
}


class Server:
    """A process that prints its address and ends with its standard input."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("http"):
                self.url = line.strip()
                return
        sys.exit(f"{command[1]} did not start")

    def end(self):
        self.process.stdin.close()
        told = self.process.stdout.read()
        self.process.wait()
        return told.strip()


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.hpaflow = os.path.join(folder, "hpaflow")
        subprocess.run(["go", "build", "-o", self.hpaflow, "./cmd/hpaflow"], cwd=ROOT, check=True)
        self.stores = os.path.join(folder, "stores")
        subprocess.run(["go", "build", "-o", self.stores, "."], cwd=os.path.join(HERE, "stores"), check=True)
        os.mkdir(os.path.join(folder, "s3"))
        self.server = Server(self.stores, "s3", os.path.join(folder, "s3"))
        self.buckets = os.path.join(folder, "s3", "buckets")
        os.makedirs(os.path.join(self.buckets, "plates"), exist_ok=True)

    def command(self, url, verb, config, sets, *more):
        env = dict(os.environ, AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="testtest", AWS_REGION="us-east-1")
        words = [self.hpaflow, *verb.split(), os.path.join(ROOT, "configs", config)]
        for name, value in sets.items():
            words += ["--set", f"{name}={value}"]
        return subprocess.Popen(words + list(more), env=env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, url, verb, config, sets, *more, codes=(0,)):
        p = self.command(url, verb, config, sets, *more)
        said, told = p.communicate()
        if p.returncode not in codes:
            sys.exit(f"{verb} {config} {' '.join(more)}: exit {p.returncode}\n{told}")
        return said


def digest(folder):
    """Of all files below a folder but records of the run."""
    sums = {}
    for at, dirs, files in os.walk(folder):
        dirs[:] = [d for d in dirs if not d.endswith(".run")]
        for name in files:
            with open(os.path.join(at, name), "rb") as f:
                sums[os.path.relpath(os.path.join(at, name), folder)] = hashlib.sha256(f.read()).hexdigest()
    return sums


def unlike_time(sums):
    """Those of a run of training that do not tell of times and of where it is."""
    return {k: v for k, v in sums.items() if k == "metrics.csv" or k.endswith("weights.safetensors")}


def faults(b, rounds):
    many = lay_out(b.folder, 24, b.hpaflow)
    train = {"model": "resnet18", "size": "32", "batch": "8", "epochs": "2", "classes": "28", "keep": "1", "device": "cpu"}
    table = os.path.join(b.folder, "split.csv")
    with open(table, "w") as f:
        f.write("Id,Target,Split\n")
        for i, name in enumerate(sorted({n.rsplit("_", 1)[0] for n in os.listdir(many)})):
            f.write(f"{name},{i % 5},{'val' if i % 4 == 0 else 'train'}\n")

    def flows(base, images):
        yield "rgby.flow", {"input": images, "output": base + "rgby", "unit": "4"}, digest
        yield "rgby-shards.flow", {"input": images, "output": base + "shards", "samples": "5"}, digest
        yield "train.flow", dict(train, images=base + "shards", table=table, out=base + "run"), lambda d: unlike_time(digest(d))

    for config, sets, _ in flows(os.path.join(b.folder, "disk") + "/", many):
        b.run(b.server.url, "run", config, sets, "--progress", "none", *(["--unit", "0/1"] if "rgby" in config else []))
        if "rgby" in config:
            b.run(b.server.url, "finish", config, sets)
    shutil.copytree(many, os.path.join(b.buckets, "plates", "raw"), copy_function=shutil.copy)
    for kind, flags in FAULTS.items():
        wrong, kills, told, began = 0, 0, "", time.time()
        for n in range(rounds):
            proxy = Server(b.stores, "proxy", *flags, b.server.url)
            for config, sets, of in flows(f"s3://plates/{kind}{n}/", "s3://plates/raw"):
                out = sets.get("output", sets.get("out"))
                if config == "train.flow":
                    b.run(proxy.url, "run", config, sets, "--progress", "none")
                else:
                    kills += disturbed(b, proxy.url, config, sets)
                    if kind in ("late", "all"):
                        time.sleep(2.5)  # finish reads what is listed
                    b.run(proxy.url, "finish", config, sets)
                name = out.rsplit("/", 1)[1]
                if of(os.path.join(b.folder, "disk", name)) != of(os.path.join(b.buckets, "plates", f"{kind}{n}", name)):
                    wrong += 1
                    print(f"{kind}: {config} differs from a disk's")
            told = proxy.end()
        print(f"{kind}: {rounds} rounds of 3 flows, {kills} kills, {wrong} differ; the last round: {told}; {time.time() - began:.0f} s", flush=True)


def disturbed(b, url, config, sets):
    """Three workers on all units, each killed once and started again. Says how many kills struck one at work."""
    struck = 0
    b.run(url, "units", config, sets)
    workers = [b.command(url, "run", config, sets, "--unit", "0/1", "--progress", "none") for _ in range(3)]
    for p in workers:
        time.sleep(random.uniform(0.05, 0.4))
        if p.poll() is None:
            struck += 1
            p.send_signal(signal.SIGKILL)
    for p in workers:
        p.communicate()
    b.run(url, "run", config, sets, "--unit", "0/1", "--progress", "none")
    return struck


def cpu_of_children():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def far(b, delay, rounds, count):
    many = lay_out(b.folder, count, b.hpaflow)
    shutil.copytree(many, os.path.join(b.buckets, "plates", "raw"), copy_function=shutil.copy)
    b.run(b.server.url, "run", "rgby-shards.flow", {"input": many, "output": "shards", "samples": "100"}, "--progress", "none")
    shutil.copytree(os.path.join(b.folder, "shards"), os.path.join(b.buckets, "plates", "shards"), copy_function=shutil.copy)
    ids = sorted({n.rsplit("_", 1)[0] for n in os.listdir(many)})
    table = os.path.join(b.folder, "split.csv")
    with open(table, "w") as f:
        f.write("Id,Target,Split\n" + "".join(f"{n},{i % 28},{'val' if i < 2 else 'train'}\n" for i, n in enumerate(ids)))
    urls = {"near": Server(b.stores, "proxy", b.server.url).url, "far": Server(b.stores, "proxy", "--delay", delay, b.server.url).url}

    def rgby(url):
        out = os.path.join(b.folder, "out")
        shutil.rmtree(out, ignore_errors=True)
        began = time.time()
        b.run(url, "run", "rgby.flow", {"input": "s3://plates/raw", "output": out}, "--progress", "none")
        return count / (time.time() - began)

    def loader(shuffle):
        sets = {"images": "s3://plates/shards", "table": table, "size": "512", "batch": "32", "policy": "best", "shuffle": shuffle, "epochs": "200"}
        return lambda url: json.loads(b.run(url, "bench input", "train.flow", sets, "--json", "--warmup", "5s", "--measure", "15s"))["input_images_per_s"]

    seen = {}
    tried = {"rgby": rgby, "input of training": loader("true"), "the same by window": loader("window")}
    for _ in range(rounds):
        for what, do in tried.items():
            for name, url in urls.items():
                before = cpu_of_children()
                rate = do(url)
                seen.setdefault((what, name), []).append((rate, cpu_of_children() - before))
    for what in tried:
        rate = {n: statistics.median(r for r, _ in seen[what, n]) for n in urls}
        cpu = {n: statistics.median(c for _, c in seen[what, n]) for n in urls}
        print(f"{what}: near {rate['near']:.1f} images/s, {cpu['near']:.1f} s of CPU; {delay} away {rate['far']:.1f}, {cpu['far']:.1f} s: "
              f"{rate['far'] / rate['near']:.2f} of the rate")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=("faults", "far"))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--delay", default="20ms")
    p.add_argument("--samples", type=int, default=300)
    p.add_argument("--dir", help="where to work; a folder in memory is best")
    a = p.parse_args()
    with tempfile.TemporaryDirectory(dir=a.dir) as folder:
        b = Bench(folder)
        if a.what == "faults":
            faults(b, a.rounds)
        else:
            far(b, a.delay, a.rounds, a.samples)
        b.server.end()


if __name__ == "__main__":
    main()
