#!/usr/bin/python3
"""Golden numbers of mixed batches, by timm.data.Mixup.

    timm_mixup.py DIR      writes mixup.json

What timm draws is handed to it, one value after another: whether it is CutMix, lambda, and the middle of the box.
Images are small whole numbers, normalised as op "batch" does. The distribution functions are those of a million draws
of numpy's beta.
"""
import json
import sys

import numpy as np
import timm
import torch
from timm.data import mixup

N, C, H, W, CLASSES = 5, 2, 6, 7, 4


def pixels(n):
    i = np.arange(n * C * H * W, dtype=np.int64)
    return ((i * i * 31 + i * 17) % 251).astype(np.float32).reshape(n, C, H, W)


def normalised(x, norm):
    if norm == "fixed":
        return ((x - np.float32(127.5)) / np.float32(255)).astype(np.float32)
    mean = x.astype(np.float64).mean((2, 3), keepdims=True)
    std = x.astype(np.float64).std((2, 3), keepdims=True)
    return ((x - mean.astype(np.float32)) / (std + 1e-7).astype(np.float32)).astype(np.float32)


def given(values):
    left = list(values)
    return lambda *_, **__: left.pop(0)


def case(norm, n, lam, centre=None):
    cutmix = centre is not None
    m = mixup.Mixup(0 if cutmix else 1, 1 if cutmix else 0, label_smoothing=0, num_classes=CLASSES, multi_label=True)
    random = mixup.np.random
    before = random.beta, random.randint
    random.beta, random.randint = given([lam]), given(centre or ())
    x = torch.tensor(normalised(pixels(n), norm))
    y = torch.tensor([[float((i * 3 + k) % 4 == 0 or (i + k) % 5 == 1) for k in range(CLASSES)] for i in range(n)])
    out = {"norm": norm, "n": n, "lambda": lam, "centre": centre, "y": y.ravel().tolist()}
    x, y = (mixup.Mixup.__call__(m, x, y) if n % 2 == 0 else odd(m, x, y))
    random.beta, random.randint = before
    return {**out, "mixed_x": x.ravel().tolist(), "mixed_y": y.ravel().tolist()}


def odd(m, x, y):
    """timm wants an even number of samples; what it does with them needs none."""
    lam = m._mix_batch(x)
    return x, mixup.mixup_target(y, CLASSES, lam, 0, True)


def boxes():
    out = []
    random = mixup.np.random
    before = random.randint
    for h, w in ((6, 7), (512, 512), (31, 64)):
        for lam in (0, 0.1, 0.37, 0.5, 0.9, 0.999, 1):
            for y, x in ((0, 0), (h - 1, w - 1), (h // 2, w // 3), (1, w - 2)):
                random.randint = given([y, x])
                (top, bottom, left, right), corrected = mixup.cutmix_bbox_and_lam((4, h, w), lam)
                out.append([h, w, lam, y, x, int(top), int(bottom), int(left), int(right), float(corrected)])
    random.randint = before
    return out


def distributions():
    rng = np.random.default_rng(1)
    at = [0.001, 0.02, 0.1, 0.3, 0.5, 0.8]
    out = []
    for alpha in (0.05, 0.2, 0.5, 1, 4):
        draws = rng.beta(alpha, alpha, 1_000_000)
        out.append({"alpha": alpha, "at": at, "below": [round(float((draws < v).mean()), 4) for v in at]})
    return out


if __name__ == "__main__":
    print("timm", timm.__version__)
    golden = {
        "cases": [
            case("fixed", 4, 0.3), case("per_image", 4, 0.85), case("fixed", 5, 0.5), case("fixed", 1, 0.2),
            case("fixed", 4, 0.4, (0, 6)), case("per_image", 4, 0.6, (3, 3)), case("fixed", 5, 0.7, (5, 1)),
        ],
        "boxes": boxes(), "distributions": distributions(),
    }
    with open(f"{sys.argv[1]}/mixup.json", "w") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")
