"""Compares what download.flow has made with what Pillow makes of the same files.

    python3 compare.py JPEGS IMAGES SIZE

JPEGS holds PLATE/REST_CHANNEL.jpg, IMAGES the flow's ID_CHANNEL.png, SIZE their
side. Ends with 1 when any pixel differs.
"""
import glob
import os
import sys

import numpy
from PIL import Image


def main(source, made, size):
    worst = -1
    for path in sorted(glob.glob(os.path.join(made, "*_*_*.png"))):
        plate, rest = os.path.basename(path)[:-4].split("_", 1)
        jpeg = Image.open(os.path.join(source, plate, rest + ".jpg"))
        want = numpy.asarray(jpeg.resize((size, size), Image.LANCZOS).convert("L"), int)
        off = abs(want - numpy.asarray(Image.open(path), int))
        worst = max(worst, off.max())
        print("%s_%s: off by up to %d, %.2f%% of pixels differ" % (plate, rest, off.max(), 100 * (off > 0).mean()))
    return 0 if worst == 0 else 1


sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
