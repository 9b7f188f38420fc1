// Package pixel holds operations on the pixels of an image: resizing as Pillow
// and as OpenCV do it, the eight turns and flips of a square, warps, blurs and
// look-up tables. Each works on every plane alone, so that no channel ever
// weighs another.
//
// Functions on data.Image yield a new image. Packed is for chains of operations
// on one 8-bit image: its planes are interleaved while the chain lasts, so that
// a pixel's four channels move as one, and memory is used again. Layers are as many
// of it as an image of more planes needs.
//
// Not here: reading and writing files (see codec), and anything random: which
// operation to do is decided by the caller (see augment).
//
// What always holds: 8 bits in are 8 bits out, 16 are 16; a result that a
// Python tool of the field defines equals it to the bit, as the golden digests
// in testdata, and the scripts that made them, show. On amd64 with AVX2 the
// inner loops are assembly, which the module in asm writes; a plain loop stands
// beside each, does what remains of a row, and gives the same bytes.
package pixel
