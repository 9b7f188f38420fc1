"""Tars that webdataset has written, and what webdataset reads of them, for golden_test.go.

    python golden.py        # needs webdataset, NumPy, Pillow and zstandard (PyPI); writes beside itself

cells-000.tar is as it is, cells-001.tar.gz and cells-002.tar.zst are compressed.
"""
import io
import json
import zlib
from pathlib import Path

import numpy as np
import webdataset as wds
import zstandard
from PIL import Image

HERE = Path(__file__).parent
rng = np.random.default_rng(18)


def pixels(*shape, dtype=np.uint8):
    return rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


def png(array, form="PNG"):
    out = io.BytesIO()
    Image.fromarray(array).save(out, form)
    return out.getvalue()


def write(name, samples):
    with wds.TarWriter(str(HERE / name), encoder=True, mtime=0) as out:
        for sample in samples:
            out.write(sample)


write("cells-000.tar", [
    {"__key__": "rgby", "png": png(pixels(5, 7, 4)), "json": {"labels": [25, 0], "split": "train", "planes": ["a", "b", "c", "d"]}},
    {"__key__": "plate/colour", "png": png(pixels(6, 4, 3)), "cls": 14},
    {"__key__": "plate/grey", "png": png(pixels(3, 9)), "json": {"label": 3, "other": {"x": [1]}}, "txt": "passed over"},
])
write("cells-001.tar.gz", [
    {"__key__": "planar", "npy": pixels(5, 4, 6, dtype=np.uint16), "json": {"labels": []}},
    {"__key__": "packed", "image.npy": pixels(17, 3, 2)},
    {"__key__": "one", "npy": pixels(8, 5), "json": {"labels": None}},
])
write("cells-002.tar", [
    {"__key__": "tiff", "tif": png(pixels(4, 4, dtype=np.uint16), "TIFF"), "cls": 0},
    {"__key__": "jpeg", "jpg": png(np.full((16, 16), 77, np.uint8), "JPEG")},
])
plain = HERE / "cells-002.tar"
(HERE / "cells-002.tar.zst").write_bytes(zstandard.compress(plain.read_bytes(), 3))
want = []
for name in ("cells-000.tar", "cells-001.tar.gz", "cells-002.tar"):
    for sample in wds.WebDataset(str(HERE / name), shardshuffle=False):
        array = None
        for suffix, content in sample.items():
            kind = suffix.split(".")[-1]
            if kind == "npy":
                array = np.load(io.BytesIO(content))
            elif kind in ("png", "jpg", "tif"):
                array = np.asarray(Image.open(io.BytesIO(content)))
        if array.ndim == 2:
            array = array[None]
        elif array.shape[0] > 16 or array.shape[2] <= 4 and "npy" not in sample:
            array = array.transpose(2, 0, 1)
        labels = None
        if "json" in sample:
            about = json.loads(sample["json"])
            labels = about.get("labels", [about["label"]] if "label" in about else None)
        elif "cls" in sample:
            labels = [int(sample["cls"])]
        little = array.astype(array.dtype.newbyteorder("<"))
        want.append({"key": sample["__key__"], "labels": labels if labels is None else sorted(labels), "shape": array.shape, "depth": 8 * array.itemsize, "crc": zlib.crc32(np.ascontiguousarray(little).tobytes())})
plain.unlink()
(HERE / "want.json").write_text(json.dumps(want, indent=1) + "\n")
