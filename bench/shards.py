#!/usr/bin/env python3
"""Shards exported, and read by the libraries that they are for.

    shards.py HPAFLOW DIR [FORM...]     DIR: a folder of shards; FORM: tar, mds, parquet, litdata

Each form is written by `hpaflow shards export` and read by its own library (webdataset, DALI; mosaicml-streaming; datasets
and pyarrow; litdata, all of PyPI): keys, planes, labels and names of planes must equal what is in the shards. A library that
is not installed is passed by, with a word. Tars come back by webdataset.flow, and must make the same shards. It ends with 1
where anything differs. Wants NumPy, Pillow and zstandard.
"""
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import zstandard
from PIL import Image

warnings.simplefilter("ignore")
hpaflow, folder = sys.argv[1], Path(sys.argv[2])
wanted = sys.argv[3:] or ["tar", "mds", "parquet", "litdata"]
scratch = Path(tempfile.mkdtemp())
faults = 0


def fits(planes):
    """Whether auto makes a PNG of it."""
    return len(planes) in (1, 3, 4) and planes.dtype == np.uint8


def run(*words):
    begun = time.monotonic()
    done = subprocess.run([hpaflow, *map(str, words), "--progress", "none"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr}")
    return time.monotonic() - begun


def shards(where):
    """Samples as the shards have them, by the README's lines."""
    all = {}
    for path in sorted(where.glob("*.tar.zst")):
        with path.open("rb") as f, zstandard.ZstdDecompressor().stream_reader(f, read_across_frames=True) as text:
            for member in (tar := tarfile.open(fileobj=text, mode="r|")):
                content = tar.extractfile(member).read()
                key, _, suffix = member.name.partition(".")
                sample = all.setdefault(key, {})
                if suffix == "json":
                    sample.update(json.loads(content))
                else:
                    planes = np.load(io.BytesIO(content))
                    if suffix == "rgby.up.npy":
                        planes = np.add.accumulate(planes, axis=1, dtype=planes.dtype)
                    sample["image"] = planes
    for sample in all.values():
        n = len(sample["image"])
        colours = ["red", "green", "blue", "yellow"]
        sample.setdefault("planes", colours[:n] if n <= 4 else [str(i + 1) for i in range(n)])
    return all


def planar(image):
    """Planes of what a PNG was decoded to."""
    array = np.asarray(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def from_png(content):
    return planar(Image.open(io.BytesIO(content)))


def say(what, got, seconds, ask=("labels", "split", "planes")):
    """Compares what a library gave, by key, with what there is."""
    global faults
    wrong = [key for key in want if key not in got or got[key]["image"].dtype != want[key]["image"].dtype
             or not np.array_equal(got[key]["image"], want[key]["image"]) or any(got[key][a] != want[key][a] for a in ask)]
    wrong += [key for key in got if key not in want]
    faults += len(wrong)
    rate = f"{len(want) / seconds:9.0f} samples/s" if seconds else " " * 19
    print(f"  {what:34} {'equal' if not wrong else f'WRONG: {len(wrong)} of {len(want)}, {wrong[:3]}':10} {rate}", flush=True)


def library(name):
    try:
        return importlib.import_module(name)
    except ImportError as e:
        print(f"  {name:34} passed by: {e}", flush=True)
        return None


def webdataset(out):
    if wds := library("webdataset"):
        got, begun = {}, time.monotonic()
        kind = {1: "pill", 3: "pil", 4: "pilrgba"}.get(next(iter(planes))) if len(planes := {len(s["image"]) for s in want.values()}) == 1 else None
        data = wds.WebDataset([str(p) for p in sorted(out.glob("*.tar"))], shardshuffle=False)
        for s in data.decode(kind) if kind else data.decode():
            got[s["__key__"]] = {"image": (from_png(s["png"]) if isinstance(s["png"], bytes) else planar(s["png"])) if "png" in s else s["npy"], **{k: s["json"][k] for k in ("labels", "split", "planes")}}
            if "cls" in s and [s["cls"]] != s["json"]["labels"]:
                got[s["__key__"]]["labels"] = s["cls"]
        say("webdataset", got, time.monotonic() - begun)


def dali(out):
    if library("nvidia.dali") is None:
        return
    from nvidia.dali import fn, pipeline_def, types

    got, begun, paths = {}, time.monotonic(), [str(p) for p in sorted(out.glob("*.tar"))]
    with tarfile.open(paths[0]) as first:
        members = {name.rsplit(".", 1)[1] for name in first.getnames()}
    png = "png" in members
    if {"png", "npy"} <= members:
        print(f"  {'DALI':34} passed by: its reader wants the same members of all samples")
        return

    @pipeline_def(batch_size=1, num_threads=1, device_id=None)
    def pipe():
        image, text = fn.readers.webdataset(paths=paths, ext=["png" if png else "npy", "json"], missing_component_behavior="error")
        return (fn.decoders.image(image, device="cpu", output_type=types.ANY_DATA) if png else image), text

    p = pipe()
    p.build()
    for _ in want:
        image, text = (np.array(o.at(0)) for o in p.run())
        about = json.loads(bytes(text))
        image = image.transpose(2, 0, 1) if png else np.load(io.BytesIO(bytes(image)))
        got[about["id"]] = {"image": image, **about}
    say("DALI, on the CPU", got, time.monotonic() - begun)


def streaming(out):
    if lib := library("streaming"):
        got, begun = {}, time.monotonic()
        for s in lib.StreamingDataset(local=str(out), shuffle=False, batch_size=1):
            s["image"] = s["image"] if isinstance(s["image"], np.ndarray) else planar(s["image"])
            got[s["key"]] = s
        say("mosaicml-streaming", got, time.monotonic() - begun)


def datasets(out):
    if lib := library("datasets"):
        lib.disable_progress_bars()
        got, begun = {}, time.monotonic()
        data = lib.load_dataset("parquet", data_files=str(out / "*.parquet"), split="train", cache_dir=str(scratch / "cache"))
        for s in data:
            s["image"] = planar(s["image"]) if "image" in s else np.load(io.BytesIO(s["npy"]))
            got[s["key"]] = s
        say("datasets", got, time.monotonic() - begun)


def pyarrow(out):
    if library("pyarrow"):
        from pyarrow import parquet

        got, begun = {}, time.monotonic()
        for s in parquet.read_table(out).to_pylist():
            s["image"] = from_png(s["image"]["bytes"]) if "image" in s else np.load(io.BytesIO(s["npy"]))
            got[s["key"]] = s
        say("pyarrow", got, time.monotonic() - begun)


def litdata(out):
    if lib := library("litdata"):
        got, begun = {}, time.monotonic()
        for s in lib.StreamingDataset(str(out)):
            s["image"] = s["image"] if isinstance(s["image"], np.ndarray) else from_png(s["image"])
            s["labels"], s["planes"] = json.loads(s["labels"]), json.loads(s["planes"])
            got[s["key"]] = s
        say("litdata", got, time.monotonic() - begun)


def back(out):
    """Tars come in again as the shards that they came of."""
    global faults
    took = run("run", "webdataset.flow", "--set", f"tars={out}", "--set", f"output={out}.back")
    got = shards(Path(f"{out}.back"))
    say("webdataset.flow", got, took)


readers = {"tar": [webdataset, dali, back], "mds": [streaming], "parquet": [datasets, pyarrow], "litdata": [litdata]}
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
want = shards(folder)
size = sum(s["image"].nbytes for s in want.values()) / 1e6
pngs = all(fits(s["image"]) for s in want.values())
print(f"{len(want)} samples, {size:.0f} MB of pixels")
for form in wanted:
    for image in ("png", "npy") if pngs else ("auto",) if form == "tar" else ("npy",):
        out = scratch / f"{form}-{image}"
        took = run("shards", "export", folder, f"--{form}", out, "--image", image)
        there = sum(f.stat().st_size for f in out.iterdir()) / 1e6
        print(f"--{form} --image {image}: {size / took:.0f} MB/s of pixels, {there / size:.2f} of their size")
        for read in readers[form]:
            read(out)
shutil.rmtree(scratch)
sys.exit(1 if faults else 0)
