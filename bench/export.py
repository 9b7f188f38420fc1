#!/usr/bin/env python3
"""hpaflow export beside the programs that read it: ONNX Runtime, OpenVINO, PyTorch, timm.

    export.py HPAFLOW [SIZE [NETWORK...]]     SIZE: pixels a side, 128 by default

For each network: weights drawn at random, images of noise, the probabilities of `hpaflow run infer.flow`
(one view, all digits) and of the export, as logits. Wants numpy, pillow, torch, torchvision, safetensors,
timm, onnx, onnxruntime and openvino of PyPI. It ends with 1 where anything differs by more than 1e-4.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

LIMIT = 1e-4
NETWORKS = ("resnet18", "resnet34", "inception_v3", "se_resnext50", "densenet121", "convnext_tiny")
PLAIN = ("resnet18", "resnet34", "densenet121", "convnext_tiny")  # those without an attention head, which timm has too
hpaflow, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 128
worst = 0.0


def run(*words):
    done = subprocess.run([hpaflow, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr}")


def say(what, got, want):
    global worst
    off = float(np.abs(np.asarray(got) - want).max())
    worst = max(worst, off)
    print(f"  {what:44} {off:.2e}{'' if off <= LIMIT else '   WRONG'}")


def weights(name, classes, channels, to):
    """Weights under the published names, batch norm's statistics as after some training."""
    torch.manual_seed(1)
    import torchvision
    if name.startswith("resnet"):
        net = getattr(torchvision.models, name)(num_classes=classes)
        net.conv1 = torch.nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        rename = lambda k: k.replace("fc.", "last_linear.")
    elif name == "densenet121":
        net = torchvision.models.densenet121(num_classes=classes)
        net.features.conv0 = torch.nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        rename = lambda k: k.replace("classifier.", "last_linear.")
    elif name == "convnext_tiny":
        net = torchvision.models.convnext_tiny(num_classes=classes)
        net.features[0][0] = torch.nn.Conv2d(channels, 96, 4, 4)
        for k, p in net.named_parameters():
            if k.endswith("layer_scale"):  # from 1e-6, as after some training
                p.data.uniform_(-.3, .3)
        rename = lambda k: k.replace("classifier.2.", "last_linear.")
    elif name == "inception_v3":
        net = torchvision.models.inception_v3(init_weights=False, aux_logits=False)
        net.Conv2d_1a_3x3.conv = torch.nn.Conv2d(channels, 32, 3, 2, bias=False)
        net.fc = torch.nn.Identity()
        rename = lambda k: "cnn." + k
    else:
        net = timm.create_model("legacy_seresnext50_32x4d", in_chans=channels, num_classes=0)
        rename = lambda k: "cnn." + k
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.running_mean.uniform_(-.2, .2)
            m.running_var.uniform_(.5, 1.5)
            m.weight.data.uniform_(.8, 1.2)
            m.bias.data.uniform_(-.1, .1)
    state = {rename(k): v for k, v in net.state_dict().items()}
    if name not in PLAIN:
        for head in ("last_linear", "attention"):
            conv = torch.nn.Conv2d(2048, classes, 1)
            state |= {f"{head}.weight": conv.weight.data, f"{head}.bias": conv.bias.data}
    if name.startswith("resnet"):
        state["last_linear.weight"] *= .02  # probabilities are to tell logits
    torch.save(state, to)


def ours(tmp, name, weights, classes, channels, n, side, norm, grid):
    """Logits of hpaflow, in the order of names."""
    out = tmp / f"p{side}.shards"
    run("run", "infer.flow", "--progress", "none", "--set", f"weights={weights}", "--set", f"model={name}", "--set", f"images={tmp / f'images{side}'}",
        "--set", f"table={tmp / 'table.csv'}", "--set", "split=", "--set", "views=1", "--set", f"size={side}", "--set", f"classes={classes}",
        "--set", "batch=4", "--set", f"norm={norm}", "--set", f"attention_size={grid}", "--set", f"channels={channels}", "--set", "device=cpu", "--set", f"out={out}")
    rows = []
    for i in range(n):
        text = subprocess.run([hpaflow, "shards", "cat", "--format", "json", str(out), f"s{i}"], capture_output=True, text=True, check=True).stdout
        rows.append([each["probability"] for each in json.loads(text)["probabilities"]])
    p = np.asarray(rows)
    return np.log(p) - np.log1p(-p)


