#!/usr/bin/env python3
"""How long a folder of very many names takes, and how much memory.

Makes a folder of empty files as instruments call them (five channels of each field), and
has hpaflow take it apart by a pattern: `names`, which counts, and `units`, which groups the
files into samples as a run does. Prints seconds and the largest resident set, medians of
three.

    bench/patterns.py HPAFLOW [FILES]
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

UUID = "6D2A1D4C-7C88-4C4E-8C4B-%012X"


def opera(field, channel):
    well, site = divmod(field, 9)
    return f"r{well // 24 + 1:02}c{well % 24 + 1:02}f{site + 1:02}p01-ch{channel}sk1fk1fl1.tiff"


def imagexpress(field, channel):
    well, site = divmod(field, 9)
    row = chr(65 + well // 24 % 16)
    plate = well // 384
    return f"Plate_{plate}_{row}{well % 24 + 1:02}_s{site + 1}_w{channel}{UUID % (field * 8 + channel)}.tif"


def measured(command):
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command} ended with {status}")
    return time.monotonic() - began, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    program, files = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    folder = tempfile.mkdtemp(prefix="names-")
    try:
        for pattern, name, prefix in (("opera", opera, "ch"), ("imagexpress", imagexpress, "w")):
            plate = os.path.join(folder, pattern)
            os.mkdir(plate)
            for i in range(files):
                os.close(os.open(os.path.join(plate, name(i // 5, i % 5 + 1)), os.O_CREAT | os.O_WRONLY))
            channels = ",".join(f"{prefix}{c}" for c in range(1, 6))
            for what, command in (
                ("names", ["names", plate, "--pattern", pattern, "--channels", channels]),
                ("units", ["units", "rgby-shards.flow", "--set", f"input={plate}", "--set", f"pattern={pattern}",
                           "--set", f"channels={channels}", "--set", f"output={folder}/out-{pattern}"]),
            ):
                runs = []
                for _ in range(3):
                    shutil.rmtree(f"{folder}/out-{pattern}", ignore_errors=True)
                    runs.append(measured([program, *command]))
                seconds, mib, cpu = (statistics.median(column) for column in zip(*runs))
                print(f"{pattern:12} {what:6} {files} names: {seconds:5.2f} s, {cpu:5.2f} s of processors, {mib:5.0f} MiB")
            shutil.rmtree(plate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
