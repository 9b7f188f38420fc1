#!/usr/bin/python3
"""Golden hashes, by Pillow and SciPy (Debian's python3-pil and python3-scipy).

    hashes.py > hashes.txt             the test's cases
    hashes.py FILE.png... > ...        name, ahash and phash of grey PNGs

The definitions are those of ImageHash 4.0: average_hash and phash with
hash_size 8. Lines: kind, width, height, parameter, ahash, phash.
"""
import os
import random
import sys

import numpy as np
from PIL import Image
from scipy.fftpack import dct


def text(bits):
    return f"{int(''.join('1' if b else '0' for b in bits.flatten()), 2):016x}"


def ahash(im):
    a = np.asarray(im.convert("L").resize((8, 8), Image.LANCZOS))
    return text(a > a.mean())


def phash(im):
    a = np.asarray(im.convert("L").resize((32, 32), Image.LANCZOS))
    low = dct(dct(a, axis=0), axis=1)[:8, :8]
    return text(low > np.median(low))


def draw(kind, w, h, p):
    """The test's draw."""
    y, x = np.mgrid[:h, :w]
    return {
        "flat": lambda: 0 * x + p,
        "ramp_x": lambda: x * 255 // max(1, w - 1),
        "ramp_y": lambda: y * 255 // max(1, h - 1),
        "diagonal": lambda: (x + y) % 256,
        "left": lambda: (x < w // 2) * p,
        "top": lambda: (y < h // 2) * p,
        "corner": lambda: (x < w // 2) * (y < h // 2) * p,
        "board": lambda: (x * p // w + y * p // h) % 2 * 255,
        "ring": lambda: ((2 * x - w + 1) ** 2 + (2 * y - h + 1) ** 2) * p // (w * h) % 256,
        "dot": lambda: (x == p) * (y == p) * 255,
        "texture": lambda: (x * x * p + y * y * 3 + x * y * 7) // 64 % 256,
    }[kind]().astype(np.uint8)


if len(sys.argv) > 1:
    for path in sys.argv[1:]:
        im = Image.open(path)
        print(os.path.basename(path), ahash(im), phash(im))
    sys.exit()
rand = random.Random(2)
for kind in ("flat", "ramp_x", "ramp_y", "diagonal", "left", "top", "corner", "board", "ring", "dot", "texture"):
    for w, h in ((512, 512), (32, 32), (8, 8), (1, 1), (100, 60), (rand.randint(1, 300), rand.randint(1, 300)), (rand.randint(1, 99), rand.randint(1, 99))):
        for p in (0, 1, 3, 8, 127, 200, 255):
            if kind.startswith("ramp") and p or kind == "diagonal" and p or kind == "dot" and p >= min(w, h) or kind == "board" and p > 32:
                continue
            im = Image.fromarray(draw(kind, w, h, p))
            print(kind, w, h, p, ahash(im), phash(im))
