//go:build gpu && linux

package gpu

import (
	"fmt"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/nccl"
	"hpaflow/models/gpu/plan"
)

// Listing is what a machine has for a program that computes on cards.
type Listing struct {
	Driver Library  `json:"driver"`
	CuDNN  Library  `json:"cudnn"`
	NCCL   Library  `json:"nccl"` // needed with several cards only
	Cards  []Listed `json:"cards"`
}

// Library is one that was looked for.
type Library struct {
	Path    string   `json:"path,omitempty"` // where it was found
	Version string   `json:"version,omitempty"`
	Missing []string `json:"missing,omitempty"` // names that it lacks, none of which need be called
	Error   string   `json:"error,omitempty"`   // what keeps it from use
}

// Listed is a card.
type Listed struct {
	Index      int    `json:"index"`
	Name       string `json:"name"`
	UUID       string `json:"uuid"`
	Capability string `json:"capability"`
	Memory     int64  `json:"memory"` // bytes
	SMs        int    `json:"sms"`
	Precision  string `json:"precision"`       // the one that auto is
	Error      string `json:"error,omitempty"` // what keeps it from use
}

// List looks for the driver, the libraries and the cards. What is not there is
// said in its place.
func List() Listing {
	var l Listing
	said := func(err error) string {
		if err != nil {
			return err.Error()
		}
		return ""
	}
	l.Driver = Library{Error: said(cuda.Open()), Path: cuda.Path()}
	if v := cuda.Version(); v > 0 {
		l.Driver.Version = fmt.Sprintf("CUDA %d.%d", v/1000, v%1000/10)
	}
	if l.Driver.Error == "" {
		l.Driver.Missing = cuda.Missing()
	}
	l.CuDNN = Library{Error: said(dnn.Open()), Path: dnn.Path()}
	if v := dnn.Version(); v > 0 {
		l.CuDNN.Version = fmt.Sprintf("%d.%d.%d", v/10000, v/100%100, v%100)
	}
	l.NCCL = Library{Error: said(nccl.Open()), Path: nccl.Path()}
	if v := nccl.Version(); v > 0 {
		l.NCCL.Version = fmt.Sprintf("%d.%d.%d", v/10000, v/100%100, v%100)
	}
	l.Cards = []Listed{}
	count, err := cuda.Count()
	if err != nil {
		return l
	}
	for i := range count {
		info, err := cuda.Describe(i)
		c := Listed{
			Index: i, Name: info.Name, UUID: info.UUID, Memory: info.Memory, SMs: info.SMs, Error: said(err),
			Capability: fmt.Sprintf("%d.%d", info.Capability[0], info.Capability[1]),
		}
		if p, err := precisionFor("auto", []cuda.Info{info}); err == nil {
			c.Precision = string(p)
		}
		if err == nil && !info.AtLeast(cuda.MinCapability[0], cuda.MinCapability[1]) {
			c.Error = fmt.Sprintf("too old: compute capability %d.%d is needed", cuda.MinCapability[0], cuda.MinCapability[1])
		}
		l.Cards = append(l.Cards, c)
	}
	return l
}

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
