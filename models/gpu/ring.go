//go:build gpu && linux

package gpu

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/nccl"
	"hpaflow/models/gpu/plan"
)

// ring is an engine's end of what the cards of a device do together: they add up
// their gradients, bucket by bucket while the backward pass goes on, on a stream
// of its own.
type ring struct {
	mu      sync.Mutex // comm may be aborted by another card's goroutine
	comm    *nccl.Comm // nil afterwards
	cards   int
	stream  cuda.Stream
	ready   cuda.Event // gradients of a bucket
	summed  cuda.Event // all of them
	buckets []bucket
}

// bucket is a stretch of the flat gradients, all of which have been computed
// after a step of the program.
type bucket struct {
	from, to int
	step     int
}

// bucketSize is how many gradients are added up at once: 16 MiB.
const bucketSize = 4 << 20

// cards is how many compute together.
func (e *engine) cards() int {
	if e.ring == nil {
		return 1
	}
	return e.ring.cards
}

// join makes an engine one of several cards.
func (e *engine) join(comm *nccl.Comm, rank, cards int) (err error) {
	r := &ring{comm: comm, cards: cards}
	if r.stream, err = e.card.NewStream(); err != nil {
		return err
	}
	e.closers = append(e.closers, r.stream.Destroy)
	for _, event := range []*cuda.Event{&r.ready, &r.summed} {
		made, err := e.card.NewEvent(false)
		if err != nil {
			return err
		}
		*event = made
		e.closers = append(e.closers, made.Destroy)
	}
	r.buckets = bucketsOf(e.program(plan.Train), e.params)
	e.ring, e.rank = r, rank
	return nil
}

// bucketsOf cuts the flat gradients, weights of convolutions from the end, where
// the backward pass begins, then all the small rest, in the order in which they
// are complete.
func bucketsOf(p *plan.Program, ps *plan.Params) []bucket {
	done := make([]int, len(ps.List)) // the step that computes a gradient
	for i, s := range p.Steps {
		for _, g := range p.Gradients(s.Op) {
			done[g] = i
		}
	}
	list := []bucket{{from: ps.Weights, to: ps.Trainable}}
	for to := ps.Weights; to > 0; to -= bucketSize {
		list = append(list, bucket{from: max(0, to-bucketSize), to: to})
	}
	for i, q := range ps.List {
		for k := range list {
			b := &list[k]
			if !q.Statistic && q.Offset < b.to && q.Offset+q.Size() > b.from {
				b.step = max(b.step, done[i])
			}
		}
	}
	slices.SortStableFunc(list, func(a, b bucket) int { return cmp.Compare(a.step, b.step) })
	return list
}

// attach lets a bound program add up its buckets as they are complete. It is
// then no graph.
func (r *ring) attach(e *engine, b *bound) {
	b.plain = true
	for _, k := range r.buckets {
		b.launches[k.step].after = append(b.launches[k.step].after, func() error {
			if err := r.widen(e, k); err != nil {
				return err
			}
			return r.add(e, k)
		})
	}
}

// widen makes gradients that are bfloat16 float32.
func (r *ring) widen(e *engine, k bucket) error {
	if e.precision != bf16 || k.from >= e.params.Weights {
		return nil
	}
	n := k.to - k.from
	wide := kernels.Flat(e.memory.grads+4*cuda.Ptr(k.from), kernels.F32, n)
	return e.kernels.Copy(e.compute, wide, kernels.Flat(e.memory.narrow+2*cuda.Ptr(k.from), kernels.BF16, n))
}

// add adds up a bucket over all cards.
func (r *ring) add(e *engine, k bucket) error {
	if err := r.ready.Record(e.compute); err != nil {
		return err
	}
	if err := r.stream.Wait(r.ready); err != nil {
		return err
	}
	at := e.memory.grads + 4*cuda.Ptr(k.from)
	return r.with(func(c *nccl.Comm) error { return c.AllReduce(at, at, int64(k.to-k.from), r.stream) })
}

// with does something with the other cards, unless one of them has failed.
func (r *ring) with(f func(*nccl.Comm) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.comm == nil {
		return errAborted
	}
	return f(r.comm)
}

// leave ends what the card does with others. After a fault it also ends what it
// waits for: no other card comes to that any more.
func (r *ring) leave(fault bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.comm
	r.comm = nil
	switch {
	case c == nil:
		return nil
	case fault:
		return c.Abort()
	}
	return c.Destroy()
}

var errAborted = errors.New("another card has failed")

// end makes the losses of all cards known to each, and waits for the sums.
func (r *ring) end(e *engine) error {
	if err := r.ready.Record(e.compute); err != nil {
		return err
	}
	if err := r.stream.Wait(r.ready); err != nil {
		return err
	}
	for i := range r.cards {
		at := e.memory.loss + 8*cuda.Ptr(i)
		if err := r.with(func(c *nccl.Comm) error { return c.Broadcast(at, 8, i, r.stream) }); err != nil {
			return err
		}
	}
	if err := r.summed.Record(r.stream); err != nil {
		return err
	}
	return e.compute.Wait(r.summed)
}

// connect joins the device's cards, so that they add up their gradients.
func (d *Device) connect() error {
	var cards []*cuda.Card
	for _, e := range d.engines {
		cards = append(cards, e.card)
	}
	comms, err := nccl.Init(cards)
	if err != nil {
		return err
	}
	for rank, e := range d.engines {
		if err := e.do(func() error { return e.join(comms[rank], rank, len(cards)) }); err != nil {
			return err
		}
	}
	return nil
}

// leave ends what the cards do together.
func (d *Device) leave(fault bool) error {
	var errs []error
	for _, e := range d.engines {
		if e.ring != nil {
			errs = append(errs, e.ring.leave(fault))
		}
	}
	return errors.Join(errs...)
}

// each does something on every card at once, and gives all errors.
func (d *Device) each(f func(e *engine) error) error {
	if len(d.engines) == 1 {
		return d.engines[0].do(func() error { return f(d.engines[0]) })
	}
	errs := make(chan error, len(d.engines))
	for _, e := range d.engines {
		go func() { errs <- e.do(func() error { return f(e) }) }()
	}
	var all []error
	for range d.engines {
		err := <-errs
		all = append(all, err)
		if err != nil { // others may be waiting for this card
			all = append(all, d.leave(true))
		}
	}
	return errors.Join(all...)
}

// part is where an engine's share of n samples begins, and how many they are: as
// equal as can be, the first cards have one more.
func (d *Device) part(rank, n int) (from, size int) {
	cards := len(d.engines)
	size = n / cards
	from = rank*size + min(rank, n%cards)
	if rank < n%cards {
		size++
	}
	return from, size
}
