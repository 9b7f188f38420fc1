package blosc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// headerBytes begin every buffer.
const headerBytes = 16

// The flags of a header; the three bits above them are the compressor.
const (
	flagShuffle    = 1 << 0
	flagStored     = 1 << 1
	flagBitShuffle = 1 << 2
	flagDelta      = 1 << 3 // of Blosc 2
	flagOneStream  = 1 << 4 // blocks are not split by bytes of elements
)

// compressor is what blocks are compressed by.
type compressor uint8

const (
	blosclz compressor = iota
	lz4
	snappy
	zlib
	zstd
)

func (c compressor) String() string {
	names := [...]string{"blosclz", "lz4", "snappy", "zlib", "zstd"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("compressor %d", uint8(c))
}

// header is what a buffer says of itself.
type header struct {
	flags      uint8
	compressor compressor
	element    int // bytes of one
	size       int // bytes, decompressed
	block      int // bytes of a block, decompressed
}

// Size is how many bytes a buffer claims to hold.
func Size(src []byte) (int64, error) {
	h, err := readHeader(src)
	return int64(h.size), err
}

func readHeader(src []byte) (h header, err error) {
	if len(src) < headerBytes {
		return h, fmt.Errorf("blosc: header: %w", io.ErrUnexpectedEOF)
	}
	if src[0] < 1 || src[0] > 2 {
		return h, fmt.Errorf("blosc: format %d is not read; 1 and 2, those of Blosc 1, are", src[0])
	}
	h.flags, h.compressor, h.element = src[2], compressor(src[2]>>5), int(src[3])
	size, block, whole := binary.LittleEndian.Uint32(src[4:]), binary.LittleEndian.Uint32(src[8:]), binary.LittleEndian.Uint32(src[12:])
	const most = 1<<31 - 1 - headerBytes // as c-blosc has it
	switch {
	case uint64(whole) > uint64(len(src)):
		return h, fmt.Errorf("blosc: %d of %d bytes are there: %w", len(src), whole, io.ErrUnexpectedEOF)
	case uint64(whole) < uint64(len(src)):
		return h, fmt.Errorf("blosc: %d bytes are there of a buffer of %d", len(src), whole)
	case size > most:
		return h, fmt.Errorf("blosc: claims %d bytes", size)
	case h.flags&flagDelta != 0:
		return h, errors.New("blosc: the delta of Blosc 2 is not read")
	case h.element == 0:
		return h, errors.New("blosc: elements of 0 bytes")
	}
	h.size, h.block = int(size), int(block)
	if h.flags&flagStored == 0 && h.size > 0 && (block == 0 || block > size) {
		return h, fmt.Errorf("blosc: blocks of %d bytes, of %d", block, size)
	}
	return h, nil
}
