//go:build gpu && linux

package gpu

import (
	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// result is where what comes of a batch arrives: pinned memory, and events that
// mark the step.
type result struct {
	pinned []byte // losses of all cards, what changes from step to step, logits
	n      int
	used   bool

	copying, copied cuda.Event // the batch on its way
	begun, done     cuda.Event // the card at work
}

// Offsets in a result's pinned memory.
const (
	hyperAt  = lossBytes
	logitsAt = hyperAt + kernels.HyperBytes
)

func (e *engine) newResult(views int) (*result, error) {
	r := &result{}
	var err error
	if r.pinned, err = e.card.Pinned(logitsAt + 4*views*e.options.Batch*e.options.Classes); err != nil {
		return nil, err
	}
	e.closers = append(e.closers, func() error { return e.card.FreePinned(r.pinned) })
	for _, event := range []*cuda.Event{&r.copying, &r.copied, &r.begun, &r.done} {
		made, err := e.card.NewEvent(true)
		if err != nil {
			return nil, err
		}
		*event = made
		e.closers = append(e.closers, made.Destroy)
	}
	return r, nil
}

// logits are those of view v.
func (r *result) logits(v, classes int) []float32 {
	size := 4 * r.n * classes
	if size == 0 {
		return nil
	}
	return numbers[float32](r.pinned[logitsAt+v*size:][:size])
}

// update says what becomes of a step's gradients.
type update struct {
	lr    float64
	step  int64 // the optimiser's, from 1; 0: none is taken
	first bool  // of the batches that are summed
	sum   bool  // gradients are added to their sum
	ofSum bool  // which the optimiser takes

	optimizer models.OptimizerOptions
}

// train gives the card a step: the batch up, forward, loss, backward, and what
// is to become of the gradients. A card that has no sample of the batch takes
// part in what the cards do together.
func (e *engine) train(s *slot, r *result, b *data.Batch, from, n int, u update) error {
	if err := e.show(false); err != nil {
		return err
	}
	p := e.program(plan.Train)
	r.n, r.used, e.whole, e.stale = n, n > 0, b.N, true
	var err error
	if n > 0 {
		err = e.forthAndBack(s, r, b, from, n)
	} else {
		err = e.idle(r)
	}
	if err != nil {
		return err
	}
	if err := e.settle(); err != nil {
		return err
	}
	if err := e.apply(r, u); err != nil {
		return err
	}
	if err := e.card.CopyToHost(r.pinned[:8*e.cards()], e.memory.loss, e.compute); err != nil {
		return err
	}
	if err := e.card.CopyToHost(bytesOf(r.logits(0, e.options.Classes)), e.at(p, p.Logits), e.compute); err != nil {
		return err
	}
	return r.done.Record(e.compute)
}

// forthAndBack is a step up to the gradients.
func (e *engine) forthAndBack(s *slot, r *result, b *data.Batch, from, n int) error {
	p := e.program(plan.Train)
	if err := e.upload(s, r, b, from, n); err != nil {
		return err
	}
	bound, err := e.bind(p, n)
	if err != nil {
		return err
	}
	if err := r.begun.Record(e.compute); err != nil {
		return err
	}
	if err := e.see(s, p, pixel.Identity); err != nil {
		return err
	}
	if err := e.card.Copy(e.memory.targets, s.targets, int64(4*n*e.options.Classes), e.compute); err != nil {
		return err
	}
	if err := s.consumed.Record(e.compute); err != nil {
		return err
	}
	return e.run(bound)
}

// idle is the step of a card that has no sample of a batch: its gradients are
// zero.
func (e *engine) idle(r *result) error {
	if err := r.begun.Record(e.compute); err != nil {
		return err
	}
	if err := e.card.Zero(e.memory.grads, 4*int64(e.params.Trainable), e.compute); err != nil {
		return err
	}
	if err := e.card.Zero(e.lossAt(), 8, e.compute); err != nil {
		return err
	}
	for _, k := range e.ring.buckets {
		if err := e.ring.add(e, k); err != nil {
			return err
		}
	}
	return nil
}

// settle ends a step's gradients: what other cards computed has come in, and the
// flag is cleared if the loss of any is no finite number.
func (e *engine) settle() error {
	if e.ring != nil {
		if err := e.ring.end(e); err != nil {
			return err
		}
	}
	for i := range e.cards() {
		if err := e.kernels.Check(e.compute, e.memory.ok, e.memory.loss+8*cuda.Ptr(i)); err != nil {
			return err
		}
	}
	return nil
}

// apply sums the gradients, or steps the optimiser, or both.
func (e *engine) apply(r *result, u update) error {
	if u.sum {
		if err := e.addUp(u.first); err != nil {
			return err
		}
	}
	if u.step == 0 {
		return nil
	}
	if err := e.show(false); err != nil {
		return err
	}
	hyper := u.hyper()
	from := hyper[:]
	if r != nil {
		from = r.pinned[hyperAt:logitsAt]
		copy(from, hyper[:])
	}
	if err := e.card.CopyToDevice(e.memory.hyper, from, e.compute); err != nil {
		return err
	}
	return e.optimize(u)
}

func (u *update) hyper() [kernels.HyperBytes]byte {
	if u.optimizer.Kind == "sgd" {
		return kernels.SGDHyper(u.lr, u.step == 1)
	}
	return kernels.AdamHyper(u.lr, u.step)
}

// optimize steps the optimiser, which writes the bfloat16 weights too.
func (e *engine) optimize(u update) error {
	m := &e.memory
	e.stale = true
	p := e.optimised(u.ofSum)
	if limit := e.options.ClipNorm; limit > 0 {
		if err := e.kernels.Clip(e.compute, p, limit, p.Grads, m.clip); err != nil {
			return err
		}
		p.NarrowGrads, p.Narrow = 0, 0
	}
	o := u.optimizer
	var err error
	if o.Kind == "sgd" {
		err = e.kernels.SGD(e.compute, p, o.Momentum, o.WeightDecay, o.Nesterov, m.hyper)
	} else {
		err = e.kernels.Adam(e.compute, p, o.WeightDecay, o.AMSGrad, m.hyper)
	}
	if err != nil || e.options.EMA == 0 {
		return err
	}
	share := float32(1 - e.options.EMA)
	if err := e.kernels.Approach(e.compute, m.average, m.weights, e.params.Trainable, share, m.ok); err != nil {
		return err
	}
	return e.kernels.Approach(e.compute, m.averaged, m.statistics, e.params.Statistics, share, m.ok)
}

// optimised is what the optimiser works on, with the gradients of a batch or their sum.
func (e *engine) optimised(ofSum bool) kernels.Params {
	m := &e.memory
	p := kernels.Params{N: e.params.Trainable, Weights: m.weights, Grads: m.grads, Moments: m.moments, Ok: m.ok}
	if m.shadow != 0 {
		p.Shadow, p.Shadowed = m.shadow, e.params.Weights
	}
	if ofSum {
		p.Grads = m.sum
	} else if e.narrow() {
		p.NarrowGrads, p.Narrow = m.narrow, e.params.Weights
	}
	return p
}

// narrow says whether gradients of convolutions are to be read as bfloat16:
// those of several cards have been widened to be added up.
func (e *engine) narrow() bool { return e.precision == bf16 && e.ring == nil }

// addUp adds the gradients to their sum.
func (e *engine) addUp(first bool) error {
	m, w, n := &e.memory, e.params.Weights, e.params.Trainable
	if first {
		if err := e.card.Zero(m.sum, 4*int64(n), e.compute); err != nil {
			return err
		}
	}
	if !e.narrow() {
		return e.kernels.Add(e.compute, kernels.Flat(m.sum, kernels.F32, n), kernels.Flat(m.grads, kernels.F32, n))
	}
	if err := e.kernels.Add(e.compute, kernels.Flat(m.sum, kernels.F32, w), kernels.Flat(m.narrow, kernels.BF16, w)); err != nil {
		return err
	}
	rest := 4 * cuda.Ptr(w)
	return e.kernels.Add(e.compute, kernels.Flat(m.sum+rest, kernels.F32, n-w), kernels.Flat(m.grads+rest, kernels.F32, n-w))
}
