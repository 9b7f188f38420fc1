package cpu

import (
	"fmt"

	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// plan is a network that only predicts: a list of steps over numbered slots,
// with batch norm folded into the convolutions before it. It holds the folded
// weights; the activations belong to the runners, of which several may run at
// once.
type plan struct {
	params *params
	batch  int
	steps  []planStep
	slots  []planSlot
	logits int

	sizes  []int // values a sample of each buffer
	folded bool  // weights are those of params

	scaled []float32 // weights on their way to a folded form, while fold runs
}

// planStep is an operation on slots.
type planStep struct {
	name    string
	flops   float64 // a sample
	in      []int
	out     int
	inPlace int // the input whose memory out takes over if it is read no more, or -1

	fold func(ws *kernels.Workspace) // brings weights up to date; may be nil
	run  func(ws *kernels.Workspace, n int, out []float32, in [][]float32)
}

// planSlot is the result of a step, or the input, slot 0.
type planSlot struct {
	values int // a sample
	last   int // the step that reads it last
	buffer int // that holds it; the input has none
}

// newPlan plans a network for batches of at most o.Batch samples.
func newPlan(o models.Options, ps *params) (*plan, error) {
	net := network.ByName(o.Model)
	p := &planner{plan: &plan{params: ps, batch: o.Batch, slots: make([]planSlot, 1)}, init: net.Init}
	out := net.Build(p, inputOf(&o), headsOf(&o))
	if p.err != nil {
		return nil, p.err
	}
	p.plan.logits = out.Logits.Ref
	p.plan.place()
	return p.plan, nil
}

// place gives each slot a buffer. A buffer is taken again once its slot has
// been read for the last time; of the free ones the smallest that is large
// enough, else the largest, which grows.
func (p *plan) place() {
	for i := range p.slots {
		p.slots[i].last = -1
	}
	for i, s := range p.steps {
		for _, in := range s.in {
			p.slots[in].last = i
		}
	}
	p.slots[p.logits].last = len(p.steps)
	var free []int
	for i, s := range p.steps {
		out := &p.slots[s.out]
		taken := -1
		if s.inPlace >= 0 {
			if from := s.in[s.inPlace]; from != 0 && p.slots[from].last == i && p.slots[from].values == out.values {
				taken = from
			}
		}
		if taken >= 0 {
			out.buffer = p.slots[taken].buffer
		} else {
			out.buffer = p.lend(&free, out.values)
		}
		released := map[int]bool{0: true, taken: true}
		for _, in := range s.in {
			if p.slots[in].last == i && !released[in] {
				released[in] = true
				free = append(free, p.slots[in].buffer)
			}
		}
		if out.last < 0 { // nothing reads it
			free = append(free, out.buffer)
		}
	}
}

// lend takes a buffer for so many values off the free list, or makes one.
func (p *plan) lend(free *[]int, values int) int {
	best := -1
	for i, b := range *free {
		switch {
		case best < 0:
			best = i
		case p.sizes[b] >= values && (p.sizes[(*free)[best]] < values || p.sizes[b] < p.sizes[(*free)[best]]):
			best = i
		case p.sizes[b] < values && p.sizes[b] > p.sizes[(*free)[best]]:
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

// fold brings the folded weights up to date, if they are not.
func (p *plan) fold(ws *kernels.Workspace) {
	if p.folded {
		return
	}
	for i := range p.steps {
		if p.steps[i].fold != nil {
			p.steps[i].fold(ws)
		}
	}
	p.folded, p.scaled = true, nil
}

// space is memory for n weights, until the next layer's.
func (p *plan) space(n int) []float32 {
	if cap(p.scaled) < n {
		p.scaled = make([]float32, n)
	}
	return p.scaled[:n]
}

// runner is the memory that one run of a plan needs.
type runner struct {
	plan    *plan
	env     *environment
	buffers [][]float32 // made by the first run
	in      [][]float32

	images [2][]float32 // as the network sees them, and before a symmetry
}

// run gives the logits (n,classes) of the images x, in memory that the next
// run overwrites. A panic of a kernel becomes an error.
func (r *runner) run(n int, x []float32) (logits []float32, err error) {
	name := "plan"
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %w", name, kernels.Caught(p))
		}
	}()
	if r.buffers == nil { // a device that only trains needs none
		for _, size := range r.plan.sizes {
			r.buffers = append(r.buffers, make([]float32, r.plan.batch*size))
		}
	}
	for i := range r.plan.steps {
		s := &r.plan.steps[i]
		name = s.name
		r.in = r.in[:0]
		for _, slot := range s.in {
			if slot == 0 {
				r.in = append(r.in, x)
			} else {
				r.in = append(r.in, r.values(slot))
			}
		}
		r.env.time(s.name, s.flops, func() { s.run(r.env.ws, n, r.values(s.out), r.in) })
	}
	return r.values(r.plan.logits)[:n*r.plan.slots[r.plan.logits].values], nil
}

// bytes is the memory of all buffers.
func (r *runner) bytes() (sum int64) {
	for _, b := range r.buffers {
		sum += 4 * int64(len(b))
	}
	return sum
}

// values is the memory of a slot.
func (r *runner) values(slot int) []float32 {
	s := &r.plan.slots[slot]
	return r.buffers[s.buffer][:r.plan.batch*s.values]
}
