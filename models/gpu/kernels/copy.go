//go:build gpu

package kernels

import "hpaflow/models/gpu/cuda"

// Copy sets dst to src, which may be of the other type: bfloat16 is rounded to
// nearest, ties to even.
func (k *Set) Copy(s cuda.Stream, dst, src Mat) error { panic("kernels: to be written") }

// Add adds src to dst, of one type, or bfloat16 to float32.
func (k *Set) Add(s cuda.Stream, dst, src Mat) error { panic("kernels: to be written") }

// Flat is n values in a row, as a Mat, for Copy and Add.
func Flat(p cuda.Ptr, t Type, n int) Mat { panic("kernels: to be written") }
