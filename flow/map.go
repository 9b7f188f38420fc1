package flow

import "context"

// Map adds a stage that turns each record's value into another. It works on
// several records at once and yields them in the order they came.
//
// An error from fn, or a panic in it, is the record's: it leaves a tombstone
// and the run goes on or ends as its policy says. Skip drops the record;
// Fatal ends the run whatever the policy. Tombstones and marks pass fn by.
func Map[A, B any](in Out[A], s Stage, fn func(context.Context, Record[A]) (B, error)) Out[B] {
	st := in.graph(s.Name).add(s, KindOp, true)
	m := &mapping[A, B]{in: in.connect(st), out: newOutlet[B](st), fn: fn}
	st.work = m.work
	return Out[B]{m.out}
}

type mapping[A, B any] struct {
	in  *edge[A]
	out *outlet[B]
	fn  func(context.Context, Record[A]) (B, error)
}

func (m *mapping[A, B]) work(ctx context.Context, w *worker) error {
	h := &hand[A, B]{mapping: m, worker: w}
	ctx = context.WithValue(ctx, holdingKey{}, holding(h))
	return m.in.serve(ctx, w, m.out.room, func(ctx context.Context, w *worker, r run[A]) (int, error) {
		h.run, h.put = r, 0
		n, err := h.charge(ctx)
		if err != nil {
			return 0, err
		}
		start := ticks()
		err = h.work(ctx, r.slots[:n])
		w.clock.worked.Add(ticks() - start)
		return h.finish(), err
	})
}

// Outside is called by the function of a Map that waits for something outside the
// flow, such as a store. The time until done is called counts as that, and not as
// work: neither the tuner nor the verdict takes a stage that waits for one that is
// busy. With a context that is not of a Map it does nothing.
func Outside(ctx context.Context) (done func()) {
	if h, ok := ctx.Value(holdingKey{}).(holding); ok {
		return h.waiting()
	}
	return func() {}
}

func (h *hand[A, B]) waiting() (done func()) {
	h.worker.clock.enter(stateOutside)
	return func() { h.worker.clock.enter(stateBusy) }
}

// hand is what a worker of a Map has at hand: a run, what it has made of the
// run's first records, and the memory that is booked for that.
type hand[A, B any] struct {
	*mapping[A, B]
	worker  *worker
	run     run[A]
	put     int       // results that have been put
	made    []slot[B] // those after them; the memory is used again for every run
	next    slot[B]   // what the record that is worked on becomes
	charged int64     // for what is still to be put
	given   int64     // bytes of the record that is worked on
	more    int64     // that it has reserved for itself
}

// charge books memory for what the run will make, or if there is not enough,
// for its first record alone. It says for how many records.
func (h *hand[A, B]) charge(ctx context.Context) (n int, err error) {
	h.charged, h.more = 0, 0
	for i := range h.run.slots {
		h.charged += expected(h.out, &h.run.slots[i])
	}
	n = len(h.run.slots)
	if !h.out.charge(h.charged) {
		n, h.charged = 1, expected(h.out, &h.run.slots[0])
		if err := h.out.reserve(ctx, h.worker, h.run.first, h.charged); err != nil {
			return 0, err
		}
	}
	h.out.clear(h.charged)
	return n, nil
}

// expected is what the value made of a record will probably hold: what the last
// one does, or before there is one, what it is made from.
func expected[A, B any](out *outlet[B], from *slot[A]) int64 {
	if n := out.size.Load(); n > 0 && from.isValue() {
		return n
	}
	return from.bytes
}

// work goes through records until all are done, or they have made much more
// than is charged, or one has reserved memory, or it takes long: what is done is
// then put before the rest is gone on with.
func (h *hand[A, B]) work(ctx context.Context, in []slot[A]) error {
	start, left := ticks(), h.charged
	for i := range in {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := h.step(ctx, &in[i], &h.next); err != nil {
			return err
		}
		h.made = append(h.made, h.next)
		if left -= h.next.bytes; left < -runBytes || h.more > 0 || overdue(i, start) {
			break
		}
	}
	return nil
}

// step makes what follows from a record.
func (h *hand[A, B]) step(ctx context.Context, from *slot[A], to *slot[B]) error {
	var none B
	*to = slot[B]{kind: from.kind, rec: with(from.rec, none)}
	if !from.isValue() {
		return nil
	}
	h.given = from.bytes
	value, err := h.call(ctx, from.rec)
	if err == nil {
		to.rec.Value = value
		to.bytes = h.out.measure(&to.rec.Value)
		return nil
	}
	to.rec.Dead, err = h.worker.stage.fault(ctx, from.rec.Seq, from.rec.Key, err, false)
	if to.rec.Dead == nil {
		to.kind = slotHole
	}
	return err
}

func (h *hand[A, B]) call(ctx context.Context, r Record[A]) (v B, err error) {
	defer catch(&err)
	return h.fn(ctx, r)
}

// finish hands on what has been made, gives back what was booked for more, and
// says how many records are done with.
func (h *hand[A, B]) finish() int {
	_, bytes, _ := tally(h.made)
	h.out.settle(bytes - h.charged - h.more)
	h.flush()
	h.next = slot[B]{}
	return h.put
}

// flush hands on what has been made so far, which takes its part of what is
// charged along.
func (h *hand[A, B]) flush() {
	worked, _, _ := tally(h.run.slots[h.put : h.put+len(h.made)])
	values, bytes, last := tally(h.made)
	h.out.stage.in.Add(int64(worked))
	h.out.count(values, bytes, last)
	h.out.put(h.run.first+int64(h.put), h.made)
	h.put += len(h.made)
	h.charged -= bytes
	clear(h.made)
	h.made = h.made[:0]
}
