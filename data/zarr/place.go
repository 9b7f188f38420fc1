package zarr

import (
	"encoding/binary"
	"fmt"
	"io"
	"iter"

	"hpaflow/data/codec/tiff/predictor"
)

// bigMachine says that this machine has the most significant byte first.
var bigMachine = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// decoded is a chunk's numbers.
type decoded struct {
	bytes []byte
	big   bool
	steps []int // bytes from a number to the next along each axis
}

// decode gives the numbers of a chunk of a shape. They may be in scratch, or in src.
func (c *codecs) decode(src []byte, shape []int, t Type, fill []byte, scratch *[]byte) (d decoded, err error) {
	stored := c.stored(shape)
	n, err := size(stored, t.Size)
	if err != nil {
		return d, err
	}
	var to []byte
	if len(c.packed) > 0 && c.sharding == nil {
		if cap(*scratch) < n {
			*scratch = make([]byte, n)
		}
		to = (*scratch)[:n]
	}
	if src, err = c.unpacked(src, n, to); err != nil {
		return d, err
	}
	if d.bytes, d.big = src, c.big; c.sharding != nil {
		if d.bytes, err = c.sharding.decode(src, stored, t, fill); err != nil {
			return d, err
		}
		d.big = bigMachine
	}
	switch {
	case len(d.bytes) < n:
		return d, fmt.Errorf("the chunk has %d bytes of %d: %w", len(d.bytes), n, io.ErrUnexpectedEOF)
	case len(d.bytes) > n:
		return d, fmt.Errorf("the chunk has %d bytes, not %d", len(d.bytes), n)
	}
	d.steps = stepsOf(stored, t.Size)
	if c.order != nil {
		steps := make([]int, len(shape))
		for i, axis := range c.order {
			steps[axis] = d.steps[i]
		}
		d.steps = steps
	}
	return d, nil
}

// stepsOf are those of an array whose last axis changes first.
func stepsOf(shape []int, each int) []int {
	steps := make([]int, len(shape))
	for i := len(shape) - 1; i >= 0; i-- {
		steps[i] = each
		each *= shape[i]
	}
	return steps
}

func product(list []int) int {
	n := 1
	for _, v := range list {
		n *= v
	}
	return n
}

// indices goes through the places from lo to below hi, the last axis first. The slice
// is the same each time.
func indices(lo, hi []int) iter.Seq2[int, []int] {
	return func(yield func(int, []int) bool) {
		at := append([]int(nil), lo...)
		for i := range at {
			if lo[i] >= hi[i] {
				return
			}
		}
		for n := 0; yield(n, at); n++ {
			axis := len(at) - 1
			for ; axis >= 0; axis-- {
				if at[axis]++; at[axis] < hi[axis] {
					break
				}
				at[axis] = lo[axis]
			}
			if axis < 0 {
				return
			}
		}
	}
}

// copyNumbers copies numbers of some bytes each: as many along each axis as extent
// says, with the steps of both sides, and the bytes of each turned if they are swapped.
func copyNumbers(dst []byte, dstSteps []int, src []byte, srcSteps []int, extent []int, each int, swapped bool) {
	if len(extent) == 0 {
		copyRow(dst, each, src, each, 1, each, swapped)
		return
	}
	n := extent[0]
	if len(extent) == 1 {
		copyRow(dst, dstSteps[0], src, srcSteps[0], n, each, swapped)
		return
	}
	for i := range n {
		copyNumbers(dst[i*dstSteps[0]:], dstSteps[1:], src[i*srcSteps[0]:], srcSteps[1:], extent[1:], each, swapped)
	}
}

func copyRow(dst []byte, dstStep int, src []byte, srcStep, n, each int, swapped bool) {
	if n == 0 {
		return
	}
	switch {
	case dstStep == each && srcStep == each && (!swapped || each == 1):
		copy(dst[:n*each], src)
	case dstStep == each && srcStep == each:
		predictor.Swap(dst[:n*each], src[:n*each], each)
	case each == 1:
		for i := range n {
			dst[i*dstStep] = src[i*srcStep]
		}
	default:
		for i := range n {
			to, from := dst[i*dstStep:i*dstStep+each], src[i*srcStep:i*srcStep+each]
			if !swapped {
				copy(to, from)
				continue
			}
			for k := range to {
				to[k] = from[each-1-k]
			}
		}
	}
}
