package cpu

import (
	"errors"
	"fmt"

	"hpaflow/models"
	"hpaflow/models/cpu/buffers"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/cpu/pages"
	"hpaflow/models/cpu/parts"
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
	parts  []parts.Part
	values []int // a sample, of each slot: the input, 0, and the results of steps
	logits int

	threads int
	whole   []bool // whether a slot is of all samples, or of those that a part has in work
	buffer  []int  // that holds each slot; the input has none
	sizes   []int  // values of each buffer
	folded  bool   // weights are those of params

	scaled []float32 // weights on their way to a folded form, while fold runs
}

// planStep is an operation on slots.
type planStep struct {
	name    string
	flops   float64 // a sample
	in      []int
	out     int
	inPlace int  // the input whose memory out takes over if it is read no more, or -1
	weights int  // values that a run reads besides, whatever the samples
	joint   bool // much of a run's work is one for all its samples

	fold func(ws *kernels.Workspace) // brings weights up to date; may be nil
	run  func(ws *kernels.Workspace, n int, out []float32, in [][]float32)
}

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

// divide puts steps that follow each other into parts, for so many threads.
func (p *plan) divide(threads int) {
	p.threads = threads
	steps := make([]parts.Step, len(p.steps))
	for i, s := range p.steps {
		steps[i] = parts.Step{Values: p.values[s.out], Weights: s.weights, Joint: s.joint}
		for _, in := range s.in {
			steps[i].Values += p.values[in]
		}
	}
	p.parts = parts.Divide(steps, p.batch, threads)
}

// inWork is how many samples of a part have places in buffers: those of all threads.
// Where these have fewer samples each than the part takes at once, one place may be
// left over.
func (p *plan) inWork(part parts.Part) int {
	if !part.Alone {
		return part.Samples
	}
	return min(p.threads*part.Samples, p.batch+part.Samples-1)
}

// line is what the shares of threads in a buffer are multiples of, in values: a line
// of the cache.
const line = 16

// place gives each slot a buffer.
func (p *plan) place() {
	steps, values := make([]buffers.Step, len(p.steps)), make([]int, len(p.values))
	for n, part := range p.parts {
		for i := part.First; i < part.End; i++ {
			s := p.steps[i]
			steps[i] = buffers.Step{In: s.in, Out: []int{s.out}, Part: n}
			if s.inPlace >= 0 {
				steps[i].InPlace = s.in[s.inPlace]
			}
			values[s.out] = ceil(p.values[s.out], line) * line * p.inWork(part)
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

	images [2][]float32 // as the network sees them, and before a symmetry
}

// run gives the logits (n,classes) of the images x, in memory that the next
// run overwrites. A panic of a kernel becomes an error.
func (r *runner) run(n int, x []float32) (logits []float32, err error) {
	if r.buffers == nil { // a device that only trains needs none
		for _, size := range r.plan.sizes {
			r.buffers = append(r.buffers, pages.Make(size))
		}
	}
	for _, p := range r.plan.parts {
		if err := r.part(p, n, x); err != nil {
			return nil, err
		}
	}
	all := piece{runner: r, beside: 1}
	return all.values(r.plan.logits, n), nil
}

// part runs a part for n samples: alone, if threads then have about as much to do
// each, else together.
func (r *runner) part(p parts.Part, n int, x []float32) error {
	threads := r.plan.threads
	if p.Alone && threads > 1 {
		rounds := ceil(n, threads*p.Samples)
		samples := ceil(n, threads*rounds)
		if 4*threads*rounds*samples <= 5*n {
			errs := make([]error, ceil(n, samples))
			beside := min(threads, len(errs))
			r.env.ws.Alone(len(errs), func(ws *kernels.Workspace, thread, i int) {
				own := piece{runner: r, ws: ws, thread: thread, beside: beside, x: x, first: i * samples}
				errs[i] = own.run(p, min(samples, n-i*samples))
			})
			return errors.Join(errs...)
		}
	}
	most := r.plan.inWork(p)
	for first := 0; first < n; first += most {
		together := piece{runner: r, ws: r.env.ws, beside: 1, x: x, first: first}
		if err := together.run(p, min(most, n-first)); err != nil {
			return err
		}
	}
	return nil
}

// piece is a part's steps for some samples.
type piece struct {
	*runner
	ws     *kernels.Workspace
	beside int // pieces that run at once, each with an equal share of every buffer
	thread int // whose share this is
	x      []float32
	first  int // sample of the batch
	in     [][]float32
}

func (e *piece) run(p parts.Part, samples int) (err error) {
	name := "plan"
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %w", name, kernels.Caught(p))
		}
	}()
	for i := p.First; i < p.End; i++ {
		s := &e.plan.steps[i]
		name = s.name
		e.in = e.in[:0]
		for _, slot := range s.in {
			e.in = append(e.in, e.values(slot, samples))
		}
		start := e.env.begin()
		s.run(e.ws, samples, e.values(s.out, samples), e.in)
		e.env.end(s.name, s.flops, start, e.beside)
	}
	return nil
}

// values is the memory of a slot for some samples. Slot 0 is the images.
func (e *piece) values(slot, samples int) []float32 {
	size := e.plan.values[slot]
	if slot == 0 {
		return e.x[e.first*size:][:samples*size]
	}
	buffer := e.buffers[e.plan.buffer[slot]]
	if e.plan.whole[slot] {
		return buffer[e.first*size:][:samples*size]
	}
	return buffer[e.thread*(len(buffer)/e.beside/line*line):][:samples*size]
}

// bytes is the memory of all buffers.
func (r *runner) bytes() (sum int64) {
	for _, b := range r.buffers {
		sum += 4 * int64(len(b))
	}
	return sum
}

func ceil(a, b int) int { return (a + b - 1) / b }
