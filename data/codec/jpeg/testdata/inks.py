#!/usr/bin/python3
"""Makes the JPEG files of four inks and those without Huffman tables, and puts what Pillow reads from each, as RGB,
into golden.txt. Run it after make.py.

Needs numpy, pillow and imagecodecs, which writes YCCK.
"""
import io
import os
import zlib

import imagecodecs
import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(8)
golden = {}


def keep(name, content):
    with open(os.path.join(HERE, name + ".jpg"), "wb") as f:
        f.write(content)
    with Image.open(io.BytesIO(content)) as im:
        pixels = np.asarray(im.convert("RGB"))
    sums = [format(zlib.crc32(np.ascontiguousarray(pixels[..., c]).tobytes()), "08x") for c in range(3)]
    golden[name + ".jpg"] = " ".join([name + ".jpg", str(pixels.shape[1]), str(pixels.shape[0]), *sums])


def inks(width, height):
    y, x = np.mgrid[0:height, 0:width]
    planes = [90 + 80 * np.sin(x / (3 + c) + c) + 70 * np.cos(y / (5 - c)) + 60 * ((x + 2 * y) % (17 + c) < 4) for c in range(4)]
    return np.clip(np.stack(planes, -1) + rng.normal(0, 4, (height, width, 4)), 0, 255).astype(np.uint8)


def pillow(name, pixels, mode, **options):
    b = io.BytesIO()
    Image.fromarray(pixels, mode).save(b, "JPEG", **options)
    keep(name, b.getvalue())
    return b.getvalue()


def without(content, *markers):
    """A file without some of its segments."""
    out, at = content[:2], 2
    while content[at + 1] != 0xDA:
        n = 2 + int.from_bytes(content[at + 2:at + 4], "big")
        if content[at + 1] not in markers:
            out += content[at:at + n]
        at += n
    return out + content[at:]


adobe = pillow("cmyk", inks(37, 29), "CMYK", quality=90, subsampling=0)
pillow("cmyk420", inks(45, 31), "CMYK", quality=80, subsampling=2)
pillow("cmykprogressive", inks(23, 31), "CMYK", quality=85, progressive=True)
keep("cmykunmarked", without(adobe, 0xEE))
for name, sampling in (("ycck", "444"), ("ycck422", "422"), ("ycck420", "420")):
    keep(name, imagecodecs.jpeg8_encode(inks(39, 27), level=90, colorspace="CMYK", outcolorspace="YCCK", subsampling=sampling))

# Frames of motion JPEG have no Huffman tables: the usual ones are meant.
rgb = inks(41, 33)[..., :3]
keep("mjpeg", without(pillow("mjpegwhole", rgb, "RGB", quality=75, subsampling=1), 0xC4))
keep("mjpeggrey", without(pillow("mjpeggreywhole", rgb[..., 0], "L", quality=75), 0xC4))
os.remove(os.path.join(HERE, "mjpegwhole.jpg"))
os.remove(os.path.join(HERE, "mjpeggreywhole.jpg"))
del golden["mjpegwhole.jpg"], golden["mjpeggreywhole.jpg"]
# the CRC of a grey image is of its one plane
golden["mjpeggrey.jpg"] = " ".join(golden["mjpeggrey.jpg"].split()[:4])

path = os.path.join(HERE, "golden.txt")
with open(path) as f:
    lines = [line for line in f.read().splitlines() if line.split()[0] not in golden]
with open(path, "w") as f:
    f.write("\n".join(lines + list(golden.values())) + "\n")
