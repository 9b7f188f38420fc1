//go:build gpu

package kernels

import (
	"fmt"
	"math"

	"hpaflow/models/gpu/cuda"
)

// Type is how the values of activations are kept.
type Type uint8

// The types. Whatever is kept in bfloat16 is computed in float32.
const (
	F32 Type = iota
	BF16
)

// Bytes is the size of one value.
func (t Type) Bytes() int {
	if t == BF16 {
		return 2
	}
	return 4
}

// suffix of the kernels for a type.
func (t Type) suffix() string {
	if t == BF16 {
		return "_bf16"
	}
	return "_f32"
}

// lanes is how many values sixteen bytes hold.
func (t Type) lanes() int { return 16 / t.Bytes() }

// Mat is activations: Rows positions of all images, image by image and row by
// row, each with C channels side by side.
type Mat struct {
	Ptr    cuda.Ptr
	Type   Type
	Rows   int // N*H*W
	C      int
	Stride int // values from one row to the next; C if they are packed
}

// check says what of a Mat is impossible.
func (m Mat) check(name string) error {
	switch {
	case m.Ptr == 0:
		return fmt.Errorf("kernels: %s has no memory", name)
	case m.Type > BF16 || m.Rows < 1 || m.C < 1 || m.Stride < m.C || m.Rows > math.MaxInt32 || m.Stride > math.MaxInt32:
		return fmt.Errorf("kernels: %s: impossible activations %+v", name, m)
	}
	return nil
}

// like says whether two have the same shape and type.
func (m Mat) like(o Mat) bool { return m.Type == o.Type && m.Rows == o.Rows && m.C == o.C }

// same checks Mats, named in order, of which all must have the shape and type
// of the first; those without memory are left out.
func same(names []string, mats ...Mat) error {
	for i, m := range mats {
		if i > 0 && m.Ptr == 0 {
			continue
		}
		if err := m.check(names[i]); err != nil {
			return err
		}
		if !m.like(mats[0]) {
			return fmt.Errorf("kernels: %s %+v is not of the shape of %s %+v", names[i], m, names[0], mats[0])
		}
	}
	return nil
}

// wide says whether all rows can be read sixteen bytes at a time.
func wide(mats ...Mat) bool {
	for _, m := range mats {
		if m.Ptr == 0 {
			continue
		}
		n := m.Type.lanes()
		if m.Ptr%16 != 0 || m.C%n != 0 || m.Stride%n != 0 {
			return false
		}
	}
	return true
}

// aligned says whether arrays of float32, packed by channel, can be read
// sixteen bytes at a time beside wide Mats.
func aligned(ptrs ...cuda.Ptr) bool {
	for _, p := range ptrs {
		if p%16 != 0 {
			return false
		}
	}
	return true
}
