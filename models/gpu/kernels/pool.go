//go:build gpu

package kernels

import (
	"errors"
	"fmt"

	"hpaflow/models/gpu/cuda"
)

// Grid is the positions of N images, one Mat row each.
type Grid struct{ N, H, W int }

// Rows is how many there are.
func (g Grid) Rows() int { return g.N * g.H * g.W }

// MaxPool is the shape of a max pool of In to Out; windows may hang over the
// edges, but each has a position of the image in it.
type MaxPool struct {
	In, Out             Grid
	Kernel, Stride, Pad int // Kernel at most 15
}

// check says what does not fit between a pool, its result y and its input x.
func (p MaxPool) check(y, x Mat) error {
	last := func(out int) int { return (out-1)*p.Stride - p.Pad }
	switch {
	case p.Kernel < 1 || p.Kernel > 15 || p.Stride < 1 || p.Pad < 0 || p.Pad >= p.Kernel || p.In.N != p.Out.N,
		max(p.In.H, p.In.W) >= 1<<15-p.Kernel, last(p.Out.H) >= p.In.H, last(p.Out.W) >= p.In.W:
		return fmt.Errorf("kernels: max pool %+v: impossible shape", p)
	}
	return grids(p.Out, p.In, y, x)
}

// windows are the arguments that a kernel takes as WINDOWS.
func (p MaxPool) windows() []any {
	return []any{
		int32(p.In.H), int32(p.In.W), int32(p.Out.H), int32(p.Out.W), int32(p.Kernel), int32(p.Stride), int32(p.Pad),
	}
}

// grids says what does not fit between Mats over two grids.
func grids(out, in Grid, y, x Mat) error {
	if err := errors.Join(y.check("result"), x.check("input")); err != nil {
		return err
	}
	if y.Rows != out.Rows() || x.Rows != in.Rows() || out.N != in.N || y.C != x.C || y.Type != x.Type {
		return fmt.Errorf("kernels: pool of %+v as %+v to %+v as %+v: impossible shape", in, x, out, y)
	}
	return nil
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
	if err := p.check(y, x); err != nil {
		return err
	}
	name, lanes := variant("max_pool", x.Type, wide(y, x) && aligned(moments, index))
	g := passGrid(y.Rows, y.C, lanes, 1)
	args := []any{y.Ptr, x.Ptr, moments, index, int32(y.C), int32(y.Stride), int32(x.Stride), int32(y.Rows), int32(g.span)}
	return k.launch(s, name, g.blocks(), g.threads(), append(args, p.windows()...)...)
}

// MaxPoolBackward computes dx from dy, or adds it to dx.
func (k *Set) MaxPoolBackward(s cuda.Stream, p MaxPool, dx, dy Mat, index cuda.Ptr, add bool) error {
	if err := p.check(dy, dx); err != nil {
		return err
	}
	name, lanes := variant("max_pool_back", dx.Type, wide(dx, dy) && aligned(index))
	g := passGrid(dx.Rows, dx.C, lanes, 1)
	args := []any{dx.Ptr, dy.Ptr, index, int32(dx.C), int32(dx.Stride), int32(dy.Stride), int32(dx.Rows), int32(g.span), flag(add)}
	return k.launch(s, name, g.blocks(), g.threads(), append(args, p.windows()...)...)
}

// AveragePool3 computes y as the means of 3x3 windows of x at stride 1, zeros
// beyond the borders counted, or adds them to y. Its gradient is itself, of the
// gradient.
func (k *Set) AveragePool3(s cuda.Stream, g Grid, y, x Mat, add bool) error {
	return k.pool(s, "average_pool", g, g, y, x, []any{flag(add), int32(g.H), int32(g.W)})
}

// AdaptivePoolForward computes y as torch's adaptive_avg_pool2d does, down or up.
func (k *Set) AdaptivePoolForward(s cuda.Stream, out, in Grid, y, x Mat) error {
	return k.pool(s, "adaptive_pool", out, in, y, x, []any{int32(in.H), int32(in.W), int32(out.H), int32(out.W)})
}

// AdaptivePoolBackward computes dx from dy, or adds it to dx. in and out are
// those of the forward pass.
func (k *Set) AdaptivePoolBackward(s cuda.Stream, out, in Grid, dx, dy Mat, add bool) error {
	return k.pool(s, "adaptive_pool_back", in, out, dx, dy, []any{flag(add), int32(in.H), int32(in.W), int32(out.H), int32(out.W)})
}

// pool launches one of the pools without weights.
func (k *Set) pool(s cuda.Stream, name string, out, in Grid, y, x Mat, more []any) error {
	if err := grids(out, in, y, x); err != nil {
		return err
	}
	name, lanes := variant(name, x.Type, wide(y, x))
	g := passGrid(y.Rows, y.C, lanes, 1)
	args := []any{y.Ptr, x.Ptr, int32(y.C), int32(y.Stride), int32(x.Stride), int32(y.Rows), int32(g.span)}
	return k.launch(s, name, g.blocks(), g.threads(), append(args, more...)...)
}

// MeanPoolScratch is the scratch of MeanPoolForward for n images.
func MeanPoolScratch(t Type, rows, c, n int) int64 { return NormStatsScratch(t, rows, c, n) }

// MeanPoolForward computes y, float32 (n,C), as the mean over the positions of
// each of n images of x; with moments (or 0), of what that norm makes of x. Two
// launches.
func (k *Set) MeanPoolForward(s cuda.Stream, n int, y cuda.Ptr, x Mat, moments, scratch cuda.Ptr) error {
	if err := x.check("x"); err != nil {
		return err
	}
	g, guess, err := k.sums(s, x, n, scratch)
	if err != nil {
		return err
	}
	return k.launchEach(s, "norm_images", n*x.C, scratch, guess, int32(g.spans), int32(n), int32(x.C), int32(x.Rows/n),
		moments, cuda.Ptr(0), y)
}

// MeanPoolBackward computes dx from dy, float32 (n,C), or adds it to dx.
func (k *Set) MeanPoolBackward(s cuda.Stream, n int, dx Mat, dy cuda.Ptr, add bool) error {
	if err := dx.check("dx"); err != nil {
		return err
	}
	if n < 1 || n > maxBlocks || dx.Rows%n != 0 {
		return fmt.Errorf("kernels: %d rows are not those of %d images", dx.Rows, n)
	}
	name, lanes := variant("mean_pool_back", dx.Type, wide(dx))
	g := passGrid(dx.Rows/n, dx.C, lanes, n)
	return k.launch(s, name, g.blocks(), g.threads(), dx.Ptr, dy, int32(dx.C), int32(dx.Stride), int32(dx.Rows/n), int32(g.span), flag(add))
}
