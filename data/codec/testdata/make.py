#!/usr/bin/python3
"""Makes the TIFF images of the tests, and beside each, as NAME.npy, what Pillow reads from it.

Small pictures of edges, ramps and a little noise, of odd sizes. Needs Debian's python3-pil and python3-numpy.
"""
import numpy as np
from PIL import Image

rng = np.random.default_rng(7)


def picture(width, height, channels):
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        p = 90 + 60 * np.sin(x / (3 + c) + c) + 50 * np.cos(y / (5 - c)) + 70 * ((x + 2 * y) % (17 + c) < 4)
        planes.append(p + rng.normal(0, 4, p.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def keep(name, mode=None):
    with Image.open(name) as im:
        np.save(name + ".npy", np.asarray(im.convert(mode) if mode else im))


grey = picture(45, 31, 1)[..., 0]
deep = (grey.astype(np.uint16) << 8 | rng.integers(0, 256, grey.shape, dtype=np.uint16)).astype(np.uint16)
for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
    short = compression.removeprefix("tiff_").removeprefix("adobe_")
    Image.fromarray(grey).save(f"grey8-{short}.tif", compression=compression)
    keep(f"grey8-{short}.tif")
    if short != "packbits":
        Image.fromarray(deep).save(f"grey16-{short}.tif", compression=compression)
        keep(f"grey16-{short}.tif")
ramp = Image.fromarray(grey).convert("P")
ramp.putpalette(bytes(v for i in range(256) for v in (255 - i,) * 3))
ramp.save("palette-grey.tif", compression="tiff_lzw")
keep("palette-grey.tif", "L")
coloured = Image.fromarray(grey).convert("P")
coloured.putpalette(bytes(v for i in range(256) for v in (i, 255 - i, i * 7 % 256)))
coloured.save("palette-colour.tif")
keep("palette-colour.tif", "L")
