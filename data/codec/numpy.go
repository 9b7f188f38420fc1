package codec

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"hpaflow/data"
	"hpaflow/data/codec/tiff"
	"hpaflow/data/npy"
)

// array is an image in a file of NumPy: (planes, height, width), (height, width), or
// (height, width, planes) where the first side is more than an image has planes.
type array struct {
	kind                  string
	width, height, planes int
	interleaved           bool // the planes' values stand beside one another
	body                  []byte
	like                  samples // of a plane: its type
	depth                 int
}

// numbers are the types that pixels may have, by the names of NumPy.
var numbers = map[string]samples{
	"|u1": {format: tiff.Unsigned, bits: 8}, "<u2": {format: tiff.Unsigned, bits: 16}, "<u4": {format: tiff.Unsigned, bits: 32}, "<u8": {format: tiff.Unsigned, bits: 64},
	"|i1": {format: tiff.Signed, bits: 8}, "<i2": {format: tiff.Signed, bits: 16}, "<i4": {format: tiff.Signed, bits: 32}, "<i8": {format: tiff.Signed, bits: 64},
	"<f2": {format: tiff.Float, bits: 16}, "<f4": {format: tiff.Float, bits: 32}, "<f8": {format: tiff.Float, bits: 64},
}

func (c Choice) ofArray(b []byte) (a array, err error) {
	kind, shape, body, err := npy.Parse(b)
	if err != nil {
		return a, err
	}
	a = array{kind: kind, planes: 1, body: body}
	var known bool
	if a.like, known = numbers[kind]; !known {
		return a, fmt.Errorf("npy: numbers of type %s are no pixels", kind)
	}
	switch {
	case len(shape) == 2:
		a.height, a.width = shape[0], shape[1]
	case len(shape) == 3 && shape[0] <= data.MaxPlanes:
		a.planes, a.height, a.width = shape[0], shape[1], shape[2]
	case len(shape) == 3 && shape[2] <= data.MaxPlanes:
		a.height, a.width, a.planes, a.interleaved = shape[0], shape[1], shape[2], true
	default:
		return a, fmt.Errorf("npy: an array of shape %v is no image", shape)
	}
	if err := within("NumPy", a.width, a.height); err != nil {
		return a, err
	}
	if a.planes < 1 || a.width*a.height*a.planes*a.like.bits/8 != len(body) {
		return a, fmt.Errorf("npy: %d bytes do not hold an array of shape %v and type %s", len(body), shape, kind)
	}
	if a.depth = a.like.bits; a.interpreted() {
		a.depth = 16
		if !c.Range.said() {
			return a, fmt.Errorf("npy: numbers of type %s have no place in 8 or 16 bits without a rule; give one: "+
				"range = \"min-max\", \"percentile 0.1 99.9\", \"LO HI\" or \"full\"", kind)
		}
	}
	return a, nil
}

// interpreted says that the numbers become 16 bits by the range.
func (a array) interpreted() bool { return a.like.format != tiff.Unsigned || a.like.bits > 16 }

func (c Choice) claimArray(b []byte) (Claim, error) {
	a, err := c.ofArray(b)
	claim := Claim{Width: a.width, Height: a.height, Channels: a.planes, Depth: a.depth, scratch: 1}
	if a.interpreted() {
		claim.scratch = claim.Pixels() * int64(a.like.bits/8)
	}
	return claim, err
}

func (c Choice) decodeArray(b []byte, alloc allocator) error {
	a, err := c.ofArray(b)
	if err != nil {
		return err
	}
	planes, err := alloc(a.width, a.height, a.planes, a.depth)
	if err != nil {
		return err
	}
	for i, p := range planes {
		if !a.interpreted() {
			a.take(p.Raw(), i)
			continue
		}
		raw := make([]byte, a.width*a.height*a.like.bits/8)
		a.take(raw, i)
		c.Range.apply(p.U16, samples{a.like.format, a.like.bits, raw})
	}
	return nil
}

// take copies a plane's numbers, in the machine's order.
func (a array) take(dst []byte, plane int) {
	size := a.like.bits / 8
	if !a.interleaved {
		copy(dst, a.body[plane*len(dst):])
	} else {
		for i := 0; i < len(dst); i += size {
			copy(dst[i:i+size], a.body[i*a.planes+plane*size:])
		}
	}
	if size == 1 || binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return
	}
	for i := 0; i < len(dst); i += size {
		switch n := dst[i:]; size {
		case 2:
			binary.NativeEndian.PutUint16(n, bits.ReverseBytes16(binary.NativeEndian.Uint16(n)))
		case 4:
			binary.NativeEndian.PutUint32(n, bits.ReverseBytes32(binary.NativeEndian.Uint32(n)))
		default:
			binary.NativeEndian.PutUint64(n, bits.ReverseBytes64(binary.NativeEndian.Uint64(n)))
		}
	}
}
