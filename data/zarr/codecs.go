package zarr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"hpaflow/data/codec/blosc"
	"hpaflow/data/codec/unpack"
)

// codecs are how a chunk is encoded: its axes transposed, its numbers as bytes or in a
// shard, and these bytes packed, one packing after the other.
type codecs struct {
	order    []int // axis i of what is stored is axis order[i] of the chunk; nil: they are the same
	big      bool  // numbers are big-endian
	sharding *sharding
	packed   []packing // in the order of encoding
}

// packing is one that bytes go through.
type packing interface {
	// unpack fills dst, whose length is known.
	unpack(dst, src []byte) error
	// claims is how many bytes are packed, as far as they themselves say; -1: they do
	// not.
	claims(src []byte) (int64, error)
}

// simple packings do not say how much they hold.
type simple func(dst, src []byte) error

func (s simple) unpack(dst, src []byte) error { return s(dst, src) }
func (s simple) claims([]byte) (int64, error) { return -1, nil }

type bloscPacking struct{}

func (bloscPacking) unpack(dst, src []byte) error     { return blosc.Decode(dst, src) }
func (bloscPacking) claims(src []byte) (int64, error) { return blosc.Size(src) }

// crc32c is a checksum behind the bytes.
type crc32c struct{}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (crc32c) claims(src []byte) (int64, error) {
	if len(src) < crc32.Size {
		return 0, fmt.Errorf("crc32c: %w", io.ErrUnexpectedEOF)
	}
	return int64(len(src) - crc32.Size), nil
}

func (crc32c) unpack(dst, src []byte) error {
	if len(src) != len(dst)+crc32.Size {
		return fmt.Errorf("crc32c: %d bytes, not %d: %w", len(src), len(dst)+crc32.Size, io.ErrUnexpectedEOF)
	}
	body := src[:len(dst)]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(src[len(dst):]) {
		return errors.New("crc32c: invalid checksum")
	}
	copy(dst, body)
	return nil
}

// lz4 is a block behind its size, as numcodecs writes it.
type lz4 struct{}

func (lz4) claims(src []byte) (int64, error) {
	if len(src) < 4 {
		return 0, fmt.Errorf("lz4: %w", io.ErrUnexpectedEOF)
	}
	return int64(binary.LittleEndian.Uint32(src)), nil
}

func (lz4) unpack(dst, src []byte) error {
	if len(src) < 4 {
		return fmt.Errorf("lz4: %w", io.ErrUnexpectedEOF)
	}
	return unpack.LZ4(dst, src[4:])
}

// numcodecs are the packings by their names in version 2. Those of version 3 that are
// not in its specification are called the same behind "numcodecs.".
var numcodecs = map[string]packing{
	"blosc": bloscPacking{}, "zlib": simple(unpack.Zlib), "gzip": simple(unpack.Gzip), "zstd": simple(unpack.Zstd), "lz4": lz4{},
}

// codecs3 reads the codecs of version 3, of chunks of a shape.
func codecs3(list []named, t Type, chunk []int, depth int) (c codecs, err error) {
	bytes := false // the numbers are bytes by now
	for _, n := range list {
		name, fault := n.Name, func(format string, args ...any) error {
			return fmt.Errorf("codecs: %s: %w", n.Name, fmt.Errorf(format, args...))
		}
		packed, packs := numcodecs[strings.TrimPrefix(name, "numcodecs.")]
		packs = packs && (strings.HasPrefix(name, "numcodecs.") || name == "blosc" || name == "gzip" || name == "zstd")
		switch {
		case name == "transpose" && !bytes:
			err = c.transpose(n, len(chunk))
		case name == "bytes" && !bytes:
			bytes = true
			c.big, err = endian(n, t)
		case name == "sharding_indexed" && !bytes:
			bytes = true
			if depth == mostDepth {
				return c, fault("shards in shards are read %d deep, and no deeper", mostDepth)
			}
			c.sharding, err = newSharding(n, t, c.stored(chunk), depth)
		case packs && bytes:
			c.packed = append(c.packed, packed)
		case name == "crc32c" && bytes:
			c.packed = append(c.packed, crc32c{})
		case packs, name == "crc32c", name == "transpose", name == "bytes", name == "sharding_indexed":
			return c, fault("stands at the wrong place")
		default:
			return c, fault("is not read; bytes, transpose, sharding_indexed, blosc, gzip, zstd and crc32c are")
		}
		if err != nil {
			return c, fault("%w", err)
		}
	}
	if !bytes {
		return c, errors.New("codecs: none makes bytes of numbers")
	}
	return c, nil
}

