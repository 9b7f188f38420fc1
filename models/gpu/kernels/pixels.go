//go:build gpu

package kernels

import (
	"hpaflow/data/pixel"
	"hpaflow/models/gpu/cuda"
)

// Depth is how planes of pixels are kept.
type Depth uint8

// The depths. Float planes are normalised already.
const (
	U8 Depth = iota
	U16
	Float
)

// Pixels are raw planes (N,C,H,W), packed.
type Pixels struct {
	Ptr        cuda.Ptr
	Depth      Depth
	N, C, H, W int

	// PerImage is (x-mean)/(std+1e-7) over each plane; else (x-127.5)/255, in
	// both cases of 16-bit pixels divided by 257.
	PerImage bool
}

// PixelScratch is the scratch of Pixels; 0 unless PerImage.
func (p Pixels) Scratch() int64 { panic("kernels: to be written") }

// Normalise computes activations from planes under a symmetry: dst has N*H*W
// rows, H and W exchanged by a transpose. Channels of dst beyond those of the
// planes become zero. The values are to the bit those of the CPU's ops for
// float32. One launch, two if PerImage.
func (k *Set) Normalise(s cuda.Stream, dst Mat, p Pixels, view pixel.Dihedral, scratch cuda.Ptr) error {
	panic("kernels: to be written")
}
