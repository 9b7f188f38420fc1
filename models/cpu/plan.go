package cpu

import (
	"fmt"

	"hpaflow/models"
	"hpaflow/models/cpu/buffers"
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
	values []int // a sample, of each slot: the input, 0, and the results of steps
	logits int

	buffer []int // that holds each slot; the input has none
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

// newPlan plans a network for batches of at most o.Batch samples.
func newPlan(o models.Options, ps *params) (*plan, error) {
	net := network.ByName(o.Model)
	p := &planner{plan: &plan{params: ps, batch: o.Batch, values: make([]int, 1)}, init: net.Init}
	out := net.Build(p, inputOf(&o), headsOf(&o))
	if p.err != nil {
		return nil, p.err
	}
	p.plan.logits = out.Logits.Ref
	p.plan.place()
	return p.plan, nil
}

// place gives each slot a buffer.
func (p *plan) place() {
	steps := make([]buffers.Step, len(p.steps))
	for i, s := range p.steps {
		steps[i] = buffers.Step{In: s.in, Out: []int{s.out}}
		if s.inPlace >= 0 {
			steps[i].InPlace = s.in[s.inPlace]
		}
	}
	p.buffer, p.sizes = buffers.Place(steps, p.values, p.logits)
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
	return r.values(r.plan.logits)[:n*r.plan.values[r.plan.logits]], nil
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
	return r.buffers[r.plan.buffer[slot]][:r.plan.batch*r.plan.values[slot]]
}
