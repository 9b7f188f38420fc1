// Package lzw decompresses the LZW of TIFF (TIFF 6.0, section 13): codes of 9 to 12
// bits, the highest bit first, that grow one code early. The files of libtiff before
// 1992 have the lowest bit first and do not; they are told by their first code.
//
// Each code's string is kept as its first eight bytes and as where it stands in the
// output, so that short strings, which are most of them in micrographs, are written by
// one store without looking back.
//
// What always holds: nothing is read or written outside the slices given, and what is
// no code is an error.
package lzw
