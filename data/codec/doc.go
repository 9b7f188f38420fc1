// Package codec turns image files into planes and planes into image files:
// PNG, TIFF, JPEG and arrays of NumPy in, PNG and OME-TIFF out.
//
// Not here: where the bytes come from and go to, and what a sample's channels
// are (see package data).
//
// PNGs are the work of sub-package png, and of image/png where that passes,
// JPEGs that of sub-package jpeg, TIFFs that of sub-package tiff, whose pages package
// stack tells apart. Planes of OME-Zarr come as pieces of arrays (package zarr), which their
// source has got. OME-TIFFs are written by package ometiff. What is taken of files with
// several slices, and what becomes of samples beyond 16 bits, a Choice says.
//
// What always holds:
//   - Pixels are what the file holds. Grey of 8 or 16 bits comes out as it is,
//     alpha is a plane like any other, and nothing is premultiplied, scaled or
//     corrected for gamma. Colour becomes grey only by Decode, and by Pillow's
//     formula. What a JPEG's pixels are, libjpeg-turbo says, to the bit.
//   - What a file is, its first bytes say. A name that says otherwise is an error.
//   - A header is believed only as far as MaxPixels, and as far as the file's bytes
//     can hold what it claims: other images are refused before memory is spent on
//     them.
//   - A damaged file is an error, never a partial image. What a PNG's stream holds
//     behind the pixels is no damage, and is ignored, as Pillow and OpenCV do; it
//     may be as much again as the pixels, and a megabyte.
package codec