func endian(n named, t Type) (big bool, err error) {
	var of struct {
		Endian string `json:"endian"`
	}
	if err := n.into(&of); err != nil {
		return false, err
	}
	switch {
	case of.Endian == "big":
		return true, nil
	case of.Endian == "little" || of.Endian == "" && t.Size == 1:
		return false, nil
	}
	return false, fmt.Errorf("endian: %.20q is neither little nor big", of.Endian)
}

// transpose reads an order of axes, on top of those before.
func (c *codecs) transpose(n named, dimensions int) error {
	var of struct {
		Order []int `json:"order"`
	}
	if err := n.into(&of); err != nil {
		return err
	}
	seen := make([]bool, dimensions)
	next := make([]int, len(of.Order))
	for i, axis := range of.Order {
		if len(of.Order) != dimensions || axis < 0 || axis >= dimensions || seen[axis] {
			return fmt.Errorf("order: %v is none of %d axes", of.Order, dimensions)
		}
		seen[axis], next[i] = true, axis
		if c.order != nil {
			next[i] = c.order[axis]
		}
	}
	if len(of.Order) != dimensions {
		return fmt.Errorf("order: %v is none of %d axes", of.Order, dimensions)
	}
	c.order = next
	return nil
}

// stored is the shape of a chunk as it is stored.
func (c *codecs) stored(shape []int) []int {
	if c.order == nil {
		return shape
	}
	to := make([]int, len(shape))
	for i, axis := range c.order {
		to[i] = shape[axis]
	}
	return to
}

// mostGrowth bounds what lies between two packings, of which the size is not told:
// no more than what comes out of it all, twice, and a little.
func mostGrowth(n int) int64 { return 2*int64(n) + 1<<16 }

// mostRatio is how many times a packing may make its bytes fewer, in bits: a block of
// zstd of one byte repeated is 128 KiB in 4 bytes, and Blosc has frames of its own.
const mostRatio = 16

// unpacked are the bytes of a chunk before they were packed: n of them.
func (c *codecs) unpacked(src []byte, n int, to []byte) ([]byte, error) {
	for i := len(c.packed) - 1; i >= 0; i-- {
		p := c.packed[i]
		size, err := p.claims(src)
		if err != nil {
			return nil, err
		}
		if i == 0 && size < 0 && c.sharding == nil {
			size = int64(n)
		}
		switch {
		case i == 0 && c.sharding == nil && size != int64(n):
			return nil, fmt.Errorf("the chunk holds %d bytes, not %d", size, n)
		case size < 0:
			return nil, errors.New("codecs: a packing whose size is not told, within another, is not read")
		case size > mostGrowth(n):
			return nil, fmt.Errorf("the chunk claims %d bytes, of %d", size, n)
		}
		if size > 1<<16 && size>>mostRatio > int64(len(src)) {
			return nil, fmt.Errorf("the chunk claims %d bytes, more than %d can hold", size, len(src))
		}
		dst := to
		if i > 0 || int64(len(to)) != size {
			dst = make([]byte, size)
		}
		if err := p.unpack(dst, src); err != nil {
			return nil, err
		}
		src = dst
	}
	return src, nil
}
