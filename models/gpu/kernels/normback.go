//go:build gpu

package kernels

import (
	"errors"

	"hpaflow/models/gpu/cuda"
)

// Cut says where the ReLU behind a norm cut.
type Cut uint8

// The ways to tell. CutNone is a norm without ReLU. CutInput computes the
// result again from y, and needs no out: for a norm without residual.
// CutOutput looks at out, and writes dout, cut, over dout: then it is the
// gradient of the residual too.
const (
	CutNone Cut = iota
	CutInput
	CutOutput
)

// NormBackward computes from dout, the gradient of NormApply's result, those of
// y, gamma and beta, in three launches; with CutOutput dout is cut in place.
// out is only read for CutOutput. dy may be y, or dout where that is no more
// needed. scratch is as long as NormStatsScratch says.
func (k *Set) NormBackward(s cuda.Stream, dy, y, out, dout Mat, n Norm, dgamma, dbeta cuda.Ptr, cut Cut, scratch cuda.Ptr) error {
	if cut != CutOutput {
		out = Mat{}
	}
	if err := errors.Join(same([]string{"y", "dy", "dout", "out"}, y, dy, dout, out), n.check(y)); err != nil {
		return err
	}
	if cut == CutOutput && out.Ptr == 0 {
		return errors.New("kernels: batch norm backward: there is no out to tell from where it was cut")
	}
	w := wide(y, dy, dout, out) && aligned(n.Moments, scratch)
	g, err := k.backSums(s, y, out, dout, n.Moments, cut, 1, w, scratch)
	if err != nil {
		return err
	}
	slopes, err := k.backFinish(s, y, g, n, dgamma, dbeta, scratch)
	if err != nil {
		return err
	}
	name := "norm_back_whole" // dout is cut by now
	if cut == CutInput {
		name = "norm_back_input"
	}
	name, lanes := variant(name, y.Type, w)
	g = passGrid(y.Rows, y.C, lanes, 1)
	return k.launch(s, name, g.blocks(), g.threads(), dy.Ptr, y.Ptr, dout.Ptr, n.Moments, slopes,
		int32(y.C), int32(dy.Stride), int32(y.Stride), int32(dout.Stride), int32(y.Rows), int32(g.span))
}

// backSums launches the first pass over a gradient.
func (k *Set) backSums(s cuda.Stream, y, out, dout Mat, moments cuda.Ptr, cut Cut, images int, wide bool, scratch cuda.Ptr) (grid, error) {
	rows := y.Rows / images
	name, lanes := variant([]string{"norm_sums_whole", "norm_sums_input", "norm_sums_output"}[cut], y.Type, wide)
	g := sumGrid(rows, y.C, lanes, images)
	args := []any{y.Ptr, dout.Ptr, moments, scratch, int32(y.C), int32(y.Stride), int32(dout.Stride), int32(rows), int32(g.span)}
	if cut == CutOutput {
		args = []any{
			y.Ptr, dout.Ptr, out.Ptr, moments, scratch,
			int32(y.C), int32(y.Stride), int32(dout.Stride), int32(out.Stride), int32(rows), int32(g.span),
		}
	}
	return g, k.launch(s, name, g.blocks(), g.threads(), args...)
}

// backFinish launches what makes the parameters' gradients of partial sums over
// all rows, and gives where the slopes are.
func (k *Set) backFinish(s cuda.Stream, y Mat, g grid, n Norm, dgamma, dbeta, scratch cuda.Ptr) (slopes cuda.Ptr, err error) {
	slopes = floats(scratch, partials(y.Type, y.Rows, y.C, 1))
	blocks, threads := finish(y.C, g.spans)
	return slopes, k.launch(s, "norm_back_finish", blocks, threads, scratch, int32(g.spans), int32(y.C), int32(y.Rows),
		n.Moments, dgamma, dbeta, slopes)
}

// NormMaxPoolBackward is MaxPoolBackward and then NormBackward with CutInput,
// for a forward pass with moments, without the gradient between them being
// written: from dy, the gradient of the pool's result, those of x, gamma and
// beta. dx may be x. scratch is as long as NormStatsScratch says for x.
func (k *Set) NormMaxPoolBackward(s cuda.Stream, p MaxPool, dx, x, dy Mat, index cuda.Ptr, n Norm, dgamma, dbeta, scratch cuda.Ptr) error {
	if err := errors.Join(p.check(dy, x), same([]string{"x", "dx"}, x, dx), n.check(x)); err != nil {
		return err
	}
	w := wide(x, dx, dy) && aligned(n.Moments, scratch, index)
	name, lanes := variant("norm_sums_pooled", x.Type, w)
	g := sumGrid(x.Rows, x.C, lanes, 1)
	args := []any{x.Ptr, dy.Ptr, index, n.Moments, scratch, int32(x.C), int32(x.Stride), int32(dy.Stride), int32(x.Rows), int32(g.span)}
	if err := k.launch(s, name, g.blocks(), g.threads(), append(args, p.windows()...)...); err != nil {
		return err
	}
	slopes, err := k.backFinish(s, x, g, n, dgamma, dbeta, scratch)
	if err != nil {
		return err
	}
	name, lanes = variant("norm_back_pooled", x.Type, w)
	g = passGrid(x.Rows, x.C, lanes, 1)
	args = []any{
		dx.Ptr, x.Ptr, dy.Ptr, index, n.Moments, slopes,
		int32(x.C), int32(dx.Stride), int32(x.Stride), int32(dy.Stride), int32(x.Rows), int32(g.span),
	}
	return k.launch(s, name, g.blocks(), g.threads(), append(args, p.windows()...)...)
}
