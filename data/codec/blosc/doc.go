// Package blosc decompresses buffers of Blosc 1, in which the chunks of Zarr arrays
// most often come: blocks, each compressed by itself by LZ4, Zstandard, zlib or BloscLZ,
// in one stream or one for each byte of an element, and shuffled by bytes or by bits.
//
// Not here: writing; Snappy, which nothing has written since 2019; frames of Blosc 2.
//
// The header is in header.go, blocks are in block.go, what undoes the shuffles is in
// shuffle.go, and BloscLZ, which is FastLZ with distances of its own, in blosclz.go.
//
// What always holds:
//   - What c-blosc 1.21 writes is read, and gives the bytes it was made of.
//   - The size that a header claims is given to the caller (Size), who may refuse it,
//     before memory is spent on it.
//   - Nothing is read or written outside the slices given, whatever the input.
//   - A damaged buffer is an error, never a partial result.
package blosc
