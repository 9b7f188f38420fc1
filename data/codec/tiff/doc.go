// Package tiff reads TIFF files: classic and BigTIFF, in both byte orders, page by page
// and region by region, into planes of the samples' own type.
//
// It reads strips and tiles, pixels together or in separate planes, samples of 1 to 16,
// 32 and 64 bits, unsigned, signed and floating-point, uncompressed or compressed by
// PackBits, LZW, DEFLATE, zstd, LZMA, JPEG, or WebP without loss, with the predictors of
// TIFF. What it does not read it refuses by name: the page, the tag, what the tag says,
// and what to convert the file with.
//
// Not here: what pages are of a stack (package stack), and what becomes of samples that
// are not of 8 or 16 bits, of palettes and of white that is zero (package codec).
//
// Files are read in directory.go and entry.go, pages in page.go and layout.go. Each strip
// or tile is decompressed (compression.go), into the plane itself where it can be, else
// into scratch, from where its rows are placed (place.go, rows.go).
//
// What always holds:
//   - Samples are what tifffile gives, bit for bit. Those of less than 8 bits take a byte
//     each, those of 9 to 15 bits two.
//   - A damaged file is an error, never a partial image. Strips that a file says it has
//     not (offset and length 0) are zeros.
//   - Nothing is believed that the file cannot hold: before memory is spent on a page, each
//     of its strips lies in the file and is large enough for its pixels.
//   - What is kept of a file's directories is bounded by its size: honest directories,
//     arrays and texts do not overlap, and what claims more than the file has is refused.
//   - Nothing is read or written outside the slices given, whatever the input.
package tiff
