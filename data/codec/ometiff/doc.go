// Package ometiff writes images as OME-TIFF: a page for each plane, named in OME-XML,
// which Fiji, QuPath and Bio-Formats open.
//
// Planes are unsigned, of 8 or 16 bits, little-endian, with horizontal differences,
// compressed by zstd or by DEFLATE of Huffman codes alone, in strips, or in tiles where a
// side is longer than 2048 pixels. A file beyond 4 GB is a BigTIFF.
//
// What always holds: the same image gives the same bytes; there is no date and no number
// drawn at random in them.
package ometiff
