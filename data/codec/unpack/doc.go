// Package unpack decompresses whole buffers whose size is known before: zlib, gzip,
// zstd and LZ4, as they stand in the chunks of arrays and in the blocks of Blosc.
//
// Not here: streams whose size is not known, and the frames that tell sizes.
//
// What always holds:
//   - dst is filled to its last byte, or the error says why not. A stream that holds
//     less is io.ErrUnexpectedEOF, one that holds more an error too.
//   - Checksums are verified where a format has them.
//   - Nothing is written outside of dst, and no memory is spent on what a stream claims
//     but for a window of zstd, of 128 MiB at most.
package unpack