def check(name, classes, channels, norm, grid):
    print(f"{name}, {classes} labels, {channels} planes, {norm}, grid {grid or 'of the features'}")
    with tempfile.TemporaryDirectory() as t:
        tmp = Path(t)
        n, rng = 5, np.random.default_rng(3)
        sides = (size,) if grid else (size, size + 32)
        images = {}
        for side in sides:
            (tmp / f"images{side}").mkdir()
            images[side] = rng.integers(0, 256, (n, channels, side, side), dtype=np.uint8)
            for i, planes in enumerate(images[side]):
                Image.fromarray(np.moveaxis(planes, 0, 2), "RGBA" if channels == 4 else "RGB").save(tmp / f"images{side}" / f"s{i}.png")
        (tmp / "table.csv").write_text("Id,Target\n" + "".join(f"s{i},0\n" for i in range(n)))
        weights(name, classes, channels, tmp / "weights.pth")
        base = ["export", tmp / "weights.pth", "--model", name, "--classes", classes, "--channels", channels, "--norm", norm]
        if grid:
            base += ["--attention-size", grid, "--size", size]
        run(*base, "--onnx", tmp / "raw.onnx", "--input", "uint8")
        run(*base, "--onnx", tmp / "norm.onnx", "--torch", tmp / "torch", "--hf", tmp / "hf")
        for file in ("raw.onnx", "norm.onnx"):
            onnx.checker.check_model(onnx.load(tmp / file), full_check=True)
        sessions = [onnxruntime.InferenceSession(tmp / f) for f in ("raw.onnx", "norm.onnx")]
        sys.path.insert(0, str(tmp / "torch"))
        import model
        net = model.load()
        core = openvino.Core()
        core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        vino = [core.compile_model(core.read_model(str(tmp / f)), "CPU") for f in ("raw.onnx", "norm.onnx")]
        for side in sides:
            want = ours(tmp, name, tmp / "weights.pth", classes, channels, n, side, norm, grid)
            x = images[side]
            normal = model.normalise(torch.from_numpy(x))
            for count in (1, n):
                of = f"{side} px, {count} images"
                say(f"ONNX Runtime, uint8, {of}", sessions[0].run(["logits"], {"images": x[:count]})[0], want[:count])
                say(f"ONNX Runtime, float32, {of}", sessions[1].run(["logits"], {"images": normal.numpy()[:count]})[0], want[:count])
                say(f"OpenVINO, uint8, {of}", vino[0](x[:count])["logits"], want[:count])
                say(f"OpenVINO, float32, {of}", vino[1](normal.numpy()[:count])["logits"], want[:count])
            with torch.no_grad():
                say(f"PyTorch by model.py, {side} px", net(normal).numpy(), want)
                if name in PLAIN:
                    say(f"timm, local-dir, {side} px", timm.create_model(f"local-dir:{tmp / 'hf'}", pretrained=True).eval()(normal).numpy(), want)
        sys.path.pop(0)
        del sys.modules["model"]
        run(*base, "--onnx", tmp / "again.onnx", "--input", "uint8")
        if (tmp / "again.onnx").read_bytes() != (tmp / "raw.onnx").read_bytes():
            sys.exit("a second export has other bytes")
        back = tmp / "back"
        run("export", tmp / "hf" / "model.safetensors", "--model", name, "--classes", classes, "--channels", channels, "--torch", back)
        there, again = (load_file(d / "weights.safetensors") for d in (tmp / "torch", back))
        if there.keys() != again.keys() or any(not torch.equal(there[k], again[k]) for k in there):
            sys.exit(f"what was exported does not come back as it was: {sorted(there.keys() ^ again.keys())[:6]}")


for name in sys.argv[3:] or NETWORKS:
    check(name, 28, 4, "fixed", 0)
if not sys.argv[3:]:
    check("resnet18", 19, 3, "per_image", 0)
    check("inception_v3", 28, 4, "per_image", 3)
    check("se_resnext50", 28, 4, "fixed", 3)
print(f"largest difference of logits {worst:.2e}, limit {LIMIT:.0e}")
sys.exit(worst > LIMIT)
