#!/usr/bin/env python3
"""Writes choices.zip: stacks and samples that need a rule, and what NumPy makes of them.

A line of the manifest: file, z, t, range (words joined by _), and the planes' pixels; see choice_test.go. Needs
tifffile and numpy.
"""
import io
import zipfile

import numpy as np
import tifffile

rng = np.random.default_rng(11)
lines = []
out = zipfile.ZipFile("choices.zip", "w", zipfile.ZIP_DEFLATED)


def add(name, a, **k):
    b = io.BytesIO()
    tifffile.imwrite(b, a, photometric="minisblack", **k)
    out.writestr(name, b.getvalue())
    return a


def want(name, z, t, rule, planes):
    planes = np.asarray(planes)
    lines.append(f"{name} {z or '-'} {t or '-'} {rule or '-'} {planes.shape[0]} {8 * planes.itemsize} {','.join(map(str, planes.ravel()))}")


def ranged(p, lo, hi):
    v = (p.astype("f8") - lo) * (65535 / (hi - lo))
    v = np.clip(np.nan_to_num(v, nan=0, posinf=1e9, neginf=0), 0, 65535)
    return np.floor(v + 0.5).astype("u2")


def rules(name, p):
    """Every rule, of planes."""
    finite = [q[np.isfinite(q)].astype("f8") for q in p]
    want(name, "", "", "min-max", [ranged(q, f.min(), f.max()) for q, f in zip(p, finite)])
    want(name, "", "", "percentile_1_98.5", [ranged(q, *np.percentile(f, [1, 98.5])) for q, f in zip(p, finite)])
    want(name, "", "", "-20_90.5", [ranged(q, -20, 90.5) for q in p])
    full = (0, 1) if p.dtype.kind == "f" else (np.iinfo(p.dtype).min, np.iinfo(p.dtype).max)
    want(name, "", "", "full", [ranged(q, *full) for q in p])


for dtype in ("i1", "i2", "i4", "i8", "u4", "u8", "f2", "f4", "f8"):
    p = (rng.normal(30, 60, (2, 5, 7)) if dtype[0] != "u" else rng.integers(0, 900, (2, 5, 7))).clip(-120, 120 if dtype == "i1" else 900)
    p = p.astype(dtype)
    if dtype[0] == "f":
        p[0, 0, :4] = np.nan, np.inf, -np.inf, 0
    name = f"range-{dtype}.tif"
    add(name, p, metadata={"axes": "CYX"})
    rules(name, p)
for dtype in ("u1", "u2", "i2", "f4", "f2", "u4"):
    a = (rng.normal(100, 40, (2, 5, 3, 4, 6)).clip(0, 255) - (50 if dtype == "i2" else 0)).astype(dtype)
    name = f"stack-{dtype}.tif"
    add(name, a, metadata={"axes": "TZCYX"})
    rule, done = "", lambda p: p
    if dtype not in ("u1", "u2"):
        rule, done = "-60_300", lambda p: np.stack([ranged(q, -60, 300) for q in p])
    want(name, "max", "1", rule, done(a[1].max(0)))
    mean = a[0].astype("f8").mean(0)
    want(name, "mean", "0", rule, done((mean if dtype[0] == "f" else np.floor(mean + 0.5)).astype(dtype)))
    want(name, "3", "1", rule, done(a[1, 3]))
out.writestr("manifest.txt", "\n".join(lines) + "\n")
out.close()
