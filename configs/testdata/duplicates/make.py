"""Makes the set of images in raw/, its label tables, and the tables in want/.

Which images are copies, and what labels a group has, is written down by hand in
GROUPS and LEAKS; only the hashes are computed, by ImageHash 4.0's definitions on
Pillow, numpy and SciPy, and checked to be equal within groups and to differ
between them.

    python3 make.py
"""
import io
import os

import numpy
import scipy.fftpack
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))


def uuid(n):
    return "%08d-bbc3-11e8-b2bc-ac1f6b6435d0" % n


def ahash(image):
    pixels = numpy.asarray(image.convert("L").resize((8, 8), Image.LANCZOS))
    return pixels > pixels.mean()


def phash(image):
    pixels = numpy.asarray(image.convert("L").resize((32, 32), Image.LANCZOS))
    dct = scipy.fftpack.dct(scipy.fftpack.dct(pixels, axis=0), axis=1)
    low = dct[:8, :8]
    return low > numpy.median(low)


def text(bits):
    return "%016x" % int("".join("1" if b else "0" for b in bits.flatten()), 2)


def cells(seed):
    """A field of blurred spots, 40 pixels square."""
    rng = numpy.random.RandomState(seed)
    y, x = numpy.mgrid[0:40, 0:40]
    field = numpy.zeros((40, 40))
    for cx, cy, r, v in rng.uniform([0, 0, 3, 60], [40, 40, 9, 200], (6, 4)):
        field += v * numpy.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r))
    return numpy.clip(field, 0, 255).astype(numpy.uint8)


def as_png(pixels, **options):
    b = io.BytesIO()
    Image.fromarray(pixels).save(b, "PNG", **options)
    return b.getvalue()


def as_jpeg(pixels):
    b = io.BytesIO()
    Image.fromarray(pixels).save(b, "JPEG", quality=95)
    return b.getvalue()


def only_phash_differs(pixels):
    """The pixels with noise that changes phash and leaves ahash."""
    before = Image.fromarray(pixels)
    for seed in range(1000):
        noise = numpy.random.RandomState(seed).randint(-9, 10, pixels.shape)
        noisy = numpy.clip(pixels + noise, 0, 255).astype(numpy.uint8)
        after = Image.fromarray(noisy)
        if text(ahash(before)) == text(ahash(after)) and text(phash(before)) != text(phash(after)):
            return noisy
    raise SystemExit("no such noise")


A, B, C, D, E, F = (cells(seed) for seed in range(6))
BLACK = numpy.zeros((40, 40), numpy.uint8)
RECODED = dict(compress_level=1)

# Id, Target, extension, bytes
TRAIN = [
    (uuid(1), "16 2 0", "png", as_png(A)),
    (uuid(2), "7", "png", as_png(A)),  # an exact copy with conflicting labels
    (uuid(3), "16 0", "png", as_png(A, **RECODED)),
    (uuid(4), "1", "png", as_png(BLACK)),
    (uuid(5), "2", "png", as_png(BLACK)),
    (uuid(6), "25", "png", as_png(B)),
    (uuid(7), "3", "png", as_png(C)),
    (uuid(8), "22 3", "png", as_png(only_phash_differs(C))),
]
EXTERNAL = [
    ("10580_1610_C1_1", "25 7", "png", as_png(B, **RECODED)),  # of a training image
    ("10580_1610_C1_2", "4", "png", as_png(D)),
    ("10580_1610_C2_1", "21 4", "jpg", as_jpeg(D)),
    ("10580_1610_C2_2", "5", "png", as_png(BLACK)),
    ("10580_1610_C2_3", "", "png", as_png(F)),  # no labels
]
TEST = [
    (uuid(101), "0", "png", as_png(A, **RECODED)),
    (uuid(102), "0", "jpg", as_jpeg(D)),
    (uuid(103), "0", "png", as_png(BLACK)),
    (uuid(104), "0", "png", as_png(E)),
    (uuid(105), "0", "png", as_png(C)),
]

# By hash: first Id, all Ids, labels sorted as text.
BOTH = [
    (uuid(1), [uuid(1), uuid(2), uuid(3)], "0 16 2 7"),
    (uuid(4), [uuid(4)], "1"),
    (uuid(5), [uuid(5)], "2"),
    (uuid(6), [uuid(6), "10580_1610_C1_1"], "25"),
]
REST = [
    ("10580_1610_C1_2", ["10580_1610_C1_2", "10580_1610_C2_1"], "21 4"),
    ("10580_1610_C2_2", ["10580_1610_C2_2"], "5"),
    ("10580_1610_C2_3", ["10580_1610_C2_3"], ""),
]
GROUPS = {
    "ahash": BOTH + [(uuid(7), [uuid(7), uuid(8)], "22 3")] + REST,
    "phash": BOTH + [(uuid(7), [uuid(7)], "3"), (uuid(8), [uuid(8)], "22 3")] + REST,
}
LEAKS = {
    "ahash": [(uuid(101), "0 16 2 7"), (uuid(102), "21 4"), (uuid(105), "22 3")],
    "phash": [(uuid(101), "0 16 2 7"), (uuid(102), "21 4"), (uuid(105), "3")],
}


def write(path, lines):
    os.makedirs(os.path.dirname(os.path.join(HERE, path)), exist_ok=True)
    with open(os.path.join(HERE, path), "w") as f:
        f.write("\n".join(lines) + "\n")


def main():
    images = {}
    for name, table, column, rows in [
        ("train", "train.csv", "Target", TRAIN),
        ("external", "external.csv", "Target", EXTERNAL),
        ("test", "sample_submission.csv", "Predicted", TEST),
    ]:
        write(table, ["Id," + column] + ["%s,%s" % row[:2] for row in rows])
        os.makedirs(os.path.join(HERE, "raw", name), exist_ok=True)
        for key, _, extension, content in rows:
            images[key] = Image.open(io.BytesIO(content))
            with open(os.path.join(HERE, "raw", name, "%s_green.%s" % (key, extension)), "wb") as f:
                f.write(content)
    for name, hash_of in [("ahash", ahash), ("phash", phash)]:
        hashes = {key: text(hash_of(image)) for key, image in images.items()}
        lines, seen = ["hash,Ids,Target"], set()
        for first, keys, target in GROUPS[name]:
            assert {hashes[key] for key in keys} == {hashes[first]}, (name, keys)
            assert hashes[first] not in seen or int(hashes[first], 16) == 0, (name, first)
            seen.add(hashes[first])
            lines.append("%s,%s,%s" % (hashes[first], " ".join(keys), target))
        write("want/duplicates.%s.csv" % name, lines)
        for key, target in LEAKS[name]:
            of = [g for g in GROUPS[name] if hashes[g[0]] == hashes[key]]
            assert len(of) == 1 and of[0][2] == target, (name, key)
        assert hashes[uuid(104)] not in seen
        write("want/data_leak.%s.csv" % name, ["Id,Target"] + ["%s,%s" % leak for leak in LEAKS[name]])


main()
