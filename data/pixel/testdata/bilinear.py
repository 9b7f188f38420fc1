#!/usr/bin/python3
"""Golden digests for Bilinear and Dihedral, by OpenCV and numpy (Debian's python3-opencv).

    bilinear.py > bilinear.txt

The images come from a generator both sides have: a 32-bit xorshift seeded with
the case's number, one draw a pixel, its high bits. Lines: depth, source width and
height, result width and height, CRC-32 of the result's little-endian bytes; or
turn/flip name, width, height, CRC-32.
"""
import zlib

import cv2
import numpy as np


def image(seed, w, h, depth):
    x, out = seed * 2654435761 % 2**32 or 1, []
    for _ in range(w * h):
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        out.append(x >> (32 - depth))
    return np.array(out, np.uint8 if depth == 8 else np.uint16).reshape(h, w)


def crc(a):
    return f"{zlib.crc32(np.ascontiguousarray(a).tobytes()):08x}"


if __name__ == "__main__":
    SIZES = [(7, 5, 3, 9), (16, 16, 8, 8), (16, 16, 8, 7), (13, 11, 26, 22), (1, 1, 5, 4), (64, 48, 31, 33), (33, 65, 128, 100),
             (100, 80, 50, 40), (100, 80, 25, 20), (97, 89, 96, 88), (2, 50, 1, 25), (50, 2, 25, 3), (128, 128, 127, 129), (40, 40, 40, 20)]
    seed = 0
    for depth in (8, 16):
        for w, h, ow, oh in SIZES:
            seed += 1
            print(depth, w, h, ow, oh, crc(cv2.resize(image(seed, w, h, depth), (ow, oh), interpolation=cv2.INTER_LINEAR)))
    a = image(99, 5, 3, 8)
    for name, b in (("identity", a), ("fliplr", np.fliplr(a)), ("flipud", np.flipud(a)), ("both", a[::-1, ::-1]), ("transpose", a.T),
                    ("transpose_fliplr", np.fliplr(a.T)), ("transpose_flipud", np.flipud(a.T)), ("transpose_both", a.T[::-1, ::-1]),
                    ("rot1", np.rot90(a, 1)), ("rot2", np.rot90(a, 2)), ("rot3", np.rot90(a, 3))):
        print(name, b.shape[1], b.shape[0], crc(b))
