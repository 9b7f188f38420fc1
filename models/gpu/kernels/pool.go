//go:build gpu

package kernels

import "hpaflow/models/gpu/cuda"

// Grid is the positions of N images, one Mat row each.
type Grid struct{ N, H, W int }

// MaxPool is the shape of a max pool of In to Out; windows may hang over the
// edges.
type MaxPool struct {
	In, Out             Grid
	Kernel, Stride, Pad int // Kernel*Kernel is at most 255
}

// MaxPoolForward computes y, and in index, uint8 (rows of y, C) packed, which
// place of its window each value came from, counted row by row: of equal values
// the first, and a NaN wins over all. index may be 0 where no backward pass
// follows.
//
// With moments, those of a norm (Norm.Moments), x is the norm's input, and the
// pool is of max(x*scale + offset, 0): batch norm, ReLU and pool in one pass.
// Then index is 255 where the largest value is 0, which passes no gradient.
func (k *Set) MaxPoolForward(s cuda.Stream, p MaxPool, y, x Mat, moments, index cuda.Ptr) error {
	panic("kernels: to be written")
}

// MaxPoolBackward computes dx from dy, or adds it to dx.
func (k *Set) MaxPoolBackward(s cuda.Stream, p MaxPool, dx, dy Mat, index cuda.Ptr, add bool) error {
	panic("kernels: to be written")
}

// NormMaxPoolBackward is MaxPoolBackward and then NormBackward with CutInput,
// for a forward pass with moments, without the gradient between them being
// written: from dy, the gradient of the pool's result, those of x, gamma and
// beta. dx may be x. scratch is that of NormBackward for x.
func (k *Set) NormMaxPoolBackward(s cuda.Stream, p MaxPool, dx, x, dy Mat, index cuda.Ptr, n Norm, dgamma, dbeta, scratch cuda.Ptr) error {
	panic("kernels: to be written")
}

// AveragePool3 computes y as the means of 3x3 windows of x at stride 1, zeros
// beyond the borders counted, or adds them to y. Its gradient is itself, of the
// gradient.
func (k *Set) AveragePool3(s cuda.Stream, g Grid, y, x Mat, add bool) error {
	panic("kernels: to be written")
}

// AdaptivePoolForward computes y as torch's adaptive_avg_pool2d does, down or up.
func (k *Set) AdaptivePoolForward(s cuda.Stream, out, in Grid, y, x Mat) error {
	panic("kernels: to be written")
}

// AdaptivePoolBackward computes dx from dy, or adds it to dx. in and out are
// those of the forward pass.
func (k *Set) AdaptivePoolBackward(s cuda.Stream, out, in Grid, dx, dy Mat, add bool) error {
	panic("kernels: to be written")
}

// MeanPoolScratch is the scratch of MeanPoolForward.
func MeanPoolScratch(t Type, rows, c, images int) int64 { panic("kernels: to be written") }

// MeanPoolForward computes y, float32 (n,C), as the mean over the positions of
// each of n images of x; with moments (or 0), of what that norm makes of x. Two
// launches.
func (k *Set) MeanPoolForward(s cuda.Stream, n int, y cuda.Ptr, x Mat, moments, scratch cuda.Ptr) error {
	panic("kernels: to be written")
}

// MeanPoolBackward computes dx from dy, float32 (n,C), or adds it to dx.
func (k *Set) MeanPoolBackward(s cuda.Stream, n int, dx Mat, dy cuda.Ptr, add bool) error {
	panic("kernels: to be written")
}
