#!/usr/bin/python3
"""Makes the JPEG files of the tests, and golden.txt, which tells what Pillow reads from each.

Small pictures of edges, ramps and a little noise, by Pillow's, OpenCV's and our own encoder, in what ways a file
may be made. A line of golden.txt has a file's name, width, height and for each channel the CRC-32 of its pixels.
Needs Debian's python3-pil, python3-numpy and python3-opencv.
"""
import io
import os
import zlib

import cv2
import numpy as np
from PIL import Image

from encoder import Scan, encode, segment

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)
golden = []


def picture(width, height, channels, noise=4):
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        p = 90 + 60 * np.sin(x / (3 + c) + c) + 50 * np.cos(y / (5 - c)) + 70 * ((x + 2 * y) % (17 + c) < 4)
        planes.append(p + rng.normal(0, noise, p.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def keep(name, content, read=True):
    with open(os.path.join(HERE, name + ".jpg"), "wb") as f:
        f.write(content)
    if not read:
        return
    with Image.open(io.BytesIO(content)) as im:
        pixels = np.asarray(im)
    planes = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, -1, 0))
    sums = [format(zlib.crc32(np.ascontiguousarray(p).tobytes()), "08x") for p in planes]
    golden.append(" ".join([name + ".jpg", str(im.width), str(im.height), *sums]))


def pillow(name, pixels, **options):
    b = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(b, "JPEG", **options)
    keep(name, b.getvalue())


def opencv(name, pixels, *options):
    keep(name, cv2.imencode(".jpg", pixels, options)[1].tobytes())


# By Pillow: samplings, sizes, qualities.
for name, sampling, width, height in (
        ("444", 0, 37, 29), ("422", 1, 37, 29), ("420", 2, 37, 29), ("420even", 2, 48, 32), ("420narrow", 2, 4, 9), ("420five", 2, 5, 3),
        ("422narrow", 1, 3, 9), ("420one", 2, 1, 1), ("420two", 2, 2, 2), ("420small", 2, 7, 9), ("420tall", 2, 17, 33),
        ("420line", 2, 70, 1), ("420column", 2, 1, 40), ("422one", 1, 1, 1), ("422small", 1, 7, 9), ("420wide", 2, 150, 18),
        ("422wide", 1, 150, 9)):
    pillow(name, picture(width, height, 3), quality=90, subsampling=sampling)
pillow("coarse", picture(61, 33, 3), quality=3, subsampling=2)
pillow("fine", picture(25, 17, 3, 60), quality=100, subsampling=0)
pillow("black", np.zeros((40, 40, 3), np.uint8), quality=85)
pillow("grey", picture(41, 23, 1), quality=90)
pillow("greyfine", picture(17, 33, 1, 90), quality=100)
pillow("progressive", picture(37, 29, 3), quality=85, subsampling=2, progressive=True)
pillow("progressive444", picture(33, 17, 3), quality=95, subsampling=0, progressive=True)
pillow("progressivegrey", picture(29, 41, 1, 40), quality=97, progressive=True)
opencv("restart", picture(50, 40, 3), cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_RST_INTERVAL, 3)
opencv("restartprogressive", picture(50, 40, 3), cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 1)

