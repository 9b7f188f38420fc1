//go:build gpu

package kernels

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"hpaflow/models/gpu/cuda"
)

// Norm is the memory of one batch norm over C channels.
type Norm struct {
	C   int
	Eps float64 // added to variances

	Gamma, Beta             cuda.Ptr // C each
	RunningMean, RunningVar cuda.Ptr // C each

	// Moments is 4*C float32, sixteen-byte aligned: mean, 1/sqrt(variance+eps),
	// scale = gamma/sqrt(variance+eps), offset = beta - mean*scale, by channel.
	// NormStats or NormRunning fill them; the rest of a step reads them.
	Moments cuda.Ptr
}

// MomentsBytes is the length of Norm.Moments.
func MomentsBytes(c int) int64 { return 16 * int64(c) }

// Images are what NormStats leaves, in addition, of each of N images, for a
// squeeze-and-excitation that follows the norm: (N,C) each.
type Images struct {
	N    int
	Raw  cuda.Ptr // the mean of y over the image's positions
	Mean cuda.Ptr // the mean of what the norm makes of y: scale*Raw + offset
}

// NormStatsScratch is the scratch of NormStats, NormBackward and NormMaxPoolBackward
// for activations of this shape; images is 1, or with Images their number.
func NormStatsScratch(t Type, rows, c, images int) int64 {
	return 4 * int64(partials(t, rows/max(images, 1), c, max(images, 1))+padded(2*c))
}

// NormStats computes the moments of n from y, and moves the running statistics
// towards them by momentum, 0..1: PyTorch's train(). Variances are summed
// around a guess, and across rows in float64. A channel needs two values at
// least. The running statistics stay as they are where the flag ok is cleared,
// if there is one. images may be nil. Two launches, three with images.
func (k *Set) NormStats(s cuda.Stream, y Mat, n Norm, momentum float64, ok cuda.Ptr, images *Images, scratch cuda.Ptr) error {
	if err := n.check(y); err != nil {
		return err
	}
	if y.Rows < 2 {
		return errOneValue
	}
	count := 1
	if images != nil {
		count = images.N
	}
	g, guess, err := k.sums(s, y, count, scratch)
	if err != nil {
		return err
	}
	blocks, threads := finish(y.C, g.spans*count)
	err = k.launch(s, "norm_finish", blocks, threads, scratch, guess, int32(g.spans*count), int32(y.C), int32(y.Rows),
		n.Gamma, n.Beta, n.RunningMean, n.RunningVar, n.Moments, math.Float64bits(n.Eps), math.Float64bits(momentum), ok)
	if err != nil || images == nil {
		return err
	}
	return k.launchEach(s, "norm_images", count*y.C, scratch, guess, int32(g.spans), int32(count), int32(y.C), int32(y.Rows/count),
		n.Moments, images.Raw, images.Mean)
}

// sums launches norm_stats: partial sums at the beginning of scratch, and the
// guess behind them.
func (k *Set) sums(s cuda.Stream, y Mat, images int, scratch cuda.Ptr) (grid, cuda.Ptr, error) {
	if images < 1 || images > maxBlocks || y.Rows%images != 0 {
		return grid{}, 0, fmt.Errorf("kernels: %d rows are not those of %d images", y.Rows, images)
	}
	rows := y.Rows / images
	name, lanes := variant("norm_stats", y.Type, wide(y) && aligned(scratch))
	g, guess := sumGrid(rows, y.C, lanes, images), floats(scratch, partials(y.Type, rows, y.C, images))
	return g, guess, k.launch(s, name, g.blocks(), g.threads(), y.Ptr, scratch, guess,
		int32(y.C), int32(y.Stride), int32(rows), int32(g.span), int32(y.Rows))
}

// NormRunning fills the moments of many norms from their running statistics, in
// one launch. table is on the device, as NormTable made it.
func (k *Set) NormRunning(s cuda.Stream, table cuda.Ptr, norms int) error {
	return k.launch(s, "norm_running", [3]int{norms, 1, 1}, [3]int{blockThreads, 1, 1}, table)
}

// NormTable is the table that NormRunning takes, to be copied to the device.
func NormTable(norms []Norm) []byte {
	var table []byte
	for _, n := range norms {
		for _, v := range []uint64{
			uint64(n.Gamma), uint64(n.Beta), uint64(n.RunningMean), uint64(n.RunningVar), uint64(n.Moments),
			math.Float64bits(n.Eps), uint64(n.C),
		} {
			table = binary.LittleEndian.AppendUint64(table, v)
		}
	}
	return table
}

// Residual is what a norm's result is added to: its values as they are, or,
// with Moments, those of another norm's input, which that norm is applied to.
type Residual struct {
	Mat
	Moments cuda.Ptr
}

// NormApply computes out = y*scale + offset (+ residual) (cut at zero where
// relu is set), in one launch. residual may be nil. out may be y or the
// residual. Done again from the same moments it gives the same bits.
func (k *Set) NormApply(s cuda.Stream, out, y Mat, n Norm, residual *Residual, relu bool) error {
	var r Residual
	if residual != nil {
		r = *residual
	}
	if err := errors.Join(same([]string{"y", "out", "residual"}, y, out, r.Mat), n.check(y)); err != nil {
		return err
	}
	name, lanes := variant("norm_apply", y.Type, wide(y, out, r.Mat) && aligned(n.Moments, r.Moments))
	g := passGrid(y.Rows, y.C, lanes, 1)
	return k.launch(s, name, g.blocks(), g.threads(), out.Ptr, y.Ptr, r.Ptr, n.Moments, r.Moments,
		int32(y.C), int32(out.Stride), int32(y.Stride), int32(r.Stride), int32(y.Rows), int32(g.span), flag(relu))
}

// check says what does not fit between a norm and its input.
func (n Norm) check(y Mat) error {
	if err := y.check("y"); err != nil {
		return err
	}
	if n.C != y.C || n.Moments == 0 {
		return fmt.Errorf("kernels: a norm of %d channels over %d", n.C, y.C)
	}
	return nil
}

var errOneValue = errors.New("kernels: batch norm: a channel has one value, and no variance")

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
