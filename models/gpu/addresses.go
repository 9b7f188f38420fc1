//go:build gpu && linux

package gpu

import (
	"unsafe"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// at is where a value lies.
func (e *engine) at(p *plan.Program, id plan.ID) cuda.Ptr {
	if id == plan.None {
		return 0
	}
	return e.memory.arena + cuda.Ptr(p.Value(id).Offset)
}

// mat is a value of n samples.
func (e *engine) mat(p *plan.Program, id plan.ID, n int) kernels.Mat {
	if id == plan.None {
		return kernels.Mat{}
	}
	v := p.Value(id)
	return kernels.Mat{Ptr: e.at(p, id), Type: kernelType(v.Type), Rows: v.Rows(n), C: v.C, Stride: v.Stride}
}

// grid is the positions of a value of n samples.
func grid(p *plan.Program, id plan.ID, n int) kernels.Grid {
	v := p.Value(id)
	return kernels.Grid{N: n, H: v.H, W: v.W}
}

// weight is where a parameter lies, gradient where its gradient does: float32.
func (e *engine) weight(i int) cuda.Ptr   { return e.float(e.memory.weights, i) }
func (e *engine) gradient(i int) cuda.Ptr { return e.float(e.memory.grads, i) }

func (e *engine) float(base cuda.Ptr, i int) cuda.Ptr {
	return base + 4*cuda.Ptr(e.params.List[i].Offset)
}

// convWeights is where a convolution finds its weights, convGrad where it puts
// their gradient: of the type of images.
func (e *engine) convWeights(i int) cuda.Ptr {
	if e.precision == bf16 {
		return e.memory.shadow + 2*cuda.Ptr(e.params.List[i].Offset)
	}
	return e.weight(i)
}

func (e *engine) convGrad(i int) cuda.Ptr {
	if e.precision == bf16 {
		return e.memory.narrow + 2*cuda.Ptr(e.params.List[i].Offset)
	}
	return e.gradient(i)
}

// norm is the memory of a batch norm of a program.
func (e *engine) norm(p *plan.Program, i int) kernels.Norm {
	n := &p.Norms[i]
	return kernels.Norm{
		C: n.C, Eps: n.Eps, Gamma: e.weight(n.Weight), Beta: e.weight(n.Bias),
		RunningMean: e.memory.statistics + 4*cuda.Ptr(n.Channel),
		RunningVar:  e.memory.statistics + 4*cuda.Ptr(e.params.Channels()+n.Channel),
		Moments:     e.momentsOf(p, i),
	}
}

// momentsOf is where a norm's moments are, or 0.
func (e *engine) momentsOf(p *plan.Program, i int) cuda.Ptr {
	if i == plan.NoNorm {
		return 0
	}
	return e.memory.norms + cuda.Ptr(kernels.MomentsBytes(p.Norms[i].Channel))
}

// bytesOf is the memory of numbers.
func bytesOf[T uint8 | uint16 | float32 | float64](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

// numbers is the other way round: b is aligned.
func numbers[T float32 | float64](b []byte) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(t)))
}
