#!/usr/bin/env python3
"""Writes golden.zip: OME-Zarr as ome-zarr-py writes it, and what is in it.

A line of the manifest: the OME-Zarr, the image's path, its level, channels, slices, times, height and width, the
names of the channels, and the start of the SHA-256 of its pixels, little-endian. Needs ome-zarr and zarr.
"""
import hashlib
import json
import os
import shutil
import tempfile
import warnings
import zipfile

import numpy as np
import zarr
from ome_zarr.format import FormatV04, FormatV05
from ome_zarr.writer import write_image, write_labels, write_plate_metadata, write_well_metadata

warnings.simplefilter("ignore")
rng = np.random.default_rng(3)
top = tempfile.mkdtemp()
lines = []


def pixels(shape):
    p = sum(np.indices(shape)[-2:]) * 37 + rng.integers(0, 9, shape[:-1] + (1,))
    return p.astype("u2")


def note(name, at, axes):
    """An image as zarr-python reads it, level by level."""
    g = zarr.open_group(os.path.join(top, name, at), mode="r")
    attrs = g.attrs.asdict()
    attrs = attrs.get("ome", attrs)
    for level, d in enumerate(attrs["multiscales"][0]["datasets"]):
        a = np.asarray(g[d["path"]][...])
        size = dict(zip(axes, a.shape))
        names = [c["label"] for c in attrs.get("omero", {}).get("channels", [])]
        lines.append("\t".join(map(str, [name, at or ".", level, size.get("c", 1), size.get("z", 1), size.get("t", 1), size["y"], size["x"],
                                         ",".join(names) or "-", hashlib.sha256(a.astype("<u2").tobytes()).hexdigest()[:24]])))


def image(g, shape, axes, fmt, names=None):
    write_image(pixels(shape), g, axes=axes, fmt=fmt, scale_factors=[2])
    if names:
        omero = {"channels": [{"label": n, "color": "FFFFFF"} for n in names]}
        if fmt.version == "0.5":
            g.attrs["ome"] = {**g.attrs["ome"], "omero": omero}
        else:
            g.attrs["omero"] = omero


def older(g, version):
    """Makes an image one of a version that ome-zarr-py does not write any more."""
    m = g.attrs["multiscales"]
    m[0]["version"] = version
    if version == "0.3":
        m[0]["axes"] = [a["name"] for a in m[0]["axes"]]
    else:
        del m[0]["axes"]
    g.attrs["multiscales"] = m


def group(name, fmt):
    return zarr.open_group(os.path.join(top, name), mode="w", zarr_format=fmt.zarr_format)


for v, fmt in (("0.1", FormatV04()), ("0.3", FormatV04()), ("0.4", FormatV04()), ("0.5", FormatV05())):
    for axes, shape in (("yx", (31, 40)), ("cyx", (3, 20, 24)), ("zyx", (4, 18, 16)), ("tczyx", (2, 3, 2, 17, 20))):
        if v == "0.1" and axes != "tczyx":
            continue
        name = f"{v}-{axes}.zarr"
        g = group(name, fmt)
        image(g, shape, axes, fmt, ["DAPI", "ER", "Mito"] if "c" in axes else None)
        if axes == "zyx" and v >= "0.4":
            write_labels(np.ones(shape, "u2"), g, name="cells", axes=axes, fmt=fmt)
        if v < "0.4":
            older(g, v)
        note(name, "", axes)
    if v < "0.4":
        continue
    name = f"{v}-plate.zarr"
    g = group(name, fmt)
    write_plate_metadata(g, ["B", "C"], ["3"], ["B/3", "C/3"], fmt=fmt)
    for w in ("B/3", "C/3"):
        well = g.require_group(w)
        write_well_metadata(well, ["0", "5"], fmt=fmt)
        for f in ("0", "5"):
            image(well.require_group(f), (2, 16, 16), "cyx", fmt, ["a", "b"])
            note(name, f"{w}/{f}", "cyx")
    for series, listed in ((1, True), (2, True), (2, False)):  # as bioformats2raw has them
        name = f"{v}-series-{series}-{'listed' if listed else 'counted'}.zarr"
        g = group(name, fmt)
        layout = {"bioformats2raw.layout": 3}
        g.attrs.update({"ome": {"version": "0.5", **layout}} if v == "0.5" else layout)
        if listed:
            ome, names = g.create_group("OME"), {"series": [str(i) for i in range(series)]}
            ome.attrs.update({"ome": {"version": "0.5", **names}} if v == "0.5" else names)
        for i in range(series):
            image(g.create_group(str(i)), (16, 16), "yx", fmt)
            note(name, str(i), "yx")

out = zipfile.ZipFile("golden.zip", "w", zipfile.ZIP_DEFLATED)
for at, _, files in os.walk(top):
    for f in sorted(files):
        path = os.path.join(at, f)
        b = open(path, "rb").read()
        if f in (".zattrs", "zarr.json", ".zarray"):
            b = json.dumps(json.loads(b)).encode()
        out.writestr(os.path.relpath(path, top), b)
out.writestr("manifest.txt", "\n".join(sorted(lines)) + "\n")
out.close()
shutil.rmtree(top)
