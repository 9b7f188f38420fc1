//go:build gpu

package kernels

import (
	"errors"

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

// NormStatsScratch is the scratch of NormStats, of NormBackward and of
// SqueezeBackward for activations of this shape; images is 1, or with
// squeeze-and-excitation their number.
func NormStatsScratch(t Type, rows, c, images int) int64 { panic("kernels: to be written") }

// NormStats computes the moments of n from y, and moves the running statistics
// towards them by momentum, 0..1: PyTorch's train(). Variances are summed
// around a guess, in float64 across rows. A channel needs two values at least.
// The running statistics stay as they are where the flag ok is cleared, if
// there is one. images may be nil. Two launches, three with images.
func (k *Set) NormStats(s cuda.Stream, y Mat, n Norm, momentum float64, ok cuda.Ptr, images *Images, scratch cuda.Ptr) error {
	panic("kernels: to be written")
}

// NormRunning fills the moments of many norms from their running statistics, in
// one launch. table is on the device, as NormTable made it.
func (k *Set) NormRunning(s cuda.Stream, table cuda.Ptr, norms int) error {
	panic("kernels: to be written")
}

// NormTable is the table that NormRunning takes, to be copied to the device.
func NormTable(norms []Norm) []byte { panic("kernels: to be written") }

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
	panic("kernels: to be written")
}

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
	panic("kernels: to be written")
}

var errOneValue = errors.New("kernels: batch norm: a channel has one value, and no variance")
