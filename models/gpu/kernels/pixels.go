//go:build gpu

package kernels

import (
	"fmt"

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

// pixelSpan is how many pixels a block adds up at least, and pixelSpans how many
// blocks a plane has at most.
const (
	pixelSpan  = 8192
	pixelSpans = 64
)

func (p Pixels) span() (span, spans int) {
	plane := p.H * p.W
	span = max(pixelSpan, ceil(plane, pixelSpans))
	return span, ceil(plane, span)
}

// Scratch is the scratch of Normalise; 0 unless PerImage.
func (p Pixels) Scratch() int64 {
	if !p.measured() {
		return 0
	}
	_, spans := p.span()
	return 16 * int64(p.N*p.C) * int64(1+spans)
}

// measured says whether planes must be read before they can be normalised.
func (p Pixels) measured() bool { return p.PerImage && p.Depth != Float }

func (p Pixels) check(dst Mat) error {
	if err := dst.check("dst"); err != nil {
		return err
	}
	switch {
	case p.Ptr == 0, p.Depth > Float, min(p.N, p.C, p.H, p.W) < 1, p.N*p.C > maxBlocks, p.H*p.W > 1<<30,
		dst.Rows != p.N*p.H*p.W, dst.C < p.C:
		return fmt.Errorf("kernels: pixels %+v to %+v: impossible shape", p, dst)
	}
	return nil
}

// Normalise computes activations from planes under a symmetry: dst has N*H*W
// rows, H and W exchanged by a transpose. Channels of dst beyond those of the
// planes become zero. The values are to the bit those of the CPU's ops for
// float32. One launch, three if PerImage.
func (k *Set) Normalise(s cuda.Stream, dst Mat, p Pixels, view pixel.Dihedral, scratch cuda.Ptr) error {
	if err := p.check(dst); err != nil {
		return err
	}
	var moments cuda.Ptr
	if p.measured() {
		moments = scratch
		sums, deep := scratch+cuda.Ptr(16*p.N*p.C), flag(p.Depth == U16)
		span, spans := p.span()
		if err := k.launch(s, "pixel_sums", [3]int{spans, p.N * p.C, 1}, [3]int{blockThreads, 1, 1},
			p.Ptr, deep, int32(p.H*p.W), int32(span), sums); err != nil {
			return err
		}
		if err := k.launchEach(s, "pixel_moments", p.N*p.C, sums, deep, int32(p.N*p.C), int32(p.H*p.W), int32(spans), moments); err != nil {
			return err
		}
	}
	h, w := p.H, p.W
	dx, dy, start := 1, w, 0
	if view&pixel.Transpose != 0 {
		h, w = w, h
		dx, dy = h, 1
	}
	if view&pixel.FlipLR != 0 {
		start, dx = start+(w-1)*dx, -dx
	}
	if view&pixel.FlipUD != 0 {
		start, dy = start+(h-1)*dy, -dy
	}
	// Four channels are written at once where that many always lie there.
	together := dst.C%4 == 0 && dst.Stride%4 == 0 && dst.Ptr%16 == 0
	name := "normalise" + [...]string{"_u8", "_u16", "_float"}[p.Depth] + dst.Type.suffix()
	return k.launch(s, name, [3]int{ceil(w, 32), ceil(h, 8), p.N}, [3]int{32, 8, 1}, dst.Ptr, p.Ptr, moments,
		int32(p.C), int32(dst.C), int32(dst.Stride), int32(h), int32(w), int32(start), int32(dx), int32(dy), flag(together))
}
