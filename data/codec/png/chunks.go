package png

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// ErrOther says that a file is not of the sort Decode takes on, or is damaged:
// image/png can tell which.
var ErrOther = errors.New("png: not a sound image of 8 or 16 bits without palette and interlacing")

// Header is what a file says of its pixels.
type Header struct {
	Width, Height int // pixels
	Channels      int // grey 1, RGB 3, RGB and alpha 4; Encode also writes grey and alpha, 2
	Depth         int // bits of a channel, 8 or 16
}

// pixel is the bytes of a pixel.
func (h Header) pixel() int { return h.Channels * h.Depth / 8 }

const (
	signature = "\x89PNG\r\n\x1a\n"
	// A chunk is its length, its kind, its content and its checksum.
	chunkHead = 8
	chunkTail = 4
	headerLen = 13
	// maxSide keeps sizes in bytes far from overflow.
	maxSide = 1 << 24
)

// MaxChannels is the most channels a PNG has: red, green, blue and alpha.
const MaxChannels = 4

// colour gives the PNG colour type by number of channels.
var colour = [MaxChannels + 1]byte{1: 0, 2: 4, 3: 2, 4: 6}

// chunk cuts the first chunk off, once its checksum has been found to be right.
func chunk(b []byte) (kind string, content, rest []byte, ok bool) {
	if len(b) < chunkHead+chunkTail {
		return "", nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if n > uint64(len(b)-chunkHead-chunkTail) {
		return "", nil, nil, false
	}
	end := chunkHead + int(n)
	if crc32.ChecksumIEEE(b[4:end]) != binary.BigEndian.Uint32(b[end:]) {
		return "", nil, nil, false
	}
	return string(b[4:chunkHead]), b[chunkHead:end], b[end+chunkTail:], true
}

// parseHeader reads the content of IHDR.
func parseHeader(b []byte) (h Header, ok bool) {
	if len(b) != headerLen {
		return h, false
	}
	w, height := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	h = Header{Width: int(w), Height: int(height), Depth: int(b[8]), Channels: max(0, bytes.IndexByte(colour[1:], b[9])+1)}
	ok = w >= 1 && w <= maxSide && height >= 1 && height <= maxSide &&
		(h.Depth == 8 || h.Depth == 16) && h.Channels > 0 && h.Channels != 2 &&
		b[10] == 0 && b[11] == 0 && b[12] == 0 // compression, filter and interlace methods
	return h, ok
}

// parse finds an image's header and its compressed pixels, which are joined in
// scratch if they come in several chunks. Ok is false for a file that Decode
// does not take on.
func parse(b []byte, scratch []byte) (h Header, packed, newScratch []byte, ok bool) {
	if len(b) < len(signature) || string(b[:len(signature)]) != signature {
		return h, nil, scratch, false
	}
	kind, content, rest, ok := chunk(b[len(signature):])
	if !ok || kind != "IHDR" {
		return h, nil, scratch, false
	}
	if h, ok = parseHeader(content); !ok {
		return h, nil, scratch, false
	}
	const before, within, after = 0, 1, 2
	for where, parts := before, 0; ; {
		if kind, content, rest, ok = chunk(rest); !ok {
			return h, nil, scratch, false
		}
		switch {
		case kind == "IDAT":
			if where == after {
				return h, nil, scratch, false
			}
			where = within
			if parts++; parts == 1 {
				packed = content
				continue
			}
			if parts == 2 {
				scratch = append(scratch[:0], packed...)
			}
			scratch = append(scratch, content...)
			packed = scratch
		case kind == "IEND":
			return h, packed, scratch, where != before && len(content) == 0
		case kind == "IHDR" || kind == "PLTE" || kind == "tRNS":
			return h, nil, scratch, false
		case where == within:
			where = after
		}
	}
}
