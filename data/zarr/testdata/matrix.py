#!/usr/bin/env python3
"""Writes Zarr arrays of every kind, and what zarr-python reads from each.

    matrix.py golden.zip            a few of each kind, small: the goldens of the tests
    matrix.py --all matrix.zip      the product of kinds: ZARRS=$PWD/matrix.zip go test -run Golden ./data/zarr

Needs zarr 3 and numcodecs. The archive has the files of each array below its name, and a manifest, a line an array:
name, type, shape, and the start of the SHA-256 of its numbers, little-endian; or the word by which it is refused.
"""
import argparse
import hashlib
import itertools
import json
import os
import shutil
import tempfile
import warnings
import zipfile

import numcodecs
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec

warnings.simplefilter("ignore")
rng = np.random.default_rng(7)
TYPES = ["u1", "<u2", ">u2", "i1", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]
# Shape and chunks: exact, cut, one chunk larger than the array, several channels or slices in one.
SHAPES = [((45, 37), (16, 16)), ((2, 40, 32), (1, 40, 16)), ((2, 2, 2, 11, 9), (1, 1, 1, 8, 8)), ((3, 3, 20, 17), (2, 2, 20, 9)),
          ((4, 18, 22), (4, 32, 32)), ((2, 2, 2, 16, 16), (2, 2, 2, 16, 16)), ((3, 13, 11), (2, 13, 4)), ((50, 30), (50, 14))]
BLOSC = [("blosc", c, s) for c in ("lz4", "lz4hc", "zlib", "zstd", "blosclz") for s in (0, 1, 2)]
PACKED = [None, ("zlib",), ("gzip",), ("zstd",), ("lz4",), *BLOSC]


def numbers(shape, dtype):
    dtype = np.dtype(dtype)
    grid = np.indices(shape)
    p = 0.4 + 0.2 * np.round(np.sin(grid[-1] / 3), 1) + 0.2 * np.round(np.cos(grid[-2] / 5), 1) + rng.normal(0, 0.01, shape) * (grid[-1] % 8 == 0)
    p += sum(0.02 * g for g in grid[:-2])
    p[..., :9, :] = 0.1  # flat, as ground is
    if dtype.kind == "f":
        a = ((p - 0.4) * 1000).astype(dtype)
        a.flat[3] = np.nan
        a.flat[4] = -np.inf
        return a
    most = 2.0 ** (8 * min(dtype.itemsize, 6) - 2)
    return ((p - (0.4 if dtype.kind == "i" else 0)) * most).astype(dtype)


class Set:
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.lines, self.names = [], set()
        self.top = tempfile.mkdtemp()

    def begin(self, name):
        assert name not in self.names, name
        self.names.add(name)
        return os.path.join(self.top, name)

    def close(self, name, line=None):
        dir = os.path.join(self.top, name)
        if line is None:
            a = np.asarray(zarr.open_array(dir, mode="r")[...])
            le = a.astype(a.dtype.newbyteorder("<"))
            kind = {"u": "uint", "i": "int", "f": "float"}[a.dtype.kind] + str(8 * a.dtype.itemsize)
            line = f"{kind} {','.join(map(str, a.shape))} {hashlib.sha256(le.tobytes()).hexdigest()[:24]}"
        self.lines.append(f"{name} {line}")
        for at, _, files in os.walk(dir):
            for f in sorted(set(files) - {".zattrs"}):
                path = os.path.join(at, f)
                self.zip.writestr(os.path.relpath(path, self.top), open(path, "rb").read())

    def end(self):
        self.zip.writestr("manifest.txt", "\n".join(self.lines) + "\n")
        self.zip.close()
        shutil.rmtree(self.top)


def compressor2(p):
    if p is None:
        return None
    if p[0] == "blosc":
        return numcodecs.Blosc(cname=p[1], clevel=5, shuffle=p[2])
    return {"zlib": numcodecs.Zlib(5), "gzip": numcodecs.GZip(5), "zstd": numcodecs.Zstd(3), "lz4": numcodecs.LZ4()}[p[0]]


