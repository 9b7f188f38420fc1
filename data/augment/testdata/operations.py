#!/usr/bin/python3
"""Golden digests for the operations, by numpy and OpenCV (Debian's python3-opencv).

    operations.py > operations.txt

What each does is albumentations 0.1.8's definition, written out. Plane c of a
case's image is ../../pixel/testdata/bilinear.py's with seed 8*case+c. Lines:
operation, width, height, its numbers, result's width and height, CRC-32 of its
planes, one after the other.
"""
import os
import random
import sys

import cv2
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pixel/testdata"))
from bilinear import crc, image  # noqa: E402

rand = random.Random(11)
case = 0
WARP = dict(flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def put(operation, numbers, do, size=None):
    global case
    case += 1
    w, h = size or rand.choice([(64, 64), (rand.randint(20, 90), rand.randint(20, 90))])
    a = np.dstack([image(8 * case + c, w, h, 8) for c in range(4)])
    if case % 3 == 0:
        a //= 4
    b = do(a)
    print(operation, w, h, *numbers, b.shape[1], b.shape[0], crc(b.transpose(2, 0, 1)))


def clip(a):
    return np.clip(a, 0, 255).astype(np.uint8)


def contrast(a, by):
    return clip(a.astype("float32") * by)


def brightness(a, by):
    return clip(a.astype("float32") + by * np.mean(a))


def gamma(a, g):
    table = np.array([((i / 255.0) ** (1.0 / g)) * 255 for i in np.arange(0, 256)]).astype(np.uint8)
    return cv2.LUT(a, table)


def shift_scale_rotate(a, dx, dy, scale, angle):
    h, w = a.shape[:2]
    m = cv2.getRotationMatrix2D((w / 2, h / 2), angle, scale)
    m[0, 2] += dx * w
    m[1, 2] += dy * h
    return cv2.warpAffine(a, m, (w, h), **WARP)


def scale(a, by):
    h, w = a.shape[:2]
    return cv2.resize(a, (int(w * by), int(h * by)), interpolation=cv2.INTER_LINEAR)


def grid(a, steps, sx, sy):
    maps = []
    for n, stretch in ((a.shape[1], sx), (a.shape[0], sy)):
        step = n // steps
        at = np.zeros(n, np.float32)
        before = 0
        for i, start in enumerate(range(0, n, step)):
            end = start + step
            if end > n:
                end = to = n
            else:
                to = before + step * stretch[i]
            at[start:end] = np.linspace(before, to, end - start)
            before = to
        maps.append(at)
    x, y = np.meshgrid(*maps)
    return cv2.remap(a, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def elastic_affine(a, moves):
    h, w = a.shape[:2]
    c, q = np.float32((h, w)) // 2, min(h, w) // 3
    old = np.float32([c + q, [c[0] + q, c[1] - q], c - q])
    new = old + np.array(moves).reshape(3, 2).astype(np.float32)
    return cv2.warpAffine(a, cv2.getAffineTransform(old, new), (w, h), **WARP)


for _ in range(12):
    by = 1 + rand.uniform(-.4, .4)
    put("contrast", (by,), lambda a: contrast(a, by))
for _ in range(12):
    by = rand.uniform(-.4, .4)
    put("brightness", (by,), lambda a: brightness(a, by))
for g in range(70, 131):
    put("gamma", (g,), lambda a: gamma(a, g / 100), (16, 16))
put("invert", (), lambda a: 255 - a)
for _ in range(6):
    by, bright, g = 1 + rand.uniform(-.4, .4), rand.uniform(-.4, .4), rand.randint(70, 130)
    put("chain", (by, bright, g), lambda a: 255 - gamma(brightness(contrast(a, by), bright), g / 100))
for _ in range(16):
    n = rand.uniform(-.12, .12), rand.uniform(-.12, .12), 1 + rand.uniform(-.2, .2), rand.uniform(-45, 45)
    put("shiftscalerotate", n, lambda a: shift_scale_rotate(a, *n))
for _ in range(8):
    by = 1 + rand.uniform(-.2, .2)
    put("scale", (by,), lambda a: scale(a, by))
for steps in (3, 4, 5, 5, 5, 3, 4, 7):
    n = [1 + rand.uniform(-.5, .5) for _ in range(2 * steps + 2)]
    put("grid", (steps, *n), lambda a: grid(a, steps, n[: steps + 1], n[steps + 1 :]))
for _ in range(16):
    n = [rand.uniform(-9, 9) for _ in range(6)]
    put("elastic", n, lambda a: elastic_affine(a, n))
