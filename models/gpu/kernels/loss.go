//go:build gpu

package kernels

import (
	"fmt"
	"math"

	"hpaflow/models/gpu/cuda"
)

// Loss is a loss of logits against targets in 0..1, both (N,classes) float32:
// binary cross entropy (Gamma 0), or the focal loss
//
//	exp(gamma*logsigmoid(-x*(2t-1))) * bce(x,t)
//
// computed in float64 as the CPU does. A head's losses are summed, divided by
// Count, and counted Weight times.
type Loss struct {
	Gamma  float64
	Values int // N*classes here
	Count  int // what the sum is divided by: N*classes of the global batch
}

// Head is a head's logits, where their gradient goes (0: nowhere), and what its
// loss counts.
type Head struct {
	Logits, Grad cuda.Ptr
	Weight       float64
}

// LossForward writes the weighted sum of the heads' losses, a float64, to
// value, and the logits' gradients, in one launch. One or two heads.
func (k *Set) LossForward(s cuda.Stream, l Loss, value, targets cuda.Ptr, heads ...Head) error {
	if len(heads) < 1 || len(heads) > 2 || l.Values < 1 || l.Count < 1 {
		return fmt.Errorf("kernels: loss %+v of %d heads: impossible", l, len(heads))
	}
	heads = append(heads, Head{})
	a, b := heads[0], heads[1]
	return k.launch(s, "loss", [3]int{1, 1, 1}, [3]int{blockThreads, 1, 1},
		value, targets, a.Logits, b.Logits, a.Grad, b.Grad, math.Float64bits(a.Weight), math.Float64bits(b.Weight),
		math.Float64bits(l.Gamma), math.Float64bits(float64(l.Count)), int32(l.Values))
}

// Check clears the flag ok, a uint32 that begins as 1, for ever, if the float64
// at value is no finite number. With several cards value is their sum.
func (k *Set) Check(s cuda.Stream, ok, value cuda.Ptr) error {
	return k.launch(s, "check", [3]int{1, 1, 1}, [3]int{1, 1, 1}, ok, value)
}
