//go:build gpu

package kernels

import (
	"encoding/binary"
	"fmt"
	"math"

	"hpaflow/models/gpu/cuda"
)

// Params are the trainable parameters of a network, N float32 in one buffer,
// and what belongs to each of them. All addresses are sixteen-byte aligned.
type Params struct {
	N       int
	Weights cuda.Ptr // float32
	Shadow  cuda.Ptr // bfloat16 copy of the first Shadowed weights, or 0
	Grads   cuda.Ptr // float32

	// The first Narrow gradients are read as bfloat16 from NarrowGrads instead
	// of from Grads, so that those of convolutions need no pass of their own.
	NarrowGrads cuda.Ptr
	Narrow      int // a multiple of 8
	Shadowed    int // a multiple of 8

	// Moments are the optimiser's, float32: Adam's first, second, and with
	// AMSGrad largest second; SGD's momentum.
	Moments [3]cuda.Ptr

	Ok cuda.Ptr // where its uint32 is 0 nothing is changed; 0: no flag
}

// HyperBytes is the length of what changes from step to step. It lies on the
// device so that a captured graph can be launched again.
const HyperBytes = 16

// The constants of Adam are PyTorch's defaults.
const (
	beta1   = .9
	beta2   = .999
	adamEps = 1e-8
)

// AdamHyper is it for step number step, counted from 1, of Adam.
func AdamHyper(lr float64, step int64) [HyperBytes]byte {
	return hyper(lr/(1-math.Pow(beta1, float64(step))), 1/math.Sqrt(1-math.Pow(beta2, float64(step))))
}

// SGDHyper is it for SGD; first says that there is no momentum yet.
func SGDHyper(lr float64, first bool) [HyperBytes]byte { return hyper(lr, float64(flag(first))) }

func hyper(a, b float64) (h [HyperBytes]byte) {
	binary.LittleEndian.PutUint32(h[0:], math.Float32bits(float32(a)))
	binary.LittleEndian.PutUint32(h[4:], math.Float32bits(float32(b)))
	return h
}

// Adam takes a step of torch.optim.Adam with betas .9 and .999 and eps 1e-8,
// in one launch. Moments[2] is used if amsgrad is set.
func (k *Set) Adam(s cuda.Stream, p Params, weightDecay float64, amsgrad bool, hyper cuda.Ptr) error {
	if !amsgrad {
		p.Moments[2] = 0
	}
	return k.optimise(s, "adam", p, p.Moments[0], p.Moments[1], p.Moments[2], hyper, p.Ok,
		float32(1-beta1), float32(beta2), float32(1-beta2), float32(adamEps), float32(weightDecay))
}

// SGD takes a step of torch.optim.SGD, in one launch.
func (k *Set) SGD(s cuda.Stream, p Params, momentum, weightDecay float64, nesterov bool, hyper cuda.Ptr) error {
	return k.optimise(s, "sgd", p, p.Moments[0], hyper, p.Ok, float32(momentum), float32(weightDecay), flag(nesterov))
}

func (k *Set) optimise(s cuda.Stream, name string, p Params, more ...any) error {
	if p.N < 1 || p.Narrow%8 != 0 || p.Shadowed%8 != 0 || p.Narrow > p.N || p.Shadowed > p.N ||
		!aligned(p.Weights, p.Shadow, p.Grads, p.NarrowGrads, p.Moments[0], p.Moments[1], p.Moments[2]) {
		return fmt.Errorf("kernels: %s: impossible parameters %+v", name, p)
	}
	args := []any{p.Weights, p.Shadow, p.Grads, p.NarrowGrads, int64(p.N), int64(p.Narrow), int64(p.Shadowed)}
	return k.launchEach(s, name, ceil(p.N, 4), append(args, more...)...)
}

// clipBlocks is how many parts the sum of squares of gradients has.
const clipBlocks = 256

// ClipBytes is the memory that Clip works in.
const ClipBytes = 8 * (clipBlocks + 1)

// Clip writes the gradients of p, all as float32, to the place to, which may be
// p.Grads: scaled so that their L2 norm, of all together, is at most limit, as
// torch.nn.utils.clip_grad_norm_ does, by limit/(norm+1e-6). The norm is summed in
// float64, in one order. scratch has ClipBytes.
func (k *Set) Clip(s cuda.Stream, p Params, limit float64, to, scratch cuda.Ptr) error {
	if p.N < 1 || p.Narrow%8 != 0 || p.Narrow > p.N || !aligned(p.Grads, p.NarrowGrads, to, scratch) {
		return fmt.Errorf("kernels: clip: impossible parameters %+v", p)
	}
	blocks := min(clipBlocks, ceil(p.N, 4*blockThreads))
	block := [3]int{blockThreads, 1, 1}
	factor := scratch + 8*clipBlocks
	if err := k.launch(s, "squares", [3]int{blocks, 1, 1}, block, scratch, p.Grads, p.NarrowGrads, int64(p.N), int64(p.Narrow), int32(blocks)); err != nil {
		return err
	}
	if err := k.launch(s, "clip_factor", [3]int{1, 1, 1}, block, factor, scratch, math.Float64bits(limit), int32(blocks)); err != nil {
		return err
	}
	return k.launchEach(s, "scale_grads", ceil(p.N, 4), to, p.Grads, p.NarrowGrads, int64(p.N), int64(p.Narrow), factor)
}

// Approach moves n float32 at x towards those at y by a share of what is between
// them, unless the uint32 at ok is 0.
func (k *Set) Approach(s cuda.Stream, x, y cuda.Ptr, n int, share float32, ok cuda.Ptr) error {
	if n < 1 || !aligned(x, y) {
		return fmt.Errorf("kernels: approach: %d numbers at %#x and %#x", n, x, y)
	}
	return k.launchEach(s, "approach", ceil(n, 4), x, y, int64(n), share, ok)
}

// Exchange exchanges n float32 at x with those at y.
func (k *Set) Exchange(s cuda.Stream, x, y cuda.Ptr, n int) error {
	if n < 1 || !aligned(x, y) {
		return fmt.Errorf("kernels: exchange: %d numbers at %#x and %#x", n, x, y)
	}
	return k.launchEach(s, "exchange", ceil(n, 4), x, y, int64(n))
}
