//go:build gpu

package kernels

import (
	"errors"
	"fmt"

	"hpaflow/models/gpu/cuda"
)

// Copy sets dst to src, which may be of the other type: bfloat16 is rounded to
// nearest, ties to even.
func (k *Set) Copy(s cuda.Stream, dst, src Mat) error { return k.copy(s, dst, src, 0) }

// Add adds src to dst; either may be of either type, and sums are rounded once.
func (k *Set) Add(s cuda.Stream, dst, src Mat) error { return k.copy(s, dst, src, 1) }

func (k *Set) copy(s cuda.Stream, dst, src Mat, add int32) error {
	if err := errors.Join(dst.check("dst"), src.check("src")); err != nil {
		return err
	}
	if dst.Rows != src.Rows || dst.C != src.C {
		return fmt.Errorf("kernels: copy: %+v is not of the shape of %+v", dst, src)
	}
	name, lanes := "copy"+dst.Type.suffix()+src.Type.suffix(), max(dst.Type.lanes(), src.Type.lanes())
	if !wide(dst, src) || dst.C%lanes != 0 {
		name, lanes = name+"_1", 1
	}
	g := passGrid(dst.Rows, dst.C, lanes, 1)
	return k.launch(s, name, g.blocks(), g.threads(), dst.Ptr, src.Ptr,
		int32(dst.C), int32(dst.Stride), int32(src.Stride), int32(dst.Rows), int32(g.span), add)
}

// flatRow is how many values Flat lays in a row.
const flatRow = 2048

// Flat is n packed values as a Mat, for Copy and Add: rows of some length that
// divides n where there is one.
func Flat(p cuda.Ptr, t Type, n int) Mat {
	for c := flatRow; c >= 8; c /= 2 {
		if n%c == 0 {
			return Mat{p, t, n / c, c, c}
		}
	}
	return Mat{p, t, 1, n, n}
}
