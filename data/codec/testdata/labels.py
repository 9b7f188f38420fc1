"""Print the files of labelimage_test.go: label images as Pillow and tifffile write them.

    python3 labels.py        (needs numpy, pillow, tifffile, imagecodecs)
"""
import base64, io
import numpy as np
import tifffile
from PIL import Image

labels = np.array([[0, 1, 2, 3], [3, 2, 1, 0]])


def pil(image, form="PNG", **kw):
    b = io.BytesIO()
    image.save(b, form, **kw)
    return b.getvalue()


def tif(a, **kw):
    b = io.BytesIO()
    tifffile.imwrite(b, a, metadata=None, **kw)
    return b.getvalue()


def stack():
    b = io.BytesIO()
    tifffile.imwrite(b, np.stack([labels, labels]).astype(np.uint8), imagej=True, metadata={"axes": "ZYX"})
    return b.getvalue()


def palette():
    im = Image.fromarray(labels.astype(np.uint8)).convert("P")
    im.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    return im


# Pillow writes palettes alone with 2 and 4 bits; grey ones are made of chunks by hand.
def grey(bits, rows):
    import struct, zlib
    chunk = lambda k, d: struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 2, bits, 0, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows))) + chunk(b"IEND", b"")


f32 = labels.astype(np.float32)
files = {
    "bits1.png": pil(Image.fromarray(labels % 2 == 1)),
    "bits2.png": grey(2, [b"\x1b", b"\xe4"]), "bits4.png": grey(4, [b"\x01\x23", b"\x32\x10"]),
    "bits8.png": pil(Image.fromarray(labels.astype(np.uint8))), "bits16.png": pil(Image.fromarray(labels.astype(np.uint16))),
    "u8.tif": tif(labels.astype(np.uint8)), "u16.tif": tif(labels.astype(np.uint16), byteorder=">", compression="lzw"),
    "i16.tif": tif(labels.astype(np.int16)), "i32.tif": tif(labels.astype(np.int32), compression="zlib"), "u32.tif": tif(labels.astype(np.uint32)),
    "i64.tif": tif(labels.astype(np.int64)), "f32.tif": tif(f32), "f64.tif": tif(labels.astype(np.float64)),
    "rgb.png": pil(Image.fromarray(np.stack([labels] * 3, -1).astype(np.uint8))), "palette.png": pil(palette()), "palette.tif": pil(palette(), "TIFF"),
    "jpeg.jpg": pil(Image.fromarray(labels.astype(np.uint8)), "JPEG"), "negative.tif": tif(-labels.astype(np.int32)),
    "fraction.tif": tif(f32 / 2), "rgb.tif": tif(np.stack([labels] * 3, -1).astype(np.uint8), photometric="rgb"),
    "miniswhite.tif": tif(labels.astype(np.uint8), photometric="miniswhite"), "two.tif": stack(),
}
for name, b in files.items():
    print(f'\t"{name}": "{base64.b64encode(b).decode()}",')
