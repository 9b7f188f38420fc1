//go:build gpu

package kernels

import "hpaflow/models/gpu/cuda"

// Squeeze is a squeeze-and-excitation of N images of C channels:
//
//	s = mean of x over positions       (C)
//	h = max(W1*s + b1, 0)              (Hidden)
//	g = sigmoid(W2*h + b2)             (C)
//	out = max(x*g + residual, 0)
//
// x is a Mat, or what a batch norm makes of one: then x itself is never
// written, and it costs no pass over memory more than the norm alone.
type Squeeze struct {
	N, C, Hidden   int
	W1, B1, W2, B2 cuda.Ptr // (Hidden,C), (Hidden), (C,Hidden), (C)

	// What the forward pass keeps for the backward one, by image.
	Mean, Between, Gates cuda.Ptr // s, h, g: (N,C), (N,Hidden), (N,C)

	// Norm is the batch norm before it, or nil; Raw, (N,C), is what NormStats
	// left beside Mean.
	Norm *Norm
	Raw  cuda.Ptr
}

// SqueezeGates computes Between and Gates from Mean, which MeanPoolForward, or
// NormStats with images, has filled. Two launches.
func (k *Set) SqueezeGates(s cuda.Stream, q Squeeze) error { panic("kernels: to be written") }

// SqueezeApply computes out from x, or with q.Norm from the norm's input y, in
// one launch. out may be x or the residual.
func (k *Set) SqueezeApply(s cuda.Stream, q Squeeze, out, x, residual Mat) error {
	panic("kernels: to be written")
}

// SqueezeGrads are where gradients of the parameters go; those of the norm only
// if there is one.
type SqueezeGrads struct{ W1, B1, W2, B2, Gamma, Beta cuda.Ptr }

// SqueezeScratch is the scratch of SqueezeBackward.
func SqueezeScratch(t Type, rows int, q Squeeze) int64 { panic("kernels: to be written") }

// SqueezeBackward computes from dout the gradients of x, or with q.Norm of the
// norm's input, and of the parameters. dout is cut in place where out was, and
// is then the gradient of the residual. dx may be x. Eight launches.
func (k *Set) SqueezeBackward(s cuda.Stream, q Squeeze, dx, x, out, dout Mat, d SqueezeGrads, scratch cuda.Ptr) error {
	panic("kernels: to be written")
}
