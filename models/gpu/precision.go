//go:build gpu && linux

package gpu

import (
	"fmt"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// precision is how convolutions multiply: fp32, tf32 or bf16.
type precision string

const (
	fp32 precision = "fp32"
	tf32 precision = "tf32" // float32 between layers, factors rounded to 10 bits
	bf16 precision = "bf16" // bfloat16 between layers, weights float32 with a copy in bfloat16
)

// precisionFor is the precision of a name on some cards; auto is the best that
// loses next to nothing: tf32 where there is such a thing.
func precisionFor(name string, cards []cuda.Info) (precision, error) {
	var old *cuda.Info
	for i, c := range cards {
		if !c.AtLeast(8, 0) {
			old = &cards[i]
		}
	}
	switch p := precision(name); {
	case name == "auto" || name == "":
		if old != nil {
			return fp32, nil
		}
		return tf32, nil
	case p == fp32:
		return p, nil
	case p != tf32 && p != bf16:
		return "", fmt.Errorf("precision %q is not one of auto, fp32, tf32, bf16", name)
	case old != nil:
		return "", fmt.Errorf("precision %s needs compute capability 8.0, and card %d, %s, has %d.%d: take fp32",
			name, old.Index, old.Name, old.Capability[0], old.Capability[1])
	default:
		return p, nil
	}
}

// images is the type of images between layers.
func (p precision) images() plan.Type {
	if p == bf16 {
		return plan.BF16
	}
	return plan.F32
}

// shape is a convolution's, of n samples, as cuDNN has it.
func (p precision) shape(s plan.ConvShape, n int) dnn.Shape {
	d := dnn.Shape{
		N: n, C: s.C, H: s.H, W: s.W, K: s.K, R: s.R, S: s.S,
		StrideH: s.StrideH, StrideW: s.StrideW, PadH: s.PadH, PadW: s.PadW, Groups: s.Groups,
		XStride: s.C, YStride: s.K, TF32: p == tf32,
	}
	if p == bf16 {
		d.Type = dnn.BF16
	}
	return d
}

// kernelType is a value's type as the kernels have it.
func kernelType(t plan.Type) kernels.Type {
	if t == plan.BF16 {
		return kernels.BF16
	}
	return kernels.F32
}
