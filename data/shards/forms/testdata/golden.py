"""Shards as mosaicml-streaming, litdata and datasets write them, for golden_test.go.

    python golden.py        # needs these three, NumPy and Pillow (PyPI); writes beside itself

The samples are those of forms_test.go: their pixels follow from a generator that is the same there.
"""
import io
import json
import math
import shutil
import tempfile
from pathlib import Path

import numpy as np
import PIL.Image

HERE = Path(__file__).parent
COLOURS = ["red", "green", "blue", "yellow"]
SAMPLES = [
    # key, shape, depth, labels, split, names
    ("one", (1, 5, 6), 8, [3], "train", ["dapi"]),
    ("plate/rgby", (4, 6, 7), 8, [0, 25], "train", COLOURS),
    ("zwölf", (2, 3, 4), 8, [], "val", ["ä", "𝛼"]),
    ("five", (5, 2, 300), 8, None, "", ["1", "2", "3", "4", "5"]),
    ("wide", (4, 4, 5), 16, [63], "train", COLOURS),
]


def numbers(seed):
    x = seed * 2654435761 & 0xFFFFFFFF
    while True:
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        yield x


def samples():
    for i, (key, shape, depth, labels, split, names) in enumerate(SAMPLES):
        draw = numbers(i + 1)
        values = [next(draw) >> (32 - depth) for _ in range(math.prod(shape))]
        yield {"image": np.array(values, f"uint{depth}").reshape(shape), "key": key, "labels": labels, "planes": names, "split": split}


def mds():
    from streaming import MDSWriter

    out = Path(tempfile.mkdtemp()) / "out"
    columns = {"image": "ndarray", "key": "str", "labels": "json", "planes": "json", "split": "str"}
    with MDSWriter(out=str(out), columns=columns, size_limit=1 << 26) as w:
        for sample in samples():
            w.write(sample)
    shutil.copy(out / "shard.00000.mds", HERE / "mds.mds")
    shutil.copy(out / "index.json", HERE / "mds.json")


def litdata():
    from litdata.streaming.writer import BinaryWriter

    out = Path(tempfile.mkdtemp()) / "out"
    w = BinaryWriter(str(out), chunk_bytes=1 << 26)
    for i, sample in enumerate(samples()):
        w[i] = {**sample, "labels": json.dumps(sample["labels"]), "planes": json.dumps(sample["planes"])}
    w.done()
    w._merge_no_wait()
    shutil.copy(out / "chunk-0-0.bin", HERE / "litdata.bin")
    index = json.loads((out / "index.json").read_text())
    del index["updated_at"]
    (HERE / "litdata.json").write_text(json.dumps(index))


def parquet():
    from datasets import Dataset, Features, Image, List, Value

    png = io.BytesIO()
    PIL.Image.fromarray(next(samples())["image"][0]).save(png, "PNG")
    text, number = Value("string"), Value("int32")
    rest = {"labels": List(number), "split": text, "source": text, "planes": List(text), "width": number, "height": number, "depth": number}
    for name, image, values in (("png", Image(), {"bytes": png.getvalue(), "path": "one.png"}), ("npy", Value("binary"), b"x")):
        column = "image" if name == "png" else name
        rows = {"key": ["one"], column: [values], "labels": [None], "split": ["train"], "source": [""], "planes": [["dapi"]], "width": [6], "height": [5], "depth": [8]}
        data = Dataset.from_dict(rows, features=Features({"key": text, column: image, **rest}))
        data.to_parquet(HERE / f"{name}.parquet")


mds()
litdata()
parquet()
