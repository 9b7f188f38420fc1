#!/usr/bin/python3
"""Golden numbers of PyTorch for SubCell's network, for the tests of package transformer.

    golden.py DIR                 writes golden.json: small networks, in float64
    golden.py DIR full [--side N] writes DIR/{encoder.pth,classifier_s*.pth,model_config.yaml}, the full network at 448 px
                                  with 12 layers, images DIR/cells/*.npy (C,S,S) and embeddings.npy, probabilities.npy,
                                  attention.npy of them, for TestFullSize (SUBCELL_DUMP=DIR)

Weights and images are not stored: both sides draw them from the hash below, by the tensor's name.
"""
import argparse
import json
import math
import os
import zlib

import numpy as np
import torch
import torch.nn.functional as F


def hashed(name, n):
    """n numbers of 32 bits: murmur3's finaliser of index and name."""
    h = np.arange(n, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(zlib.crc32(name.encode()))
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    return h ^ h >> np.uint32(16)


def weight(name, shape):
    u = hashed(name, int(np.prod(shape))).astype(np.float64) / 2**31 - 1
    if len(shape) in (2, 4):
        u *= math.sqrt(3 / np.prod(shape[1:]))
    elif len(shape) == 1 and name.endswith("weight"):
        u = 1 + u / 4
    else:
        u /= 5
    return torch.tensor(u.astype(np.float32).reshape(shape))


def image(name, channels, side, depth):
    """Planes of 8 or 16 bits; with depth 0, of 8 bits and one value."""
    h = hashed(name, channels * side * side).reshape(channels, side, side)
    y, x = np.mgrid[:side, :side]
    waves = (h >> np.uint32(26)).astype(np.int64) + (y * 3 + x * 5) % 150 + 7
    if depth == 0:
        return np.full((channels, side, side), 9, np.uint8)
    return waves.astype(np.uint8) if depth == 8 else (waves * 211).astype(np.uint16)


def shapes(s):
    d, grid = s["hidden"], s["image"] // s["patch"]
    out = {
        "encoder.embeddings.cls_token": (1, 1, d),
        "encoder.embeddings.position_embeddings": (1, grid * grid + 1, d),
        "encoder.embeddings.patch_embeddings.projection.weight": (d, s["channels"], s["patch"], s["patch"]),
        "encoder.embeddings.patch_embeddings.projection.bias": (d,),
    }

    def linear(name, i, o):
        out[name + ".weight"], out[name + ".bias"] = (o, i), (o,)

    def norm(name):
        out[name + ".weight"], out[name + ".bias"] = (d,), (d,)

    for i in range(s["layers"]):
        at = f"encoder.encoder.layer.{i}."
        norm(at + "layernorm_before")
        norm(at + "layernorm_after")
        for part in ("attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense"):
            linear(at + part, d, d)
        linear(at + "intermediate.dense", d, s["inner"])
        linear(at + "output.dense", s["inner"], d)
    norm("encoder.layernorm")
    linear("pool_model.attention_v.1", d, s["pool_inner"])
    linear("pool_model.attention_u.1", d, s["pool_inner"])
    linear("pool_model.attention", s["pool_inner"], s["pool_heads"])
    for k in range(s["classifiers"]):
        for at, (i, o) in {"0": (s["pool_heads"] * d, 512), "3": (512, 256), "6": (256, s["classes"])}.items():
            linear(f"classifiers.{k}.{at}", i, o)
    return out


def network(s, w, x):
    """Embedding, probabilities and attention of images x (N,C,H,W) of raw values."""
    def dense(name, t):
        return F.linear(t, w[name + ".weight"], w[name + ".bias"])

    def norm(name, t):
        return F.layer_norm(t, t.shape[-1:], w[name + ".weight"], w[name + ".bias"], 1e-12)

    low, high = x.amin((1, 2, 3), True), x.amax((1, 2, 3), True)
    x = (x - low) / (high - low + 1e-6)
    at = "encoder.embeddings.patch_embeddings.projection"
    p = F.conv2d(x, w[at + ".weight"], w[at + ".bias"], stride=s["patch"])
    n, d, h, v = p.shape
    grid = s["image"] // s["patch"]
    table = w["encoder.embeddings.position_embeddings"]
    if (h, v) != (grid, grid):
        part = table[:, 1:].reshape(1, grid, grid, d).permute(0, 3, 1, 2)
        part = F.interpolate(part, size=(h, v), mode="bicubic", align_corners=False)
        table = torch.cat([table[:, :1], part.permute(0, 2, 3, 1).flatten(1, 2)], 1)
    t = torch.cat([w["encoder.embeddings.cls_token"].expand(n, -1, -1), p.flatten(2).transpose(1, 2)], 1) + table
    for i in range(s["layers"]):
        at = f"encoder.encoder.layer.{i}."
        y = norm(at + "layernorm_before", t)
        q, k, u = (dense(at + "attention.attention." + part, y).view(n, -1, s["heads"], d // s["heads"]).transpose(1, 2) for part in ("query", "key", "value"))
        y = F.scaled_dot_product_attention(q, k, u).transpose(1, 2).reshape(n, -1, d)
        t = t + dense(at + "attention.output.dense", y)
        y = norm(at + "layernorm_after", t)
        t = t + dense(at + "output.dense", F.gelu(dense(at + "intermediate.dense", y)))
    t = norm("encoder.layernorm", t)
    gates = torch.tanh(dense("pool_model.attention_v.1", t)) * F.gelu(dense("pool_model.attention_u.1", t))
    share = dense("pool_model.attention", gates).transpose(1, 2).softmax(-1)
    e = torch.bmm(share, t).flatten(1)
    probabilities = []
    for k in range(s["classifiers"]):
        y = F.relu(dense(f"classifiers.{k}.3", F.relu(dense(f"classifiers.{k}.0", e))))
        probabilities.append(dense(f"classifiers.{k}.6", y).sigmoid())
    return e, torch.stack(probabilities).mean(0), share[:, :, 1:].reshape(n, -1, h, v)


SMALL = dict(image=64, patch=16, hidden=64, inner=128, layers=3, heads=4, pool_inner=32, pool_heads=2, classes=31)
CASES = [  # the shape's changes, and side and depth of the image
    (dict(channels=4, classifiers=2), 64, 16),
    (dict(channels=4, classifiers=2), 64, 0),
    (dict(channels=3, classifiers=1), 64, 8),
    (dict(channels=2, classifiers=1), 96, 16),
    (dict(channels=2, classifiers=2, layers=1, patch=8, pool_heads=1, classes=5), 32, 8),
]


def small(to):
    out = []
    for changes, side, depth in CASES:
        s = {**SMALL, **changes}
        w = {n: weight(n, shape).double() for n, shape in shapes(s).items()}
        x = torch.from_numpy(image("cell", s["channels"], side, depth).astype(np.float64))[None]
        e, p, a = (v[0].numpy().ravel() for v in network(s, w, x))
        out.append(dict(shape=s, side=side, depth=depth, embedding=[float(f"{v:.8g}") for v in e], probabilities=[float(f"{v:.8g}") for v in p],
                        attention=[float(f"{v:.8g}") for v in a]))
    with open(os.path.join(to, "golden.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


def full(to, side, layers):
    s = {**SMALL, **dict(channels=4, classifiers=2, image=448, hidden=768, inner=3072, layers=layers, heads=12, pool_inner=512)}
    w = {n: weight(n, shape) for n, shape in shapes(s).items()}
    os.makedirs(os.path.join(to, "cells"), exist_ok=True)
    torch.save({n: t for n, t in w.items() if not n.startswith("classifiers.")}, os.path.join(to, "encoder.pth"))
    names = [f"classifier_s{k}.pth" for k in range(s["classifiers"])]
    for k, name in enumerate(names):
        torch.save({n.split(".", 2)[2]: t for n, t in w.items() if n.startswith(f"classifiers.{k}.")}, os.path.join(to, name))
    config = dict(classifier_paths=["models/rybg/" + n for n in names], encoder_path="models/rybg/encoder.pth", model_config=dict(
        vit_model=dict(hidden_size=768, num_hidden_layers=layers, num_attention_heads=12, intermediate_size=3072, hidden_act="gelu", layer_norm_eps=1e-12,
                       image_size=448, patch_size=16, num_channels=4, qkv_bias=True),
        pool_model=dict(dim=768, int_dim=512, num_heads=2), num_classes=31))
    with open(os.path.join(to, "model_config.yaml"), "w") as f:
        json.dump(config, f, indent=1)  # JSON is YAML
    results = []
    for name in ("first", "second"):
        raw = image(name, 4, side, 16)
        np.save(os.path.join(to, "cells", name + ".npy"), raw)
        with torch.inference_mode():
            results.append(network(s, w, torch.from_numpy(raw.astype(np.float32))[None]))
    for name, values in zip(("embeddings", "probabilities", "attention"), zip(*results)):
        np.save(os.path.join(to, name + ".npy"), torch.cat(values).numpy())


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("dir")
    p.add_argument("what", nargs="?", default="small", choices=("small", "full"))
    p.add_argument("--side", type=int, default=448)
    p.add_argument("--layers", type=int, default=12)
    a = p.parse_args()
    small(a.dir) if a.what == "small" else full(a.dir, a.side, a.layers)
