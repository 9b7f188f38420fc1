#!/usr/bin/python3
"""Golden thresholds and scores, computed by numpy as the rule is worded.

    thresholds.py > thresholds.json

Probabilities and labels are not stored: both sides draw them from the hash
below. Shares are compared as counts, so that rounding decides nothing.
"""
import json
import sys
import zlib

import numpy as np


def noise(name, n):
    """n values in [0,1): murmur3's finaliser of index and name, in 1/65536."""
    h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(zlib.crc32(name.encode()))
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(16)).astype(np.float64) / 65536


def table(name, rows, labels):
    """Probabilities in `steps` levels, and labels of one frequency a column; some columns are made hard."""
    steps = {"fine": 10000, "hundredths": 100, "coarse": 10, "halves": 2, "one": 10000}[name]
    p = np.floor(noise(name + "/p", rows * labels).reshape(rows, labels) * (steps + 1)) / steps
    y = noise(name + "/y", rows * labels).reshape(rows, labels) < (np.arange(labels) % 7) / 8
    p[:, 1] = 0.5  # constant, above some thresholds
    p[:, 2] = 0.05  # constant, equal to the first threshold
    p[:, 3] = 0.99  # equal to the last
    p[:, 4] = 0.0
    p[:, 5] = 1.0
    y[:, 6] = True
    y[:, 7] = False
    p[:, 8] = np.where(y[:, 8], 0.9, 0.1)  # perfect
    return p, y


grid = np.arange(5, 100) / 100
cases = []
for name, rows in (("fine", 500), ("hundredths", 97), ("coarse", 64), ("halves", 31), ("one", 1)):
    p, y = table(name, rows, 12)
    thresholds = []
    for n in range(p.shape[1]):
        distance = [abs(int((p[:, n] > t).sum()) - int(y[:, n].sum())) for t in grid]
        thresholds.append(float(grid[int(np.argmin(distance))]))  # argmin: the first of equals
    q = p > np.array(thresholds)
    f1 = []
    for n in range(p.shape[1]):
        hit = int((q[:, n] & y[:, n]).sum())
        wrong = int((q[:, n] ^ y[:, n]).sum())
        f1.append(2 * hit / (2 * hit + wrong) if hit + wrong else 0.0)
    present = y.any(axis=0)
    guess = float(y.mean(axis=0)[present].mean()) if present.any() else 0.0
    cases.append({"name": name, "rows": rows, "thresholds": thresholds, "f1": f1, "macro_f1": float(np.mean(f1)),
                  "macro_f1_present": float(np.mean(np.array(f1)[present])), "guess": guess})
json.dump(cases, sys.stdout, indent=1)
print()
