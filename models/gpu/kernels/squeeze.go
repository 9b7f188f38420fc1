//go:build gpu

package kernels

import (
	"errors"
	"fmt"

	"hpaflow/models/gpu/cuda"
)

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

// first and second are its linear layers.
func (q Squeeze) first() Linear  { return Linear{q.N, q.C, q.Hidden} }
func (q Squeeze) second() Linear { return Linear{q.N, q.Hidden, q.C} }

func (q Squeeze) moments() cuda.Ptr {
	if q.Norm == nil {
		return 0
	}
	return q.Norm.Moments
}

func (q Squeeze) check(x Mat) error {
	if err := x.check("x"); err != nil {
		return err
	}
	if q.C != x.C || q.N < 1 || q.Hidden < 1 || x.Rows%q.N != 0 || q.N > maxBlocks {
		return fmt.Errorf("kernels: squeeze-and-excitation of %d images of %d channels over %+v", q.N, q.C, x)
	}
	if q.Norm != nil {
		return q.Norm.check(x)
	}
	return nil
}

// SqueezeGates computes Between and Gates from Mean, which MeanPoolForward, or
// NormStats with images, has filled. Two launches.
func (k *Set) SqueezeGates(s cuda.Stream, q Squeeze) error {
	if err := k.linear(s, q.first(), q.Between, q.Mean, q.W1, q.B1, relu); err != nil {
		return err
	}
	return k.linear(s, q.second(), q.Gates, q.Between, q.W2, q.B2, sigmoid)
}

// SqueezeApply computes out from x, or with q.Norm from the norm's input y, in
// one launch. out may be x or the residual.
func (k *Set) SqueezeApply(s cuda.Stream, q Squeeze, out, x, residual Mat) error {
	if err := errors.Join(same([]string{"x", "out", "residual"}, x, out, residual), residual.check("residual"), q.check(x)); err != nil {
		return err
	}
	name, lanes := variant("squeeze_apply", x.Type, wide(out, x, residual))
	g := passGrid(x.Rows/q.N, x.C, lanes, q.N)
	return k.launch(s, name, g.blocks(), g.threads(), out.Ptr, x.Ptr, residual.Ptr, q.moments(), q.Gates,
		int32(x.C), int32(out.Stride), int32(x.Stride), int32(residual.Stride), int32(x.Rows/q.N), int32(g.span))
}

// SqueezeGrads are where gradients of the parameters go; those of the norm only
// if there is one.
type SqueezeGrads struct{ W1, B1, W2, B2, Gamma, Beta cuda.Ptr }

// SqueezeScratch is the scratch of SqueezeBackward over so many rows of all
// images.
func SqueezeScratch(t Type, rows int, q Squeeze) int64 {
	return 4 * int64(partials(t, rows/q.N, q.C, q.N)+padded(2*q.C)+padded(2*q.N*q.C)+2*padded(q.N*q.C)+padded(q.N*q.Hidden))
}

// SqueezeBackward computes from dout the gradients of x, or with q.Norm of the
// norm's input, and of the parameters. dout is cut in place where out was, and
// is then the gradient of the residual. dx may be x. Seven launches, eight with
// a norm.
func (k *Set) SqueezeBackward(s cuda.Stream, q Squeeze, dx, x, out, dout Mat, d SqueezeGrads, scratch cuda.Ptr) error {
	if err := errors.Join(same([]string{"x", "dx", "out", "dout"}, x, dx, out, dout), out.check("out"), dout.check("dout"), q.check(x)); err != nil {
		return err
	}
	rows := x.Rows / q.N
	slopes := floats(scratch, partials(x.Type, rows, q.C, q.N))
	sums := floats(slopes, padded(2*q.C))
	dgates := floats(sums, padded(2*q.N*q.C))
	dmean := floats(dgates, padded(q.N*q.C))
	dbetween := floats(dmean, padded(q.N*q.C))
	w := wide(x, dx, out, dout) && aligned(scratch, q.moments())

	g, err := k.backSums(s, x, out, dout, q.moments(), CutOutput, q.N, w, scratch)
	if err != nil {
		return err
	}
	if err := k.launchEach(s, "squeeze_gates_back", q.N*q.C, scratch, int32(g.spans), int32(q.N), int32(q.C),
		q.moments(), q.Gates, sums, dgates); err != nil {
		return err
	}
	if err := errors.Join(
		k.LinearBackwardWeights(s, q.second(), d.W2, d.B2, dgates, q.Between),
		k.linearBackwardData(s, q.second(), dbetween, dgates, q.W2, q.Between),
		k.LinearBackwardWeights(s, q.first(), d.W1, d.B1, dbetween, q.Mean),
		k.linearBackwardData(s, q.first(), dmean, dbetween, q.W1, 0),
	); err != nil {
		return err
	}
	if q.Norm != nil {
		if err := k.launchEach(s, "squeeze_norm_finish", q.C, sums, q.Gates, dmean, q.Raw, int32(q.N), int32(q.C), int32(rows),
			q.Norm.Moments, d.Gamma, d.Beta, slopes); err != nil {
			return err
		}
	}
	name, lanes := variant("squeeze_back_apply", x.Type, w)
	g = passGrid(rows, x.C, lanes, q.N)
	return k.launch(s, name, g.blocks(), g.threads(), dx.Ptr, x.Ptr, dout.Ptr, q.moments(), slopes, q.Gates, dmean,
		int32(q.C), int32(dx.Stride), int32(x.Stride), int32(dout.Stride), int32(rows), int32(g.span))
}
