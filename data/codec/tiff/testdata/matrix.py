#!/usr/bin/env python3
"""Writes TIFF files of every kind, and what tifffile reads from each of their pages.

    matrix.py golden.zip            a few of each kind, small: the goldens of the tests
    matrix.py --all matrix.zip      the product of kinds: TIFFS=matrix.zip go test -run Golden ./data/codec/tiff

Writers: tifffile with imagecodecs, Pillow, and libtiff's tiffcp (Debian's libtiff-tools). The archive has a manifest,
a line a page: name, page, type, samples, height, width and the start of the SHA-256 of the samples plane by plane,
little-endian; or "none" where tifffile reads nothing either.
"""
import argparse
import hashlib
import io
import itertools
import os
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import tifffile
from PIL import Image

rng = np.random.default_rng(5)
H, W = 45, 37
KINDS = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]


def picture(h, w, samples, dtype, bits=None):
    """Cells on a noisy ground, of a type's range."""
    y, x = np.mgrid[0:h, 0:w]
    planes = []
    for c in range(samples):
        p = 0.3 + 0.2 * np.sin(x / (3 + c) + c) + 0.2 * np.cos(y / (5 + c)) + 0.2 * ((x + 2 * y) % (17 + c) < 4)
        planes.append(np.clip(p + rng.normal(0, 0.02, p.shape), 0, 1))
    p = np.stack(planes, -1)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return ((p - 0.4) * 1000).astype(dtype)
    if dtype.kind == "i":
        most = 2.0 ** (8 * min(dtype.itemsize, 4) - 1) - 1
        return ((p - 0.5) * 2 * most).astype(dtype)
    most = 2.0 ** (bits or 8 * min(dtype.itemsize, 4)) - 1
    return (p * most).astype(dtype)


class Set:
    def __init__(self, path, everything):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.lines, self.seen, self.all = [], set(), everything

    def add(self, name, data):
        if name in self.seen:
            return
        self.seen.add(name)
        self.zip.writestr(name, data)
        pages = []
        try:
            with tifffile.TiffFile(io.BytesIO(data)) as t:
                for i in range(len(t.pages)):
                    pages.append(self.page(t, i))
        except Exception as e:
            print(name, type(e).__name__, e, file=sys.stderr)
            pages = pages or ["none"]
        for i, p in enumerate(pages):
            self.lines.append(f"{name} {i} {p}")

    def page(self, t, i):
        page = t.pages[i]
        page = page.aspage() if hasattr(page, "aspage") else page
        try:
            a = page.asarray()
        except Exception as e:
            print("tifffile reads no", page, type(e).__name__, e, file=sys.stderr)
            return "none"
        if a.dtype == bool:
            a = a.astype("u1")
        if a.ndim == 2:
            a = a[None]
        elif page.planarconfig == 1 or page.samplesperpixel == 1:
            a = np.moveaxis(a, -1, 0)
        a = np.ascontiguousarray(a.astype(a.dtype.newbyteorder("<")))
        s, h, w = a.shape
        return f"{a.dtype.kind}{a.dtype.itemsize} {s} {h} {w} {hashlib.sha256(a.tobytes()).hexdigest()[:24]}"

    def close(self):
        self.zip.writestr("manifest.txt", "\n".join(self.lines) + "\n")
        self.zip.close()
        print(len(self.seen), "files,", len(self.lines), "pages", file=sys.stderr)


def written(*a, **k):
    b = io.BytesIO()
    tifffile.imwrite(b, *a, **k)
    return b.getvalue()


