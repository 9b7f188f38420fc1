//go:build gpu && linux

package dnn

// #include "api.h"
import "C"

import "fmt"

// Type is that of the values of a convolution's three tensors.
type Type int

const (
	F32  Type = iota // float32
	BF16             // bfloat16, summed up in float32
)

func (t Type) String() string { return [...]string{"fp32", "bf16"}[t] }

// Kind is what of a convolution is computed. x is its input, w its weights, y
// its output; or, where it is one, the gradient of the loss by it.
type Kind int

const (
	Forward         Kind = iota // y from x and w
	BackwardData                // x from w and y
	BackwardWeights             // w from x and y
)

func (k Kind) String() string {
	return [...]string{"forward", "gradient of the input", "gradient of the weights"}[k]
}

// Shape is a convolution. Activations x (N,H,W,C) and y (N,OutH,OutW,K),
// weights w (K,R,S,C/Groups), all of Type.
type Shape struct {
	N, C, H, W       int
	K, R, S          int // output channels, kernel height and width
	StrideH, StrideW int
	PadH, PadW       int
	Groups           int
	// Values from one pixel to the next, at least C and K: more where the tensor is
	// a slice of the channels of a wider one. NVIDIA's tables promise packed rows
	// only: a version that has no more refuses others, and Find is ErrNoAlgorithm.
	XStride, YStride int
	Type             Type
	// TF32 lets tensor cores round the factors to 10 bits. Only with F32.
	TF32 bool
}

// OutH is the output's height.
func (s Shape) OutH() int { return (s.H+2*s.PadH-s.R)/s.StrideH + 1 }

// OutW is the output's width.
func (s Shape) OutW() int { return (s.W+2*s.PadW-s.S)/s.StrideW + 1 }

// FLOPs of each kind, a product and a sum being two.
func (s Shape) FLOPs() float64 {
	return 2 * float64(s.N) * float64(s.OutH()) * float64(s.OutW()) * float64(s.K) * float64(s.R) * float64(s.S) * float64(s.C/s.Groups)
}

func (s Shape) String() string {
	text := fmt.Sprintf("%dx%d of %dx%dx%dx%d to %d channels", s.R, s.S, s.N, s.H, s.W, s.C, s.K)
	if s.StrideH != 1 || s.StrideW != 1 {
		text += fmt.Sprintf(", stride %dx%d", s.StrideH, s.StrideW)
	}
	if s.Groups != 1 {
		text += fmt.Sprintf(", %d groups", s.Groups)
	}
	if s.XStride != s.C || s.YStride != s.K {
		text += fmt.Sprintf(", in rows of %d and %d", s.XStride, s.YStride)
	}
	if s.TF32 {
		return text + ", tf32"
	}
	return text + ", " + s.Type.String()
}

// validate says what is wrong with a shape: a fault of the program.
func (s Shape) validate() error {
	switch {
	case s.N < 1 || s.C < 1 || s.H < 1 || s.W < 1 || s.K < 1 || s.R < 1 || s.S < 1 || s.StrideH < 1 || s.StrideW < 1 || s.PadH < 0 || s.PadW < 0:
	case s.Groups < 1 || s.C%s.Groups != 0 || s.K%s.Groups != 0:
	case s.XStride < s.C || s.YStride < s.K:
	case s.H+2*s.PadH < s.R || s.W+2*s.PadW < s.S:
	case s.Type != F32 && s.Type != BF16 || s.TF32 && s.Type != F32:
	default:
		return nil
	}
	return fmt.Errorf("dnn: there is no convolution of shape %+v", s)
}

// math is the kind of arithmetic that is asked for.
func (s Shape) math() int {
	switch {
	case s.Type == BF16:
		return C.CUDNN_TENSOR_OP_MATH
	case s.TF32:
		return C.CUDNN_DEFAULT_MATH
	}
	return C.CUDNN_FMA_MATH
}

func (s Shape) c(math int) C.hpaflow_shape {
	dataType := C.int(C.CUDNN_DATA_FLOAT)
	if s.Type == BF16 {
		dataType = C.CUDNN_DATA_BFLOAT16
	}
	return C.hpaflow_shape{
		n: C.int(s.N), c: C.int(s.C), h: C.int(s.H), w: C.int(s.W), k: C.int(s.K), r: C.int(s.R), s: C.int(s.S),
		out_h: C.int(s.OutH()), out_w: C.int(s.OutW()),
		stride_h: C.int(s.StrideH), stride_w: C.int(s.StrideW), pad_h: C.int(s.PadH), pad_w: C.int(s.PadW), groups: C.int(s.Groups),
		x_stride: C.int(s.XStride), y_stride: C.int(s.YStride),
		_type: dataType, math: C.int(math),
	}
}
