#!/usr/bin/python3
"""Golden digests for the operations of Packed, by OpenCV (Debian's python3-opencv).

    packed.py > packed.txt

Plane c of a case's image is bilinear.py's with seed 8*case+c. Lines: operation,
width, height, its numbers, CRC-32 of the result's planes, one after the other.
"""
import itertools
import random

import cv2
import numpy as np

from bilinear import crc, image

rand = random.Random(7)
case = 0


def put(operation, w, h, numbers, do):
    global case
    case += 1
    a = np.dstack([image(8 * case + c, w, h, 8) for c in range(4)])
    print(operation, w, h, *numbers, crc(np.asarray(do(a)).transpose(2, 0, 1)))


def size():
    return rand.choice([(rand.randint(2, 20), rand.randint(2, 20)), (rand.randint(20, 90), rand.randint(20, 90)), (64, 64)])


MIRROR = dict(borderMode=cv2.BORDER_REFLECT_101)
for spread in (0.2, 0.2, 0.2, 0.2, 1, 1, 3):
    for _ in range(5):
        w, h = size()
        m = [rand.uniform(-spread, spread) + (i in (0, 4)) for i in range(6)]
        m[2], m[5] = rand.uniform(-w, w) / 3, rand.uniform(-h, h) / 3
        put("warp", w, h, m, lambda a: cv2.warpAffine(a, np.array(m).reshape(2, 3), (w, h), flags=cv2.INTER_LINEAR, **MIRROR))
for _ in range(12):
    w, h = size()
    angle, scale = rand.uniform(-180, 180), rand.uniform(.5, 2)
    m = cv2.getRotationMatrix2D((w / 2, h / 2), angle, scale)
    put("rotate", w, h, (angle, scale), lambda a: cv2.warpAffine(a, m, (w, h), flags=cv2.INTER_LINEAR, **MIRROR))


def remap(a, xs, ys):
    return cv2.remap(a, np.ascontiguousarray(xs.astype(np.float32)), np.ascontiguousarray(ys.astype(np.float32)), cv2.INTER_LINEAR, **MIRROR)


for _ in range(12):
    w, h = size()
    xs = (image(1, w, 1, 16)[0] / 65535 * 2 * w - w / 2).astype(np.float32)
    ys = (image(2, h, 1, 16)[0] / 65535 * 2 * h - h / 2).astype(np.float32)
    put("remap", w, h, (), lambda a: remap(a, *np.meshgrid(xs, ys)))
for _ in range(12):
    w, h = size()
    dx, dy = ((image(s, w, h, 16).astype(np.float64) - 32768) / 8192 for s in (3, 4))
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    put("displace", w, h, (), lambda a: remap(a, x + dx.astype(np.float32), y + dy.astype(np.float32)))
for k in (1, 3, 5, 7, 9, 11, 13, 15):
    for w, h in (size(), size(), (k // 2 + 1, k // 2 + 2)):
        put("blur", w, h, (k,), lambda a: cv2.blur(a, (k, k)))


def motion(a, k, x0, y0, x1, y1):
    kernel = np.zeros((k, k), np.uint8)
    cv2.line(kernel, (x0, y0), (x1, y1), 1, thickness=1)
    return cv2.filter2D(a, ddepth=-1, kernel=kernel / np.sum(kernel))


for cells in itertools.product(range(3), repeat=4):
    if cells[:2] != cells[2:]:
        w, h = size()
        put("motion", w, h, (3, *cells), lambda a: motion(a, 3, *cells))
for _ in range(60):
    w, h = size()
    cells = [rand.randint(0, 4) for _ in range(4)]
    if cells[:2] == cells[2:]:
        continue
    put("motion", w, h, (5, *cells), lambda a: motion(a, 5, *cells))
for _ in range(16):
    w, h = size()
    ow, oh = (max(1, int(n * rand.uniform(.3, 2))) for n in (w, h))
    put("resize", w, h, (ow, oh), lambda a: cv2.resize(a, (ow, oh), interpolation=cv2.INTER_LINEAR))
put("resize", 64, 46, (32, 23), lambda a: cv2.resize(a, (32, 23), interpolation=cv2.INTER_LINEAR))