def by_tifffile(s):
    """The product of what tifffile writes."""
    layouts = {"one": {}, "strips": {"rowsperstrip": 7}, "tiles": {"tile": (16, 32)}}
    compressions = [None, "packbits", "lzw", "deflate", "adobe_deflate", "zstd", "lzma"]
    for order, big in itertools.product("<>", (False, True)):
        for dtype, layout, compression in itertools.product(KINDS, layouts, compressions):
            predictors = [False]
            if compression not in (None, "packbits"):
                predictors.append(3 if dtype[0] == "f" else 2)
            for predictor in predictors:
                if big and not (dtype in ("u2", "f4") and layout != "one"):
                    continue
                if not s.all and not keep(order, big, dtype, layout, compression, predictor):
                    continue
                name = f"tifffile-{'le' if order == '<' else 'be'}{'-big' if big else ''}-{dtype}-{layout}-{compression}-{int(predictor)}.tif"
                try:
                    s.add(name, written(picture(H, W, 1, dtype)[..., 0], byteorder=order, bigtiff=big, photometric="minisblack",
                                        compression=compression, predictor=predictor or None, **layouts[layout]))
                except Exception as e:
                    print("not written:", name, e, file=sys.stderr)
    for order, planar, photometric, dtype, compression, layout in itertools.product(
            "<>", ("contig", "separate"), ("rgb", "rgba", "five"), ("u1", "u2", "f4"), (None, "lzw", "deflate", "zstd"), layouts):
        samples = {"rgb": 3, "rgba": 4, "five": 5}[photometric]
        predictor = (3 if dtype == "f4" else 2) if compression in ("lzw", "deflate") else None
        if not s.all and not (order == "<" and layout == "tiles" and compression in ("lzw", "deflate") and dtype != "f4" and photometric != "five"
                              or order == ">" and layout == "strips" and dtype == "f4" and compression == "deflate" and photometric == "rgb"):
            continue
        a = picture(H, W, samples, dtype)
        if planar == "separate":
            a = np.moveaxis(a, -1, 0)
        extra = {"rgb": None, "rgba": ["unassalpha"], "five": ["unspecified"] * 4}[photometric]
        name = f"tifffile-{'le' if order == '<' else 'be'}-{photometric}-{planar}-{dtype}-{compression}-{layout}.tif"
        s.add(name, written(a, byteorder=order, photometric="minisblack" if photometric == "five" else "rgb", planarconfig=planar,
                            extrasamples=extra, compression=compression, predictor=predictor, **layouts[layout]))
    for bits in (1, 2, 4, 10, 12, 14, 3, 6, 9, 15):
        for order, layout in itertools.product("<>", layouts):
            if not s.all and (order == ">" or layout == "one" or bits in (3, 6, 9, 15) and layout == "tiles"):
                continue
            for photometric in ("minisblack", "miniswhite"):
                if not s.all and photometric == "miniswhite" and bits not in (1, 4):
                    continue
                a = picture(H, W, 1, "u1" if bits <= 8 else "u2", bits)[..., 0]
                if bits == 1:
                    a = a.astype(bool)
                name = f"tifffile-bits{bits}-{'le' if order == '<' else 'be'}-{layout}-{photometric}.tif"
                try:
                    s.add(name, written(a, byteorder=order, photometric=photometric, bitspersample=bits, **layouts[layout]))
                except Exception as e:
                    print("not written:", name, e, file=sys.stderr)
    # what is an image by itself, and what is refused
    for compression, dtype, samples, more in (
            ("jpeg", "u1", 1, {}), ("jpeg", "u1", 3, {}), ("jpeg", "u1", 3, {"subsampling": (2, 2)}), ("jpeg2000", "u1", 1, {}),
            ("jpeg2000", "u2", 1, {}), ("jpegxl", "u1", 3, {}), ("jpegxr", "u1", 3, {}), ("lerc", "f4", 1, {}), ("webp", "u1", 3, {}),
            ("webp", "u1", 4, {}), ("png", "u1", 1, {}), ("jetraw", "u2", 1, {}), ("ccittfax4", "u1", 1, {}), ("pixarlog", "u1", 1, {})):
        for layout in ("strips", "tiles"):
            a = picture(H, W, samples, dtype)
            lossless = [{}]
            if compression == "webp":
                lossless = [{"compressionargs": {"lossless": True}}, {"compressionargs": {"lossless": False, "level": 70}}]
            for i, args in enumerate(lossless):
                name = f"tifffile-{compression}-{dtype}-{samples}-{layout}-{i}{'-sub' if more else ''}.tif"
                try:
                    s.add(name, written(a if samples > 1 else a[..., 0], photometric="rgb" if samples > 2 else "minisblack",
                                        compression=compression, **layouts[layout] if layout == "tiles" else {"rowsperstrip": 16}, **args, **more))
                except Exception as e:
                    print("not written:", name, e, file=sys.stderr)
    for dtype in ("u1", "u2") if s.all else ("u1",):
        a = picture(H, W, 1, dtype)[..., 0]
        n = 256 if dtype == "u1" else 65536
        colours = np.stack([np.arange(n) * k * (65536 // n) for k in (1, 3, 7)]).astype("u2")
        s.add(f"tifffile-palette-{dtype}.tif", written(a, photometric="palette", colormap=colours, compression="lzw" if dtype == "u1" else "deflate"))
    s.add("tifffile-cmyk.tif", written(picture(H, W, 4, "u1"), photometric="separated"))
    s.add("tifffile-complex.tif", written(picture(H, W, 1, "f4")[..., 0].astype("c8")))
    s.add("tifffile-volume.tif", written(np.stack([picture(16, 16, 1, "u1")[..., 0]] * 16), volumetric=True, tile=(16, 16, 16)))
    s.add("tifffile-two-descriptions.tif", written(picture(H, W, 1, "u2")[..., 0], description="plate 7"))
    s.add("tifffile-pages.tif", written(picture(H, W, 5, "u2").transpose(2, 0, 1), photometric="minisblack"))
    s.add("tifffile-imagej.tif", written(picture(H, W, 6, "u2").transpose(2, 0, 1).reshape(3, 2, H, W), imagej=True, metadata={"axes": "ZCYX"}))
    s.add("tifffile-ome.ome.tif", written(picture(H, W, 6, "u2").transpose(2, 0, 1).reshape(3, 2, H, W), metadata={"axes": "ZCYX"}, compression="zlib"))
    b = io.BytesIO()
    with tifffile.TiffWriter(b, bigtiff=True) as t:
        a = picture(32, 32, 1, "u2")[..., 0]
        t.write(a, subifds=2, tile=(16, 16), photometric="minisblack", compression="zlib", metadata=None)
        t.write(a[::2, ::2], subfiletype=1, tile=(16, 16), photometric="minisblack")
        t.write(a[::4, ::4], subfiletype=1, tile=(16, 16), photometric="minisblack")
        t.write(a[::-1], tile=(16, 16), photometric="minisblack", compression="lzw", metadata=None)
    s.add("tifffile-subifds.tif", b.getvalue())


def keep(order, big, dtype, layout, compression, predictor):
    """The goldens: each compression, predictor, type, order and layout with some of the others."""
    if big:
        return order == ">" and dtype == "u2" and layout == "tiles" and compression in (None, "zstd") and not predictor
    if dtype == "u2":
        return layout != "one" and compression not in ("deflate",) and (order == "<" or bool(predictor) or compression is None)
    if dtype in ("f2", "f4", "f8"):
        return layout == "tiles" and compression in ("deflate", "lzw") and bool(predictor) and order == "<"
    return layout == "strips" and compression in ("lzw", "adobe_deflate") and order == ">" and (bool(predictor) or dtype == "u1")


def by_libtiff(s):
    """What tiffcp makes of plain files."""
    with tempfile.TemporaryDirectory() as tmp:
        bases = {
            "u1": (picture(H, W, 1, "u1")[..., 0], {}), "u2": (picture(H, W, 1, "u2")[..., 0], {}),
            "u4": (picture(H, W, 1, "u4")[..., 0], {}), "f4": (picture(H, W, 1, "f4")[..., 0], {}),
            "i2": (picture(H, W, 1, "i2")[..., 0], {}), "f8": (picture(H, W, 1, "f8")[..., 0], {}),
            "rgb": (picture(H, W, 3, "u1"), {"photometric": "rgb"}), "rgb16": (picture(H, W, 3, "u2"), {"photometric": "rgb"}),
            "rgba": (picture(H, W, 4, "u1"), {"photometric": "rgb", "extrasamples": ["assocalpha"]}),
            "bits1": (picture(H, W, 1, "u1", 1)[..., 0].astype(bool), {"bitspersample": 1}),
            "bits4": (picture(H, W, 1, "u1", 4)[..., 0], {"bitspersample": 4}),
            "bits12": (picture(H, W, 1, "u2", 12)[..., 0], {"bitspersample": 12}),
            "pages": (picture(H, W, 3, "u2").transpose(2, 0, 1), {"photometric": "minisblack"}),
        }
        compressions = ["none", "packbits", "lzw", "zip", "lzma", "zstd", "jpeg", "webp", "g4", "lzw:2", "zip:2", "zstd:2", "lzma:2", "lzw:3", "zip:3", "zstd:3"]
        for base, (a, how) in bases.items():
            how = {"photometric": "minisblack"} | how
            plain = os.path.join(tmp, base + ".tif")
            with open(plain, "wb") as f:
                f.write(written(a, **how, metadata=None))
            for compression in compressions:
                if compression.endswith(":3") and base[0] != "f" or compression.endswith(":2") and base in ("bits1", "bits4", "bits12"):
                    continue
                if compression == "g4" and base != "bits1" or compression in ("jpeg", "webp") and base not in ("u1", "rgb", "rgba", "u2"):
                    continue
                for layout in (["-s", "-r", "16"], ["-t", "-w", "32", "-l", "16"]):
                    for extra in ([], ["-B"], ["-8"], ["-f", "lsb2msb"], ["-p", "separate"]):
                        if extra == ["-p", "separate"] and base not in ("rgb", "rgb16", "rgba"):
                            continue
                        if not s.all and not (extra == ["-f", "lsb2msb"] and compression in ("lzw", "none", "zstd") and base in ("u2", "bits12") and layout[0] == "-s"
                                              or extra == [] and layout[0] == "-t" and (base in ("f4", "rgb16") and compression in ("zip:3", "lzma:2", "lzma", "zip:2")
                                                                                       or compression in ("jpeg", "webp", "packbits", "g4"))
                                              or extra == ["-p", "separate"] and base == "rgb" and compression in ("jpeg", "lzw:2")):
                            continue
                        out = os.path.join(tmp, "out.tif")
                        if os.path.exists(out):
                            os.remove(out)
                        c = ["tiffcp", "-c", compression, *extra, *layout, plain, out]
                        done = subprocess.run(c, capture_output=True)
                        name = f"libtiff-{base}-{compression.replace(':', 'p')}-{layout[0][1:]}{''.join(extra)}.tif"
                        if done.returncode != 0 or not os.path.exists(out):
                            print("not written:", name, done.stderr.decode()[:100].strip(), file=sys.stderr)
                            continue
                        s.add(name, open(out, "rb").read())


def by_pillow(s):
    grey = picture(H, W, 1, "u1")[..., 0]
    images = {
        "1": Image.fromarray(grey).convert("1"), "L": Image.fromarray(grey), "LA": Image.fromarray(picture(H, W, 2, "u1"), "LA"),
        "P": Image.fromarray(grey).quantize(16), "RGB": Image.fromarray(picture(H, W, 3, "u1")),
        "RGBA": Image.fromarray(picture(H, W, 4, "u1")), "I16": Image.fromarray(picture(H, W, 1, "u2")[..., 0]),
        "I": Image.fromarray(picture(H, W, 1, "i4")[..., 0]), "F": Image.fromarray(picture(H, W, 1, "f4")[..., 0]),
        "CMYK": Image.fromarray(picture(H, W, 4, "u1"), "CMYK"), "YCbCr": Image.fromarray(picture(H, W, 3, "u1"), "YCbCr"),
        "LAB": Image.fromarray(picture(H, W, 3, "u1"), "LAB"),
    }
    for mode, compression in itertools.product(images, ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "zstd", "lzma", "jpeg", "group3", "group4", "tiff_ccitt", "webp")):
        if not s.all and not (compression in ("jpeg", "tiff_deflate") and mode in ("L", "RGB", "YCbCr") or compression in ("group3", "tiff_ccitt") and mode == "1"
                              or compression == "raw" and mode in ("P", "CMYK", "LAB", "LA", "1")):
            continue
        b = io.BytesIO()
        try:
            images[mode].save(b, "TIFF", compression=compression)
        except Exception as e:
            print("not written:", mode, compression, e, file=sys.stderr)
            continue
        s.add(f"pillow-{mode}-{compression.removeprefix('tiff_')}.tif", b.getvalue())


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("--all", action="store_true")
    args.add_argument("out")
    args = args.parse_args()
    if not args.all:
        H, W = 21, 35
    s = Set(args.out, args.all)
    by_tifffile(s)
    by_libtiff(s)
    by_pillow(s)
    s.close()
