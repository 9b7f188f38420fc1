#!/usr/bin/env python3
"""Writes stacks.zip: small stacks as OME, ImageJ and tifffile write them, and what tifffile reads.

A line of the manifest is a file, its channels, slices and times, the channels' names joined by commas (or -), and the
start of the SHA-256 of its planes in the order of times, slices, channels; or the word that refuses it. Needs
tifffile.
"""
import hashlib
import io
import zipfile

import numpy as np
import tifffile

rng = np.random.default_rng(3)
lines = []
out = zipfile.ZipFile("stacks.zip", "w", zipfile.ZIP_DEFLATED)


def written(a, **k):
    b = io.BytesIO()
    tifffile.imwrite(b, a, **k)
    return b.getvalue()


def add(name, data, refused=None, axes=None, names="-"):
    out.writestr(name, data)
    if refused:
        lines.append(f"{name} refused {refused}")
        return
    with tifffile.TiffFile(io.BytesIO(data)) as t:
        s = t.series[0]
        a, axes = s.asarray(), axes or s.axes
    axes = axes.replace("S", "C").replace("I", "Z").replace("Q", "Z")
    a = a.reshape([n for n in a.shape])
    for axis in "TZC":
        if axis not in axes:
            a, axes = a[None], axis + axes
    a = np.ascontiguousarray(a.transpose([axes.index(x) for x in "TZCYX"]))
    t, z, c = a.shape[:3]
    lines.append(f"{name} {c} {z} {t} {names} {hashlib.sha256(a.tobytes()).hexdigest()[:24]}")


def planes(*shape, dtype="u2"):
    return rng.integers(0, 4000, shape).astype(dtype)


for order in ("TZCYX", "ZCTYX", "CTZYX", "TCZYX", "CZTYX", "ZTCYX"):
    shape = [{"T": 2, "Z": 3, "C": 4, "Y": 5, "X": 7}[x] for x in order]
    add(f"ome-{order}.ome.tif", written(planes(*shape), metadata={"axes": order, "Channel": {"Name": ["Hoechst", "ER", "", "Mito"]}}, ome=True, compression="zlib"), names="Hoechst,ER,,Mito")
add("ome-rgb.ome.tif", written(planes(3, 5, 7, 3, dtype="u1"), metadata={"axes": "ZYXS"}, ome=True, photometric="rgb"))
add("ome-pyramid.ome.tif", written(planes(2, 16, 16), metadata={"axes": "CYX"}, ome=True, photometric="minisblack"))
for axes, shape in (("ZCYX", (3, 2, 5, 7)), ("TZCYX", (2, 3, 2, 5, 7)), ("ZYX", (6, 5, 7)), ("TYX", (4, 5, 7)), ("CYX", (3, 5, 7)), ("YX", (5, 7))):
    add(f"imagej-{axes}.tif", written(planes(*shape), imagej=True, metadata={"axes": axes}))
add("imagej-rgb.tif", written(planes(3, 5, 7, 3, dtype="u1"), imagej=True, metadata={"axes": "ZYXS"}))
big = written(planes(2, 3, 5, 7), imagej=True, metadata={"axes": "TZYX"}, truncate=True)
add("imagej-one-directory.tif", big)
add("imagej-cut.tif", big[:-9], refused="behind the first is beyond the end of the file")
add("shaped.tif", written(planes(6, 5, 7), photometric="minisblack"), axes="ZYX")
add("shaped-axes.tif", written(planes(2, 3, 4, 5, 7), photometric="minisblack", metadata={"axes": "TZCYX"}), axes="TZCYX")
add("shaped-one-directory.tif", written(planes(4, 5, 7), photometric="minisblack", truncate=True), axes="ZYX")
add("pages.tif", written(planes(4, 5, 7), photometric="minisblack", metadata=None), axes="ZYX")
b = io.BytesIO()
with tifffile.TiffWriter(b) as t:
    t.write(planes(8, 8), metadata=None, photometric="minisblack")
    t.write(planes(6, 8), metadata=None, photometric="minisblack")
add("differ.tif", b.getvalue(), refused="is 8 x 6, of 16-bit unsigned samples of grey, where page 1 is 8 x 8")

ome = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:one">%s</OME>'
image = '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="7" SizeY="5" SizeC="%d" SizeZ="%d" SizeT="1">%s</Pixels></Image>'


def by_hand(text, n=2):
    return written(planes(n, 5, 7), photometric="minisblack", metadata=None, description=text)


add("ome-reversed.ome.tif", by_hand(ome % (image % (1, 2, '<TiffData IFD="0" FirstZ="1"/><TiffData IFD="1" FirstZ="0"/>'))), axes="ZYX")
add("ome-no-tiffdata.ome.tif", by_hand(ome % (image % (2, 1, ""))), axes="CYX")
add("ome-elsewhere.ome.tif", by_hand(ome % (image % (1, 2, '<TiffData IFD="0" FirstZ="0"><UUID FileName="a.ome.tif">urn:uuid:one</UUID></TiffData><TiffData IFD="0" FirstZ="1"><UUID FileName="b.ome.tif">urn:uuid:two</UUID></TiffData>')), 1),
    refused="the plane of channel 0, slice 1, time 0 is in another file, b.ome.tif; give the files as one")
add("ome-nowhere.ome.tif", by_hand(ome % (image % (1, 3, '<TiffData IFD="0" PlaneCount="2"/>'))), refused="the plane of channel 0, slice 2, time 0 is in no file")
add("ome-more.ome.tif", by_hand(ome % (image % (1, 3, ""))), refused="1 channel, 3 slices, 1 time, whose page 3 is not in the file, which has 2")
add("ome-images.ome.tif", by_hand(ome % ((image % (1, 1, "")) * 2)), refused="the file has 2 images, and which is meant is not known; write each to a file of its own: bfconvert IN.ome.tif OUT_%s.ome.tif")
add("ome-order.ome.tif", by_hand((ome % (image % (1, 2, ""))).replace("XYCZT", "XYCCT")), refused='DimensionOrder is "XYCCT"')
add("ome-sizes.ome.tif", by_hand(ome % (image % (0, 2, ""))), refused="the metadata of OME has 0 channels, 2 slices and 1 times")
add("ome-first.ome.tif", by_hand(ome % (image % (1, 2, '<TiffData FirstZ="2"/>'))), refused="TiffData of channel 0, slice 2, time 0, directory 0 is outside of what there is")
add("ome-binary.ome.tif", by_hand(ome % '<BinaryOnly MetadataFile="all.companion.ome" UUID="urn:uuid:x"/>'), refused="stands in another file, all.companion.ome; give that")
add("ome-broken.ome.tif", by_hand('<OME xmlns="x"><Image'), refused="OME-XML: XML syntax error")
add("imagej-lies.tif", by_hand("ImageJ=1.53t\nimages=7\nslices=7\n"), refused="ImageJ's images are 7, of which the file has 2")
add("imagej-odd.tif", by_hand("ImageJ=1.53t\nimages=2\nslices=3\n"), refused="ImageJ's images are 2, its channels, slices and frames 1 x 3 x 1")
add("imagej-words.tif", by_hand("ImageJ=1.53t\nimages=two\n"), refused="ImageJ's images is no number")
out.writestr("manifest.txt", "\n".join(lines) + "\n")
out.close()
