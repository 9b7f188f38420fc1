package cpu

import (
	"fmt"

	"hpaflow/models"
	"hpaflow/models/cpu/buffers"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/cpu/pages"
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
	parts  []part
	values []int // a sample, of each slot: the input, 0, and the results of steps
	logits int

	whole  []bool // whether a slot is of all samples, or of those that a part takes at once
	buffer []int  // that holds each slot; the input has none
	sizes  []int  // values of each buffer
	folded bool   // weights are those of params

	scaled []float32 // weights on their way to a folded form, while fold runs
}

// planStep is an operation on slots.
type planStep struct {
	name    string
	flops   float64 // a sample
	in      []int
	out     int
	inPlace int // the input whose memory out takes over if it is read no more, or -1
	weights int // values that a run reads besides, whatever the samples

	fold func(ws *kernels.Workspace) // brings weights up to date; may be nil
	run  func(ws *kernels.Workspace, n int, out []float32, in [][]float32)
}

// part is steps that run one after the other for so many samples, then for the next.
type part struct{ first, end, samples int }

// newPlan plans a network for batches of at most o.Batch samples, run by so many
// threads.
func newPlan(o models.Options, ps *params, threads int) (*plan, error) {
	net := network.ByName(o.Model)
	p := &planner{plan: &plan{params: ps, batch: o.Batch, values: []int{valuesOf(inputOf(&o))}}, init: net.Init}
	out := net.Build(p, inputOf(&o), headsOf(&o))
	if p.err != nil {
		return nil, p.err
	}
	p.plan.logits = out.Logits.Ref
	p.plan.divide(threads)
	p.plan.place()
	return p.plan, nil
}

// partValues is how many values steps read and write at once, a thread: so few that
// results are still in a cache when the next step reads them.
const partValues = 256 << 10

// divide puts steps that follow each other into parts. Steps of large results and
// few weights take few samples at once, and so use the caches; the others all of
// them, and read their weights once.
func (p *plan) divide(threads int) {
	for i, s := range p.steps {
		values := p.values[s.out]
		for _, in := range s.in {
			values += p.values[in]
		}
		samples := max(1, threads*partValues/values)
		if samples >= p.batch || values < 2*s.weights {
			samples = p.batch
		}
		last := len(p.parts) - 1
		switch {
		case last < 0 || (samples == p.batch) != (p.parts[last].samples == p.batch):
			p.parts = append(p.parts, part{i, i + 1, samples})
		default:
			p.parts[last].end = i + 1
			p.parts[last].samples = min(p.parts[last].samples, samples)
		}
	}
}

// place gives each slot a buffer.
func (p *plan) place() {
	steps, values := make([]buffers.Step, len(p.steps)), make([]int, len(p.values))
	for n, part := range p.parts {
		for i := part.first; i < part.end; i++ {
			s := p.steps[i]
			steps[i] = buffers.Step{In: s.in, Out: []int{s.out}, Part: n}
			if s.inPlace >= 0 {
				steps[i].InPlace = s.in[s.inPlace]
			}
			values[s.out] = p.values[s.out] * part.samples
		}
	}
	p.whole = buffers.Crossing(steps, len(p.values), p.logits)
	for slot, whole := range p.whole {
		if whole {
			values[slot] = p.values[slot] * p.batch
		}
	}
	p.buffer, p.sizes = buffers.Place(steps, values, p.logits)
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
		p.scaled = pages.Make(n)
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
			r.buffers = append(r.buffers, pages.Make(size))
		}
	}
	for _, part := range r.plan.parts {
		for first := 0; first < n; first += part.samples {
			samples := min(part.samples, n-first)
			for i := part.first; i < part.end; i++ {
				s := &r.plan.steps[i]
				name = s.name
				r.in = r.in[:0]
				for _, slot := range s.in {
					r.in = append(r.in, r.values(slot, x, first, samples))
				}
				start := r.env.begin()
				s.run(r.env.ws, samples, r.values(s.out, nil, first, samples), r.in)
				r.env.end(s.name, s.flops, start)
			}
		}
	}
	return r.values(r.plan.logits, nil, 0, n), nil
}

// bytes is the memory of all buffers.
func (r *runner) bytes() (sum int64) {
	for _, b := range r.buffers {
		sum += 4 * int64(len(b))
	}
	return sum
}

// values is the memory of a slot for some samples. Slot 0 is the input x.
func (r *runner) values(slot int, x []float32, first, samples int) []float32 {
	size := r.plan.values[slot]
	switch {
	case slot == 0:
		return x[first*size:][:samples*size]
	case r.plan.whole[slot]:
		return r.buffers[r.plan.buffer[slot]][first*size:][:samples*size]
	}
	return r.buffers[r.plan.buffer[slot]][:samples*size]
}
