package shards

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Unpacked is how many bytes a zstd frame holds, as its header claims and its
// blocks allow. Nothing is decoded.
func Unpacked(packed []byte) (int64, error) {
	var h zstd.Header
	if err := h.Decode(packed); err != nil {
		return 0, err
	}
	if h.Skippable {
		return 0, errors.New("a zstd frame to be skipped")
	}
	most, rest, err := mostContent(packed[h.HeaderSize:])
	if err != nil {
		return 0, err
	}
	if h.HasCheckSum && len(rest) != checksumBytes || !h.HasCheckSum && len(rest) != 0 {
		return 0, fmt.Errorf("%d bytes follow the blocks of a zstd frame", len(rest))
	}
	if h.HasFCS && h.FrameContentSize > most {
		return 0, fmt.Errorf("a zstd frame of %d bytes claims to hold %d", len(packed), h.FrameContentSize)
	}
	if h.HasFCS {
		most = h.FrameContentSize
	}
	return int64(most), nil
}

// unpack appends to b what a zstd frame holds, once its blocks have shown that
// they can hold as much as its header claims: memory is made for the claim.
func unpack(b, packed []byte) ([]byte, error) {
	if _, err := Unpacked(packed); err != nil {
		return nil, err
	}
	return decoder().DecodeAll(packed, b)
}

// mostContent is what a frame's blocks hold at most (RFC 8878, 3.1.1.2): a
// compressed one may hold blockBytes, the others say. The rest is what follows
// the last block.
func mostContent(blocks []byte) (most uint64, rest []byte, err error) {
	for last := false; !last; {
		if len(blocks) < 3 {
			return 0, nil, io.ErrUnexpectedEOF
		}
		head := uint32(binary.LittleEndian.Uint16(blocks)) | uint32(blocks[2])<<16
		last = head&1 == 1
		size, content := int(head>>3), uint64(head>>3)
		switch head & blockKind {
		case blockRaw:
		case blockRepeated:
			size = 1
		case blockCompressed:
			content = blockBytes
		default:
			return 0, nil, errors.New("a zstd block of no known kind")
		}
		if content > blockBytes {
			return 0, nil, fmt.Errorf("a zstd block claims to hold %d bytes", content)
		}
		if len(blocks)-3 < size {
			return 0, nil, io.ErrUnexpectedEOF
		}
		most += content
		blocks = blocks[3+size:]
	}
	return most, blocks, nil
}

const (
	blockBytes    = 128 << 10 // the most a compressed block holds
	checksumBytes = 4
)