# By our own: any sampling.
QUANT = [4 + k // 2 for k in range(64)]
Y, CB, CR = ([k] for k in range(3))


def planes(width, height, noise=4):
    return list(np.moveaxis(picture(width, height, 3, noise), -1, 0))


def ours(name, size=(27, 21), sampling=((2, 2), (1, 1), (1, 1)), read=True, noise=4, **options):
    options.setdefault("quantisers", [QUANT] * 3)
    keep(name, encode(planes(*size, noise), sampling, **options), read)


apart = [Scan(Y), Scan(CB), Scan(CR)]
for (h, v), scans in (((2, 1), None), ((1, 2), None), ((4, 1), None), ((1, 4), None), ((4, 2), None), ((2, 4), None), ((4, 4), apart),
                      ((3, 1), None), ((1, 3), None), ((3, 2), None), ((3, 3), apart)):
    ours(f"{h}x{v}", sampling=((h, v), (1, 1), (1, 1)), scans=scans)
ours("1x2narrow", (1, 19), sampling=((1, 2), (1, 1), (1, 1)))
ours("1x2flat", (19, 1), sampling=((1, 2), (1, 1), (1, 1)))
ours("chromamore", sampling=((1, 1), (2, 2), (2, 1)))
ours("mixed", sampling=((2, 2), (1, 2), (2, 1)))
ours("mixed4", (50, 30), sampling=((4, 2), (2, 1), (1, 1)), scans=apart)
ours("chromatall", (34, 50), sampling=((2, 4), (1, 2), (1, 2)), scans=apart)
ours("scaled", sampling=((2, 2), (2, 2), (2, 2)), scans=apart)
keep("greysampled", encode([picture(37, 29, 1)[..., 0]], [(2, 2)], [QUANT]))

# Colours, tables, markers.
adobe = segment(0xee, b"Adobe\0d\0\0\0\0")
jfif = segment(0xe0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
ours("adobe0", head=adobe + b"\0")
ours("adobe1", head=segment(0xee, b"Adobe\0d\0\0\0\0\1"), ids=[82, 71, 66])
ours("adobe2", head=segment(0xee, b"Adobe\0d\0\0\0\0\2"))
keep("rgb", encode(planes(19, 13), ((1, 1),) * 3, [QUANT] * 3, head=segment(0xee, b"Adobe\0d\0\0\0\0\0")))
ours("rgb420", head=segment(0xee, b"Adobe\0d\0\0\0\0\0"))
ours("rgbids", ids=[82, 71, 66])
ours("jfifids", ids=[82, 71, 66], head=jfif)
ours("jfifadobe", head=jfif + segment(0xee, b"Adobe\0d\0\0\0\0\0"))
ours("shortjfif", ids=[82, 71, 66], head=segment(0xe0, b"JFIF\0\1\1"))
ours("zeroids", ids=[0, 1, 2])
ours("wide", wide=True, quantisers=[[2 + 9 * k for k in range(64)]] * 3)
ours("extended", sof=0xc1, table_of=[3, 2, 1], wide=True)
ours("tables", table_of=[0, 0, 1], scans=[Scan([0]), Scan([1, 2])])
ours("pairs", scans=[Scan([0, 2]), Scan([1])])
ours("interval", interval=1)
ours("intervals", (40, 40), interval=2, scans=apart)
ours("junk", between=b"\0\1\2\xff\0\xff\xff\xff\xff\xfe\0\4hi\xff\xd3", head=segment(0xe1, b"Exif\0\0") + b"\xff\xff")
ours("clipped", noise=90, amplify=3)
ours("wild", (24, 24), noise=90, quantisers=[[40] * 64] * 3, wide=True, amplify=4)


# Progressive.
def script(*rest):
    return [Scan([0, 1, 2], 0, 0, 0, 1)] + [Scan(c, *band) for c in (CR, Y, CB) for band in rest]


full = script((1, 5, 0, 2), (6, 63, 0, 2), (1, 63, 2, 1), (1, 63, 1, 0))
ours("successive", (45, 37), sof=0xc2, scans=full + [Scan([0, 1, 2], 0, 0, 1, 0)], noise=30, quantisers=[[2] * 64] * 3)
ours("spectral", sof=0xc2, scans=[Scan([0], 0, 0), Scan([1, 2], 0, 0)] + [Scan(c, *b) for b in ((1, 1), (2, 30), (31, 63)) for c in (Y, CB, CR)])
ours("runs", (90, 90), sof=0xc2, noise=0, quantisers=[[90] * 64] * 3, scans=full + [Scan(c, 0, 0, 1, 0) for c in (CB, CR, Y)])
ours("progressiveinterval", (45, 37), sof=0xc2, interval=3, noise=30, scans=full + [Scan([0, 1, 2], 0, 0, 1, 0)])
ours("progressive44", (45, 37), sof=0xc2, sampling=((4, 4), (1, 1), (2, 1)), scans=[Scan(c, *b) for c in (Y, CB, CR) for b in ((0, 0), (1, 63))])
ours("lowbands", sof=0xc2, scans=[Scan([0, 1, 2], 0, 0)] + [Scan(c, 1, 9) for c in (Y, CB, CR)])
ours("highbits", sof=0xc2, noise=30, scans=[Scan([0, 1, 2], 0, 0)] + [Scan(c, 1, 9) for c in (Y, CB, CR)] + [Scan(Y, 10, 63, 0, 1)])

# What is refused: libjpeg would guess at coefficients that have not come.
ours("refused-means", sof=0xc2, scans=[Scan([0, 1, 2], 0, 0)], read=False)
ours("refused-bits", sof=0xc2, scans=full, read=False)
ours("refused-bands", sof=0xc2, scans=[Scan([0, 1, 2], 0, 0)] + [Scan(c, 1, 8) for c in (Y, CB, CR)], read=False)

with open(os.path.join(HERE, "golden.txt"), "w") as f:
    f.write("\n".join(golden) + "\n")
