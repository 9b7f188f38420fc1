#!/usr/bin/env python3
"""From tables of probabilities to a submission: submit.flow beside pandas and Polars.

    bench/submit.py [--rows 100000] [--tables 7] [--rounds 5]

Makes so many labelled tables and as many without labels, rows shuffled, joins them by Id, averages
them, chooses thresholds by shares and writes a submission; each program in a process of its own, in
turn. Prints medians of wall time and peak memory, and that the submissions are equal.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import peers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLASSES = 28


def columns(letter):
    return [f"{letter}{c:02d}" for c in range(CLASSES)]


def make(folder, rows, tables):
    import numpy as np
    rng = np.random.default_rng(7)
    for name, labelled in (("val", True), ("test", False)):
        ids = [f"{name}-{i:08d}-{rng.integers(1 << 60):x}" for i in range(rows)]
        labels = rng.random((rows, CLASSES)) < 0.06
        header = (columns("L") if labelled else []) + columns("P")
        for k in range(tables):
            p = np.clip(rng.random((rows, CLASSES)) * 0.6 + labels * 0.35, 0, 1)
            with open(f"{folder}/{name}{k}.csv", "w") as f:
                f.write("Id," + ",".join(header) + "\n")
                for i in rng.permutation(rows):
                    known = "".join("1," if y else "0," for y in labels[i]) if labelled else ""
                    f.write(f"{ids[i]},{known}" + ",".join("%.4f" % x for x in p[i]) + "\n")
        if not labelled:
            with open(f"{folder}/order.csv", "w") as f:
                f.write("Id,Predicted\n" + "".join(f"{i},0\n" for i in ids))


def decide(p, y, test):
    """The first of 0.05 .. 0.99 whose share of samples is closest to the labels'."""
    import numpy as np
    grid = np.arange(5, 100) / 100
    out = np.zeros(test.shape, bool)
    for c in range(CLASSES):
        column = np.sort(p[:, c])
        predicted = len(column) - np.searchsorted(column, grid, side="right")
        out[:, c] = test[:, c] > grid[np.argmin(np.abs(predicted - y[:, c].sum()))]
    return out


def write(ids, decided, path):
    with open(path, "w") as f:
        f.write("Id,Predicted\n")
        for i, row in zip(ids, decided):
            f.write(i + "," + " ".join(str(c) for c in row.nonzero()[0]) + "\n")


def with_pandas(folder, tables):
    import pandas as pd
    probabilities, labelled = columns("P"), columns("L")
    means = {}
    for name, order in (("val", None), ("test", pd.read_csv(f"{folder}/order.csv").Id)):
        total = None
        for k in range(tables):
            t = pd.read_csv(f"{folder}/{name}{k}.csv").set_index("Id")
            order = t.index if order is None else order
            t = t.loc[order]
            labels = t[labelled].values if name == "val" else None
            total = t[probabilities].values if total is None else total + t[probabilities].values
        means[name] = (order, total / tables, labels)
    _, val, y = means["val"]
    ids, test, _ = means["test"]
    write(ids, decide(val, y, test), f"{folder}/pandas.csv")


def with_polars(folder, tables):
    import polars as pl
    probabilities, labelled = columns("P"), columns("L")
    means = {}
    for name, order in (("val", None), ("test", pl.read_csv(f"{folder}/order.csv").select("Id"))):
        total = None
        for k in range(tables):
            t = pl.read_csv(f"{folder}/{name}{k}.csv")
            order = t.select("Id") if order is None else order
            t = order.join(t, on="Id", how="left", maintain_order="left")
            labels = t.select(labelled).to_numpy() if name == "val" else None
            values = t.select(probabilities).to_numpy()
            total = values if total is None else total + values
        means[name] = (order["Id"].to_list(), total / tables, labels)
    _, val, y = means["val"]
    ids, test, _ = means["test"]
    write(ids, decide(val, y, test), f"{folder}/polars.csv")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--rows", type=int, default=100_000)
    a.add_argument("--tables", type=int, default=7)
    a.add_argument("--rounds", type=int, default=5)
    a.add_argument("--peer", help=argparse.SUPPRESS)
    a.add_argument("--folder", help=argparse.SUPPRESS)
    a = a.parse_args()
    peers.enter("numpy", "pandas", "polars")
    if a.peer:
        {"pandas": with_pandas, "polars": with_polars}[a.peer](a.folder, a.tables)
        return
    with tempfile.TemporaryDirectory() as folder:
        make(folder, a.rows, a.tables)
        subprocess.run(["go", "build", "-o", f"{folder}/hpaflow", "./cmd/hpaflow"], cwd=ROOT, check=True)
        names = {n: ",".join(f"{folder}/{n}{k}.csv" for k in range(a.tables)) for n in ("val", "test")}
        ours = [f"{folder}/hpaflow", "run", f"{ROOT}/configs/submit.flow", "--progress", "none", "--set", "test_val=" + names["val"],
                "--set", "test=" + names["test"], "--set", f"order={folder}/order.csv", "--set", f"out={folder}/out"]
        peer = [sys.executable, os.path.abspath(__file__), "--tables", str(a.tables), "--folder", folder, "--peer"]
        commands = {"hpaflow": ours, "pandas": peer + ["pandas"], "polars": peer + ["polars"]}
        wall, peak = {n: [] for n in commands}, {}
        for _ in range(a.rounds):
            for name, command in commands.items():
                if name == "hpaflow":
                    shutil.rmtree(f"{folder}/out", ignore_errors=True)
                start = time.monotonic()
                with subprocess.Popen(command, stderr=subprocess.DEVNULL) as p:
                    _, status, used = os.wait4(p.pid, 0)
                    p.returncode = os.waitstatus_to_exitcode(status)
                if p.returncode:
                    sys.exit(f"{name} ended with {p.returncode}")
                wall[name].append(time.monotonic() - start)
                peak[name] = max(peak.get(name, 0), used.ru_maxrss / 1024)
        print(f"{a.tables} + {a.tables} tables of {a.rows} rows, medians of {a.rounds}")
        for name in commands:
            print(f"{name:8} {statistics.median(wall[name]):6.2f} s {peak[name]:6.0f} MiB")
        same = [open(f"{folder}/{f}").read() for f in ("out/submission.csv", "pandas.csv", "polars.csv")]
        lines = [s.splitlines() for s in same]
        for name, other in zip(("pandas", "polars"), lines[1:]):
            print(f"lines unlike {name}'s: {sum(x != y for x, y in zip(lines[0], other)) + abs(len(lines[0]) - len(other))}")


if __name__ == "__main__":
    main()
