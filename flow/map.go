package flow

import "context"

// Map adds a stage that turns each record's value into another. It works on
// several records at once and yields them in the order they came.
//
// An error from fn, or a panic in it, is the record's: it leaves a tombstone
// and the run goes on or ends as its policy says. Skip drops the record;
// Fatal ends the run whatever the policy. Tombstones and marks pass fn by.
func Map[A, B any](in Out[A], s Stage, fn func(context.Context, Record[A]) (B, error)) Out[B] {
	st := in.outlet.stage.graph.add(s, KindOp, true)
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
	var made []slot[B] // is used again for every run
	return m.in.serve(ctx, w, m.out.room, func(ctx context.Context, w *worker, r run[A]) (int, error) {
		n, charged, err := m.charge(ctx, w, r)
		if err != nil {
			return 0, err
		}
		start := ticks()
		made, err = m.steps(ctx, w, r.slots[:n], made[:0], charged)
		w.clock.worked.Add(ticks() - start)
		m.put(r, made, charged)
		return len(made), err
	})
}

// charge books memory for what a run will make, or if there is not enough, for
// its first record alone.
func (m *mapping[A, B]) charge(ctx context.Context, w *worker, r run[A]) (n int, bytes int64, err error) {
	for i := range r.slots {
		bytes += expected(m.out, &r.slots[i])
	}
	if m.out.charge(bytes) {
		return len(r.slots), bytes, nil
	}
	bytes = expected(m.out, &r.slots[0])
	return 1, bytes, m.out.reserve(ctx, w, r.first, bytes)
}

// expected is what the value made of a record will probably hold: what the last
// one does, or before there is one, what it is made from.
func expected[A, B any](out *outlet[B], from *slot[A]) int64 {
	if n := out.size.Load(); n > 0 && from.isValue() {
		return n
	}
	return from.bytes
}

// steps works on records until all are done, or they have made much more than
// is charged, or it takes long: what is done is then put before the rest is
// gone on with.
func (m *mapping[A, B]) steps(ctx context.Context, w *worker, in []slot[A], made []slot[B], charged int64) ([]slot[B], error) {
	start := ticks()
	for i := range in {
		if ctx.Err() != nil {
			return made, context.Cause(ctx)
		}
		made = append(made, slot[B]{})
		if err := m.step(ctx, w.stage, &in[i], &made[i]); err != nil {
			return made[:i], err
		}
		if charged -= made[i].bytes; charged < -runBytes || overdue(i, start) {
			break
		}
	}
	return made, nil
}

// step makes what follows from a record.
func (m *mapping[A, B]) step(ctx context.Context, st *stage, from *slot[A], to *slot[B]) error {
	var none B
	to.kind, to.rec = from.kind, with(from.rec, none)
	if !from.isValue() {
		return nil
	}
	value, err := m.call(ctx, from.rec)
	if err == nil {
		to.rec.Value = value
		to.bytes = m.out.measure(&to.rec.Value)
		return nil
	}
	to.rec.Dead, err = st.fault(ctx, from.rec.Seq, from.rec.Key, err, false)
	if to.rec.Dead == nil {
		to.kind = slotHole
	}
	return err
}

func (m *mapping[A, B]) call(ctx context.Context, r Record[A]) (v B, err error) {
	defer catch(&err)
	return m.fn(ctx, r)
}

// put hands on what has been made of a run's first records.
func (m *mapping[A, B]) put(r run[A], made []slot[B], charged int64) {
	worked, _, _ := tally(r.slots[:len(made)])
	values, bytes, last := tally(made)
	m.out.stage.in.Add(int64(worked))
	m.out.count(values, bytes, last)
	m.out.settle(bytes - charged)
	m.out.put(r.first, made)
	clear(made)
}
