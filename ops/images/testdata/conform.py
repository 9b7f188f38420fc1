"""Makes conform.*.jpg, channel images as the Human Protein Atlas publishes them
(one colour, JPEG 4:2:0), and conform.*.png, what Pillow makes of them: resized
in their colours with LANCZOS to 32 pixels square, then mode L.

    python3 conform.py
"""
import os

import numpy
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))


def field(seed, height, width):
    """Blurred spots with noise."""
    rng = numpy.random.RandomState(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    out = rng.uniform(0, 40, (height, width))
    for _ in range(25):
        cx, cy, r, v = rng.uniform([0, 0, 1, 60], [width, height, 8, 255])
        out += v * numpy.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r))
    return numpy.clip(out, 0, 255).astype(numpy.uint8)


def main():
    for seed, (name, weights) in enumerate(
        [("red", (1, 0, 0)), ("green", (0, 1, 0)), ("blue", (0, 0, 1)), ("yellow", (1, 1, 0))]
    ):
        pixels = field(seed, 90, 101)
        colours = numpy.stack([pixels * w for w in weights], -1).astype(numpy.uint8)
        path = os.path.join(HERE, "conform.%s.jpg" % name)
        Image.fromarray(colours).save(path, quality=80)
        grey = Image.open(path).resize((32, 32), Image.LANCZOS).convert("L")
        grey.save(os.path.join(HERE, "conform.%s.png" % name), optimize=True)


main()