def compressors3(p, dtype):
    if p is None:
        return []
    if p[0] == "blosc":
        return [BloscCodec(cname=p[1], clevel=5, shuffle=("noshuffle", "shuffle", "bitshuffle")[p[2]], typesize=np.dtype(dtype).itemsize)]
    if p[0] == "gzip":
        return [GzipCodec(level=5)]
    if p[0] == "zstd":
        return [ZstdCodec(level=3, checksum=True)]
    return [Crc32cCodec()] if p[0] == "zlib" else [ZstdCodec(level=1), Crc32cCodec()]


def label(p):
    return "raw" if p is None else "-".join(map(str, p))


def write(s, name, a, chunks, version, p, sep, order="C", shards=None, fill=0, inner=None, extra=(), **k):
    dir = s.begin(name)
    little = a.dtype.byteorder != ">"
    if version == 2:
        z = zarr.create_array(dir, shape=a.shape, chunks=chunks, dtype=a.dtype, zarr_format=2, compressors=compressor2(p), fill_value=fill, order=order,
                              chunk_key_encoding={"name": "v2", "separator": sep}, **k)
    else:
        codecs = [*extra, BytesCodec(endian="little" if little else "big")] + compressors3(p, a.dtype)
        if shards is not None:
            codecs = [ShardingCodec(chunk_shape=chunks, codecs=inner or codecs, index_location=shards[1],
                                    index_codecs=[BytesCodec(endian="little"), *([Crc32cCodec()] if shards[2] else [])])]
            chunks = shards[0]
        enc = k.pop("keys", "default")
        z = zarr.create(store=dir, shape=a.shape, chunks=chunks, dtype=a.dtype.newbyteorder("="), zarr_format=3, codecs=codecs, fill_value=fill,
                        chunk_key_encoding=(enc, sep), **k)
    z[...] = a
    return dir


