package transformer

import (
	"fmt"
	"time"

	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// plan is a network for one image of a size: steps over numbered slots. The
// memory of slots belongs to runners, of which several may run at once.
type plan struct {
	steps   []step
	slots   []slot
	outputs network.SubCellOutputs
	sizes   []int // values of each buffer
}

// step computes slots from others.
type step struct {
	name    string
	flops   float64
	in, out []int
	inPlace bool // the first result may take over the memory of the last input
	run     func(ws *kernels.Workspace, out, in [][]float32)
}

// slot is a result, or the input, slot 0, which has no buffer.
type slot struct {
	values int
	last   int // the step that reads it last; after all of them, it is a result of the network
	buffer int
}

// place gives each slot a buffer, which is taken again once its slot has been
// read for the last time: the smallest that is large enough, else the largest,
// which grows.
func (p *plan) place() {
	for i := range p.slots {
		p.slots[i].last = -1
	}
	for i, s := range p.steps {
		for _, in := range s.in {
			p.slots[in].last = i
		}
	}
	for _, out := range []network.Activation{p.outputs.Tokens, p.outputs.Embedding, p.outputs.Probabilities, p.outputs.Weights} {
		p.slots[out.Ref].last = len(p.steps)
	}
	var free []int
	for i, s := range p.steps {
		heir := -1
		if s.inPlace && len(s.in) > 1 {
			if from := s.in[len(s.in)-1]; p.slots[from].last == i && p.slots[from].values == p.slots[s.out[0]].values {
				heir = from
			}
		}
		for k, out := range s.out {
			if k == 0 && heir >= 0 {
				p.slots[out].buffer = p.slots[heir].buffer
			} else {
				p.slots[out].buffer = p.lend(&free, p.slots[out].values)
			}
		}
		for _, in := range s.in {
			if p.slots[in].last == i && in != 0 && in != heir {
				free = append(free, p.slots[in].buffer)
			}
		}
	}
}

func (p *plan) lend(free *[]int, values int) int {
	best := -1
	for i, b := range *free {
		size := p.sizes[b]
		if best < 0 || size >= values && (p.sizes[(*free)[best]] < values || size < p.sizes[(*free)[best]]) ||
			size < values && p.sizes[(*free)[best]] < values && size > p.sizes[(*free)[best]] {
			best = i
		}
	}
	if best < 0 {
		p.sizes = append(p.sizes, values)
		return len(p.sizes) - 1
	}
	b := (*free)[best]
	*free = append((*free)[:best], (*free)[best+1:]...)
	p.sizes[b] = max(p.sizes[b], values)
	return b
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
			r.buffers[i] = make([]float32, size)
		}
	}
	for i := range p.steps {
		s := &p.steps[i]
		name = s.name
		r.in, r.out = r.in[:0], r.out[:0]
		for _, in := range s.in {
			r.in = append(r.in, r.values(p, in))
		}
		for _, out := range s.out {
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
	return r.buffers[p.slots[at].buffer][:p.slots[at].values]
}

// bytes is the memory of all buffers.
func (r *runner) bytes() int64 {
	sum := 4 * int64(len(r.image))
	for _, b := range r.buffers {
		sum += 4 * int64(len(b))
	}
	return sum
}
