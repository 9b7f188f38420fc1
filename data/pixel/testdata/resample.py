#!/usr/bin/python3
"""Golden digests for Resample, by Pillow (Debian's python3-pil).

    resample.py > resample.txt

The images are bilinear.py's. Lines: depth, filter, source width and height,
result width and height, CRC-32 of the result's little-endian bytes. 16-bit
images go through Pillow's mode I and are clipped to 16 bits.
"""
import random

import numpy as np
from PIL import Image

from bilinear import crc, image

FILTERS = {"triangle": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
SIZES = [(1, 1, 5, 4), (7, 5, 3, 9), (16, 16, 8, 8), (64, 48, 31, 33), (64, 48, 64, 20), (64, 48, 20, 48), (512, 512, 8, 8), (512, 512, 32, 32),
         (600, 600, 512, 512), (300, 1, 32, 32), (1, 300, 32, 32), (100, 100, 1, 1)]
rand = random.Random(1)
for _ in range(26):
    SIZES.append(tuple(rand.choice((rand.randint(1, 40), rand.randint(1, 200))) for _ in range(4)))
seed = 1000
for depth in (8, 16):
    for name, f in FILTERS.items():
        for w, h, ow, oh in SIZES[:: 1 if depth == 8 else 4]:
            seed += 1
            a = image(seed, w, h, depth)
            if depth == 16:
                b = np.clip(np.array(Image.fromarray(a.astype(np.int32)).resize((ow, oh), f)), 0, 65535).astype(np.uint16)
            else:
                b = np.array(Image.fromarray(a).resize((ow, oh), f))
            print(depth, name, w, h, ow, oh, crc(b))