def product(s, everything):
    turn = itertools.count()
    for version, p in itertools.product((2, 3), PACKED):
        for dtype in TYPES if everything else [TYPES[next(turn) % len(TYPES)]]:
            n = next(turn)
            shape, chunks = SHAPES[n % len(SHAPES)]
            sep = "/." [n // 2 % 2]
            write(s, f"{version}/{label(p)}/{dtype.replace('<', 'l').replace('>', 'b')}-{n}", numbers(shape, dtype), chunks, version, p, sep)
            s.close(f"{version}/{label(p)}/{dtype.replace('<', 'l').replace('>', 'b')}-{n}")


def shapes(s, everything):
    for version, (i, (shape, chunks)), sep in itertools.product((2, 3), enumerate(SHAPES), "/."):
        if not everything and (i + version) % 2 == (sep == "/"):
            continue
        for dtype in ("u1", "<u2", ">u2") if everything else (("u1", "<u2", ">u2")[i % 3],):
            name = f"shapes/{version}-{i}-{'slash' if sep == '/' else 'dot'}-{dtype[-2:]}{'b' if dtype[0] == '>' else ''}"
            dir = write(s, name, numbers(shape, dtype), chunks, version, BLOSC[10], sep, fill=7)
            if i % 2:  # chunks that are not there
                files = sorted(os.path.join(at, f) for at, _, fs in os.walk(dir) for f in fs if not f.startswith((".z", "zarr")))
                for f in files[::3]:
                    os.remove(f)
            s.close(name)
    for shape, chunks in SHAPES[:6]:
        for dtype, fill in (("<u2", 65535), ("u1", 3), ("<f4", "NaN"), ("<f4", 0.1), ("<i2", -7), ("<f2", "Infinity"), (">f8", -1e30), ("<u8", 2**63 + 5)):
            for version in (2, 3):
                if not everything and shape != (45, 37):
                    continue
                name = f"fill/{version}-{len(shape)}-{shape[-1]}-{dtype[-2:]}-{str(fill).replace('.', '_')}"
                a = numbers(shape, dtype)
                dir = write(s, name, a, chunks, version, None, "/", fill=float(fill) if isinstance(fill, str) else fill)
                files = sorted(os.path.join(at, f) for at, _, fs in os.walk(dir) for f in fs if not f.startswith((".z", "zarr")))
                for f in files[::2]:
                    os.remove(f)
                s.close(name)
    for i, (shape, chunks) in enumerate(SHAPES if everything else SHAPES[1:7:2]):  # the other order of axes
        name = f"order/2-F-{i}"
        write(s, name, numbers(shape, "<u2"), chunks, 2, BLOSC[4], "/", order="F")
        s.close(name)
        for k, perm in enumerate(set(itertools.permutations(range(len(shape)))) if everything and len(shape) < 5 else [tuple(reversed(range(len(shape)))), tuple(np.roll(range(len(shape)), 1).tolist())]):
            name = f"order/3-{i}-{k}"
            write(s, name, numbers(shape, "<u2"), chunks, 3, BLOSC[4], "/", extra=[TransposeCodec(order=perm)])
            s.close(name)
    name = "order/3-twice"
    write(s, name, numbers((3, 40, 32), "<u2"), (1, 20, 16), 3, None, "/", extra=[TransposeCodec(order=(2, 0, 1)), TransposeCodec(order=(1, 0, 2))])
    s.close(name)
    name = "keys/v2-in-3"
    write(s, name, numbers((3, 40, 32), "<u2"), (1, 20, 16), 3, None, ".", keys="v2")
    s.close(name)


def shards(s, everything):
    for i, (shape, chunks, shard) in enumerate([((45, 37), (8, 8), (32, 32)), ((3, 40, 32), (1, 10, 16), (3, 20, 32)), ((2, 3, 2, 21, 19), (1, 1, 1, 8, 8), (1, 3, 2, 24, 24)),
                                               ((4, 64, 64), (1, 16, 16), (1, 64, 64)), ((4, 64, 64), (2, 32, 32), (4, 64, 64))]):
        for where, checked in itertools.product(("end", "start"), (True, False)) if everything else (("end", i % 2), ("start", 1 - i % 2)):
            for p in PACKED if everything else (BLOSC[10],):
                for dtype in ("<u2", ">u2", "u1", "<f4") if everything else ("<u2",):
                    name = f"shards/{i}-{where}-{int(checked)}-{label(p)}-{dtype[-2:]}{'b' if dtype[0] == '>' else ''}"
                    a = numbers(shape, dtype)
                    a[..., :8, :8] = 5  # a chunk of nothing but fill, which is not written
                    dir = write(s, name, a, chunks, 3, p, "/", shards=(shard, where, checked), fill=5)
                    if where == "start" and i != 3:
                        files = sorted(os.path.join(at, f) for at, _, fs in os.walk(dir) for f in fs if f != "zarr.json")
                        os.remove(files[0])
                    s.close(name)
    a = numbers((64, 64), "<u2")
    index = [BytesCodec(endian="little"), Crc32cCodec()]
    deep = ShardingCodec(chunk_shape=(8, 8), codecs=[BytesCodec(endian="little"), ZstdCodec()], index_codecs=index)
    name = "shards/nested"
    write(s, name, a, (16, 16), 3, None, "/", shards=((32, 32), "end", True), inner=[deep])
    s.close(name)
    name = "shards/transposed-inside"
    write(s, name, numbers((3, 64, 64), "<u2"), (1, 16, 16), 3, None, "/", shards=((3, 32, 32), "end", True), inner=[TransposeCodec(order=(2, 1, 0)), BytesCodec(endian="big")])
    s.close(name)


def edit(s, name, word, change, version=2, dtype="<u2"):
    """An array whose metadata say what is not read."""
    dir = write(s, name, numbers((9, 7), dtype), (8, 8), version, None, "/")
    path = os.path.join(dir, ".zarray" if version == 2 else "zarr.json")
    m = json.load(open(path))
    change(m)
    json.dump(m, open(path, "w"))
    s.close(name, "refused " + word)


def refused(s, everything):
    for t in ("|b1", "<c8", "|S4", "<U2", "<M8[ns]", "|V2", "<u3"):
        edit(s, "refused/2-" + t[1:3], "dtype:", lambda m: m.update(dtype=t))
    edit(s, "refused/2-fields", "dtype: structures of fields", lambda m: m.update(dtype=[["a", "<u2"]]))
    edit(s, "refused/2-filter", 'filters: "delta" is not read', lambda m: m.update(filters=[{"id": "delta", "dtype": "<u2"}]))
    for c in ("bz2", "lzma", "snappy"):
        edit(s, "refused/2-" + c, f'compressor: "{c}" is not read', lambda m: m.update(compressor={"id": c}))
    for t in ("bool", "complex64", "string", "r16", "int4", "float8"):
        edit(s, "refused/3-" + t, "data_type:", lambda m: m.update(data_type=t), 3)
    edit(s, "refused/3-struct", "data_type: extensions", lambda m: m.update(data_type={"name": "numpy.datetime64"}), 3)
    edit(s, "refused/3-grid", 'chunk_grid: "rectilinear" is not read', lambda m: m.update(chunk_grid={"name": "rectilinear"}), 3)
    edit(s, "refused/3-keys", 'chunk_key_encoding: "fanout" is not read', lambda m: m.update(chunk_key_encoding={"name": "fanout"}), 3)
    edit(s, "refused/3-codec", "codecs: numcodecs.bz2: is not read", lambda m: m["codecs"].append({"name": "numcodecs.bz2"}), 3)
    edit(s, "refused/3-order", "stands at the wrong place", lambda m: m["codecs"].append({"name": "transpose", "configuration": {"order": [1, 0]}}), 3)
    edit(s, "refused/3-none", "none makes bytes", lambda m: m.update(codecs=[]), 3)
    edit(s, "refused/3-unknown", "surprise: is not known", lambda m: m.update(surprise={"name": "x"}), 3)
    edit(s, "refused/3-transformer", "storage_transformers:", lambda m: m.update(storage_transformers=[{"name": "x"}]), 3)
    edit(s, "refused/3-group", "node_type:", lambda m: m.update(node_type="group"), 3)
    edit(s, "refused/3-endian", "endian:", lambda m: m["codecs"][0].update(configuration={}), 3)
    edit(s, "refused/1", "zarr_format: version 1", lambda m: m.update(zarr_format=1))
    edit(s, "refused/2-fill", "fill_value:", lambda m: m.update(fill_value="NaN"))
    edit(s, "refused/2-fill-large", "fill_value:", lambda m: m.update(fill_value=65536))
    edit(s, "refused/2-separator", "dimension_separator:", lambda m: m.update(dimension_separator="-"))
    edit(s, "refused/2-chunks", "chunks:", lambda m: m.update(chunks=[16]))
    edit(s, "refused/2-chunk0", "chunks:", lambda m: m.update(chunks=[16, 0]))
    edit(s, "refused/2-huge", "chunks:", lambda m: m.update(chunks=[1 << 20, 1 << 20]))
    edit(s, "refused/2-dimensions", "shape:", lambda m: m.update(shape=[1] * 9, chunks=[1] * 9))
    edit(s, "refused/2-negative", "shape:", lambda m: m.update(shape=[-1, 5]))
    edit(s, "refused/2-text", "shape: is string", lambda m: m.update(shape="large"))
    for name, damage, word in (("cut", lambda b: b[:-3], "unexpected EOF"), ("empty", lambda b: b"", "unexpected EOF"), ("longer", lambda b: b + b"xx", "")):
        for version, p in itertools.product((2, 3) if everything else (2,), (None, ("gzip",), ("zstd",), BLOSC[4], BLOSC[10])):
            full = f"damaged/{name}-{version}-{label(p)}"
            dir = write(s, full, numbers((20, 20), "<u2"), (16, 16), version, p, ".")
            path = os.path.join(dir, "1.1" if version == 2 else "c.1.1")
            b = damage(open(path, "rb").read())
            open(path, "wb").write(b)
            s.close(full, f"refused {word or 'chunk'}")


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("--all", action="store_true")
    args.add_argument("archive")
    args = args.parse_args()
    s = Set(args.archive)
    product(s, args.all)
    shapes(s, args.all)
    shards(s, args.all)
    refused(s, args.all)
    s.end()
    print(len(s.lines), "arrays")
