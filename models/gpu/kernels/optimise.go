//go:build gpu

package kernels

import "hpaflow/models/gpu/cuda"

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

// AdamHyper is it for step number step, counted from 1, of Adam.
func AdamHyper(lr float64, step int64) [HyperBytes]byte { panic("kernels: to be written") }

// SGDHyper is it for SGD; first says that there is no momentum yet.
func SGDHyper(lr float64, first bool) [HyperBytes]byte { panic("kernels: to be written") }

// Adam takes a step of torch.optim.Adam with betas .9 and .999 and eps 1e-8,
// in one launch. Moments[2] is used if amsgrad is set.
func (k *Set) Adam(s cuda.Stream, p Params, weightDecay float64, amsgrad bool, hyper cuda.Ptr) error {
	panic("kernels: to be written")
}

// SGD takes a step of torch.optim.SGD, in one launch.
func (k *Set) SGD(s cuda.Stream, p Params, momentum, weightDecay float64, nesterov bool, hyper cuda.Ptr) error {
	panic("kernels: to be written")
}
