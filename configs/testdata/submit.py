#!/usr/bin/python3
"""Golden submissions, computed by plain numpy.

    submit.py > submit.json

Three networks' tables of 28 labels are not stored: both sides draw them from
the hash below. Tables are joined by Id: their rows stand in different orders.
"""
import json
import sys
import zlib

import numpy as np

CLASSES = 28
WEIGHTS = [0.2, 1.0, 0.5]


def noise(name, n):
    """n values in 0..65535: murmur3's finaliser of index and name."""
    h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(zlib.crc32(name.encode()))
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(16)).astype(np.int64)


def labels(ids):
    return np.array([noise("labels " + i, CLASSES) % 10 < np.arange(CLASSES) % 6 for i in ids])


def table(network, ids, levels):
    """{Id: probabilities}; multiples of 1/levels, so that some are equal to thresholds and to each other."""
    y = labels(ids)
    p = np.array([noise(f"{network} {i}", CLASSES) % (levels + 1) for i in ids])
    p = np.where(y, np.maximum(p, levels // 3), p) / levels
    p[:, 26] = 0.5  # constant
    p[:, 27] = 1.0
    return {i: p[k] for k, i in enumerate(ids)}


def mean(tables, ids):
    total = np.zeros((len(ids), CLASSES))
    for w, t in zip(WEIGHTS, tables):
        total += w * np.array([t[i] for i in ids])
    return total / sum(WEIGHTS)


def predicted(rows):
    return [" ".join(str(n) for n in np.flatnonzero(r)) for r in rows]


cases = []
for levels in (10000, 100, 20):
    val = [f"v{i}" for i in range(60)]
    test = [f"t{i}" for i in range(25)]
    y = labels(val)
    p = mean([table(f"{levels}.{k}", val, levels) for k in range(3)], val)
    grid = np.arange(5, 100) / 100
    cuts = np.array([grid[int(np.argmin([abs(int((p[:, n] > t).sum()) - int(y[:, n].sum())) for t in grid]))] for n in range(CLASSES)])
    q = p > cuts
    f1 = [2 * (a & b).sum() / max(1, a.sum() + b.sum()) for a, b in zip(q.T, y.T)]
    rows = mean([table(f"{levels}.{k}", test, levels) for k in range(3)], test) > cuts
    plain = dict(zip(test, predicted(rows)))
    leaked = dict(plain)
    for leak in ({"t3": "0 5", "t4": "", "t9": "27"}, {"t3": "1", "t7": "2 25"}, {"t7": "9"}):
        leaked.update(leak)
    cases.append({"levels": levels, "thresholds": cuts.tolist(), "macro_f1": float(np.mean(f1)),
                  "submission": [f"{i},{plain[i]}" for i in test], "leaked": [f"{i},{leaked[i]}" for i in test]})
json.dump(cases, sys.stdout, indent=1)
print()
