package shards

import (
	"encoding/binary"
	"sync"
)

// A zstd block may consist of literals alone, and these may be Huffman-coded:
// RFC 8878, 3.1.1.3.1. A frame of such blocks is zstd to every reader, and costs
// no more than the Huffman coder, which on pixels is most of what compression
// there is to be had.

const (
	zstdMagic = 0xFD2FB528
	// frameDescriptor says: size of the content in four bytes, a window, a checksum.
	frameDescriptor = 2<<6 | 1<<2
	// windowDescriptor is of 128 KiB, the least that allows the largest blocks.
	windowDescriptor = 7 << 3

	blockRaw        = 0 << 1
	blockRepeated   = 1 << 1
	blockCompressed = 2 << 1
	blockKind       = 3 << 1 // where a block's header says which it is

	// literalsBlock is the largest block, which one Huffman code serves.
	literalsBlock = 64 << 10
	// Shorter literals are one stream of bits, longer ones four.
	fourStreams = 1024
)

var literalCoders = sync.Pool{New: func() any { return new(literalCoder) }}

// appendLiterals appends a frame that holds pieces one after the other; their
// checksum, the low half of XXH64, is given. No block spans two pieces: content
// of different statistics gets codes of its own.
func appendLiterals(b []byte, checksum uint32, pieces ...[]byte) []byte {
	left := 0
	for _, p := range pieces {
		left += len(p)
	}
	b = binary.LittleEndian.AppendUint32(b, zstdMagic)
	b = append(b, frameDescriptor, windowDescriptor)
	b = binary.LittleEndian.AppendUint32(b, uint32(left))
	coder := literalCoders.Get().(*literalCoder)
	defer literalCoders.Put(coder)
	if left == 0 {
		b = appendBlock(b, nil, true, coder)
	}
	for _, p := range pieces {
		for len(p) > 0 {
			n := min(literalsBlock, len(p))
			left -= n
			b = appendBlock(b, p[:n], left == 0, coder)
			p = p[n:]
		}
	}
	return binary.LittleEndian.AppendUint32(b, checksum)
}

// appendBlock appends one block, Huffman-coded where that is shorter.
func appendBlock(b, p []byte, last bool, coder *literalCoder) []byte {
	const most = 3 + 5 + 1 // what is added around the coded literals
	switch coded := coder.code(p); {
	case len(coded) == 1: // a code of its own would be for one symbol
		return append(appendBlockHeader(b, blockRepeated, len(p), last), p[0])
	case coded == nil || len(coded)+most >= len(p):
		return append(appendBlockHeader(b, blockRaw, len(p), last), p...)
	default:
		var header [5]byte
		n := putLiteralsHeader(header[:], len(p), len(coded))
		b = appendBlockHeader(b, blockCompressed, n+len(coded)+1, last)
		b = append(append(b, header[:n]...), coded...)
		return append(b, 0) // no sequences
	}
}

func appendBlockHeader(b []byte, kind, size int, last bool) []byte {
	v := kind | size<<3
	if last {
		v |= 1
	}
	return append(b, byte(v), byte(v>>8), byte(v>>16))
}

// putLiteralsHeader writes how many literals there are and how many bytes they
// are coded in, and gives the header's length. The sizes' widths go with the
// number of streams and the sizes.
func putLiteralsHeader(b []byte, size, coded int) int {
	const compressed = 2
	format, width := 0, 10
	switch most := max(size, coded); {
	case size < fourStreams:
	case most < 1<<14:
		format, width = 2, 14
	default:
		format, width = 3, 18
	}
	v := uint64(compressed | format<<2 | size<<4 | coded<<(4+width))
	var all [8]byte
	binary.LittleEndian.PutUint64(all[:], v)
	return copy(b, all[:(4+2*width)/8])
}
