package blosc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"hpaflow/data/codec/unpack"
)

// The splits of blocks, as c-blosc makes them.
const (
	mostStreams   = 16  // of a block, one for each byte of an element
	leastElements = 128 // of a block that is split
)

// Decode fills dst, whose length is Size.
func Decode(dst, src []byte) error {
	h, err := readHeader(src)
	switch {
	case err != nil:
		return err
	case h.size != len(dst):
		return fmt.Errorf("blosc: holds %d bytes, not %d", h.size, len(dst))
	case h.size == 0:
		return nil
	case h.flags&flagStored != 0:
		if len(src) != headerBytes+h.size {
			return fmt.Errorf("blosc: %d stored bytes of %d: %w", len(src)-headerBytes, h.size, io.ErrUnexpectedEOF)
		}
		copy(dst, src[headerBytes:])
		return nil
	}
	blocks := (h.size + h.block - 1) / h.block
	if (len(src)-headerBytes)/4 < blocks {
		return fmt.Errorf("blosc: places of %d blocks: %w", blocks, io.ErrUnexpectedEOF)
	}
	d := decoder{header: h, src: src}
	if d.shuffled(h.block) {
		d.scratch = scratches.Get().(*[]byte)
		defer d.release()
		if cap(*d.scratch) < h.block {
			*d.scratch = make([]byte, h.block)
		}
	}
	for i := range blocks {
		at := int32(binary.LittleEndian.Uint32(src[headerBytes+4*i:]))
		if at < headerBytes || int(at) >= len(src) {
			return fmt.Errorf("blosc: block %d is outside of the buffer", i)
		}
		from := i * h.block
		if err := d.decode(dst[from:min(from+h.block, h.size)], int(at)); err != nil {
			return fmt.Errorf("blosc: block %d: %w", i, err)
		}
	}
	return nil
}

// scratches hold blocks that are shuffled still.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// mostKept is the largest that is kept.
const mostKept = 8 << 20

// decoder decompresses a buffer's blocks.
type decoder struct {
	header
	src     []byte
	scratch *[]byte
}

func (d *decoder) release() {
	if cap(*d.scratch) > mostKept {
		*d.scratch = nil
	}
	scratches.Put(d.scratch)
}

// shuffled says whether a block of so many bytes is.
func (d *decoder) shuffled(block int) bool {
	return d.flags&flagShuffle != 0 && d.element > 1 || d.flags&flagBitShuffle != 0 && block >= d.element
}

// decode fills one block, which begins in the buffer at a place. The last may be
// shorter than the others.
func (d *decoder) decode(dst []byte, at int) error {
	to, shuffled := dst, d.shuffled(len(dst))
	if shuffled {
		to = (*d.scratch)[:len(dst)]
	}
	streams := 1
	if d.flags&flagOneStream == 0 && d.element <= mostStreams && d.block/d.element >= leastElements && len(dst) == d.block {
		streams = d.element
	}
	each := len(dst) / streams
	for i := range streams {
		if len(d.src)-at < 4 {
			return io.ErrUnexpectedEOF
		}
		n := int32(binary.LittleEndian.Uint32(d.src[at:]))
		at += 4
		if n <= 0 || int(n) > len(d.src)-at {
			return fmt.Errorf("stream %d claims %d bytes: %w", i, n, io.ErrUnexpectedEOF)
		}
		if err := d.stream(to[i*each:(i+1)*each], d.src[at:at+int(n)]); err != nil {
			return err
		}
		at += int(n)
	}
	if streams*each != len(dst) {
		return fmt.Errorf("%d bytes are no whole number of elements of %d", len(dst), d.element)
	}
	switch {
	case !shuffled:
	case d.flags&flagShuffle != 0:
		unshuffle(dst, to, d.element)
	default:
		unshuffleBits(dst, to, d.element)
	}
	return nil
}

// stream decompresses one. One as long as what it holds is stored.
func (d *decoder) stream(dst, src []byte) error {
	if len(src) == len(dst) {
		copy(dst, src)
		return nil
	}
	switch d.compressor {
	case blosclz:
		return unBloscLZ(dst, src)
	case lz4:
		return unpack.LZ4(dst, src)
	case zlib:
		return unpack.Zlib(dst, src)
	case zstd:
		return unpack.Zstd(dst, src)
	case snappy:
		return errors.New("snappy is not read; write the array with zstd or lz4")
	}
	return fmt.Errorf("%v is not known", d.compressor)
}
