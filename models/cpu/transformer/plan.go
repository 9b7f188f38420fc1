package transformer

import (
	"fmt"
	"time"

	"hpaflow/models"
	"hpaflow/models/cpu/buffers"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/cpu/pages"
	"hpaflow/models/network"
)

// plan is a network for one image of a size: steps over numbered slots. The
// memory of slots belongs to runners, of which several may run at once.
type plan struct {
	steps   []step
	values  []int // of each slot: the input, 0, and the results of steps
	outputs network.SubCellOutputs

	buffer []int // that holds each slot; the input has none
	sizes  []int // values of each buffer
}

// step computes slots from others.
type step struct {
	buffers.Step
	name  string
	flops float64
	run   func(ws *kernels.Workspace, out, in [][]float32)
}

// place gives each slot a buffer.
func (p *plan) place() {
	steps := make([]buffers.Step, len(p.steps))
	for i := range steps {
		steps[i] = p.steps[i].Step
	}
	o := &p.outputs
	p.buffer, p.sizes = buffers.Place(steps, p.values, o.Tokens.Ref, o.Embedding.Ref, o.Probabilities.Ref, o.Weights.Ref)
}

// runner is the memory of one run at a time.
type runner struct {
	ws      *kernels.Workspace
	buffers [][]float32
	image   []float32
	in, out [][]float32

	observer models.Observer // may be nil
}

// run computes a plan for the image that the runner holds. A panic of a kernel
// becomes an error.
func (r *runner) run(p *plan) (err error) {
	name := "plan"
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: %w", name, kernels.Caught(v))
		}
	}()
	for i, size := range p.sizes {
		if i == len(r.buffers) {
			r.buffers = append(r.buffers, nil)
		}
		if len(r.buffers[i]) < size {
			r.buffers[i] = pages.Make(size)
		}
	}
	for i := range p.steps {
		s := &p.steps[i]
		name = s.name
		r.in, r.out = r.in[:0], r.out[:0]
		for _, in := range s.In {
			r.in = append(r.in, r.values(p, in))
		}
		for _, out := range s.Out {
			r.out = append(r.out, r.values(p, out))
		}
		start := time.Now()
		s.run(r.ws, r.out, r.in)
		if r.observer != nil {
			r.observer(s.name, time.Since(start), s.flops)
		}
	}
	return nil
}

// values is the memory of a slot.
func (r *runner) values(p *plan, at int) []float32 {
	if at == 0 {
		return r.image
	}
	return r.buffers[p.buffer[at]][:p.values[at]]
}

// bytes is the memory of all buffers.
func (r *runner) bytes() int64 {
	sum := 4 * int64(len(r.image))
	for _, b := range r.buffers {
		sum += 4 * int64(len(b))
	}
	return sum
}
