"""Make golden.json: masks and crops as pycocotools, Pillow, tifffile and NumPy have them.

    python3 golden.py golden.json        (needs numpy, pillow, pycocotools, tifffile, imagecodecs)

Label images are small pictures of rectangles and noise; of each file its bytes, and of each cell its area,
box, COCO text, the challenge's text, and the square around it.
"""
import base64, io, json, sys, zlib
import numpy as np
import tifffile
from PIL import Image
from pycocotools import mask as coco

rng = np.random.default_rng(17)


def field(h, w, cells, top):
    labels = np.zeros((h, w), np.int64)
    for _ in range(cells):
        y, x = rng.integers(0, h), rng.integers(0, w)
        shape = rng.random((rng.integers(1, 9), rng.integers(1, 9))) < .7
        part = labels[y:y + shape.shape[0], x:x + shape.shape[1]]
        part[shape[:part.shape[0], :part.shape[1]]] = rng.integers(1, top)
    return labels


def png(labels, dtype, **kw):
    b = io.BytesIO()
    Image.fromarray(labels.astype(dtype)).save(b, "PNG", **kw)
    return b.getvalue()


def tif(labels, dtype, **kw):
    b = io.BytesIO()
    tifffile.imwrite(b, labels.astype(dtype), **kw)
    return b.getvalue()


def square(image, labels, label, size, keep):
    ys, xs = np.nonzero(labels == label)
    y0, x0, h, w = ys.min(), xs.min(), np.ptp(ys) + 1, np.ptp(xs) + 1
    top, left = y0 - (size - h) // 2, x0 - (size - w) // 2
    out = np.zeros((size, size), image.dtype)
    for y in range(size):
        for x in range(size):
            sy, sx = top + y, left + x
            if 0 <= sy < image.shape[0] and 0 <= sx < image.shape[1] and (keep or labels[sy, sx] == label):
                # of a box that is cut, what is beyond the square is lost
                out[y, x] = image[sy, sx]
    return out


cases = []
for name, h, w, cells, top, write in [
    ("uint8.png", 31, 23, 9, 12, lambda l: png(l, np.uint8)),
    ("uint16.png", 20, 41, 14, 60000, lambda l: png(l, np.uint16)),
    ("uint16.tif", 25, 25, 9, 300, lambda l: tif(l, np.uint16, compression="zlib", predictor=True)),
    ("int32.tif", 16, 33, 9, 2**31 - 1, lambda l: tif(l, np.int32, compression="zlib")),
    ("uint32.tif", 33, 16, 9, 2**32 - 1, lambda l: tif(l, np.uint32, byteorder=">")),
    ("float32.tif", 19, 19, 9, 2**24, lambda l: tif(l, np.float32, compression="lzw")),
    ("empty.png", 5, 7, 0, 2, lambda l: png(l, np.uint8)),
]:
    labels = field(h, w, cells, top)
    file = write(labels)
    image = rng.integers(1, 65536, (h, w)).astype(np.uint16)
    found = []
    for label in np.unique(labels)[1:] if labels.any() else []:
        mask = np.asfortranarray((labels == label).astype(np.uint8))
        counts = coco.encode(mask)["counts"]
        x, y, bw, bh = coco.toBbox(coco.encode(mask))
        squares = [{"size": int(s), "keep": keep, "pixels": square(image, labels, label, s, keep).ravel().tolist()}
                   for s, keep in ((5, False), (6, True))]
        found.append({"label": int(label), "area": int(mask.sum()), "box": [int(x), int(y), int(bw), int(bh)], "coco": counts.decode(),
                      "text": base64.b64encode(zlib.compress(counts, zlib.Z_BEST_COMPRESSION)).decode(),
                      "touches": bool(x == 0 or y == 0 or x + bw == w or y + bh == h), "squares": squares})
    cases.append({"name": name, "file": base64.b64encode(file).decode(), "width": w, "height": h, "image": image.ravel().tolist(), "cells": found})

# Large runs, and the masks that are all or nothing.
runs = []
for h, w, make in [(900, 700, lambda m: m.__setitem__((slice(100, 800), slice(33, 650)), 1)), (3, 3, lambda m: m.fill(1)), (4, 2, lambda m: None),
                   (64, 64, lambda m: m.__setitem__(slice(None), rng.random((64, 64)) < .5))]:
    m = np.zeros((h, w), np.uint8)
    make(m)
    counts = coco.encode(np.asfortranarray(m))["counts"]
    runs.append({"width": w, "height": h, "area": int(m.sum()), "coco": counts.decode()})

json.dump({"cases": cases, "runs": runs}, open(sys.argv[1], "w"), separators=(",", ":"))
