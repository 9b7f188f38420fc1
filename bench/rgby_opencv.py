#!/usr/bin/env python3
"""RGBY conversion as it is commonly done in Python: OpenCV and multiprocessing.

    rgby_opencv.py INPUT OUTPUT WORKERS

Reads INPUT/ID_{red,green,blue,yellow}.png and writes OUTPUT/ID.png with four channels. It is the peer
that rgby.py measures hpaflow against, so it takes OpenCV's defaults, which are its fast ones.
"""
import multiprocessing
import os
import sys

import cv2

COLOURS = ("red", "green", "blue", "yellow")


def convert(job):
    source, target, sample = job
    planes = [cv2.imread(os.path.join(source, f"{sample}_{c}.png"), cv2.IMREAD_UNCHANGED) for c in COLOURS]
    red, green, blue, yellow = planes
    cv2.imwrite(os.path.join(target, f"{sample}.png"), cv2.merge([blue, green, red, yellow]))


def main(source, target, workers):
    os.makedirs(target, exist_ok=True)
    suffix = "_green.png"
    samples = sorted(n[: -len(suffix)] for n in os.listdir(source) if n.endswith(suffix))
    cv2.setNumThreads(1)  # the processes share the cores
    with multiprocessing.Pool(int(workers)) as pool:
        for _ in pool.imap_unordered(convert, [(source, target, s) for s in samples], chunksize=8):
            pass


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
