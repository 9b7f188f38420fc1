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
	hold := &claimed[B]{worker: w}
	ctx = context.WithValue(ctx, holdingKey{}, holding(hold))
	for {
		p, open, err := m.in.await(ctx, w)
		if err != nil {
			return err
		}
		if !open {
			return errEnded
		}
		if !w.wanted() {
			m.in.pass(p)
			return nil
		}
		to, err := m.out.credit(ctx, w)
		if err != nil {
			m.in.end()
			return err
		}
		s, err := m.in.receive(ctx, w, p)
		if err != nil {
			m.in.end()
			return err
		}
		switch s.kind {
		case slotEnd:
			m.in.end()
			to.put(p, slot[B]{kind: slotEnd}, 0)
			return errEnded
		case slotHole:
			m.in.pass(p + 1)
			to.put(p, slot[B]{kind: slotHole}, 0)
		default:
			m.in.pass(p + 1)
			if err := m.step(ctx, w, p, s, to, hold); err != nil {
				return err
			}
		}
	}
}

// step works on the record at position p.
func (m *mapping[A, B]) step(ctx context.Context, w *worker, p int64, s slot[A], to lane[B], hold *claimed[B]) error {
	st := w.stage
	defer m.in.giveBack(s.bytes)
	if !s.rec.IsValue() {
		var none B
		to.put(p, slot[B]{rec: with(s.rec, none)}, 0)
		return nil
	}
	reserved := m.out.expected(s.bytes)
	if err := to.reserve(ctx, w, p, reserved); err != nil {
		return err
	}
	st.in.Add(1)
	hold.to, hold.position, hold.input, hold.reserved = to, p, s.bytes, reserved
	value, err := m.call(ctx, s.rec)
	reserved = hold.reserved
	result := slot[B]{rec: with(s.rec, value)}
	if err != nil {
		dead, err := st.fault(ctx, s.rec.Seq, s.rec.Key, err, false)
		if err != nil {
			to.release(reserved)
			return err
		}
		var none B
		result.rec.Value = none
		if result.rec.Dead = dead; dead == nil {
			result.kind = slotHole
		}
	} else {
		result.bytes = m.out.measure(value)
	}
	to.put(p, result, reserved)
	return nil
}

func (m *mapping[A, B]) call(ctx context.Context, r Record[A]) (v B, err error) {
	defer catch(&err)
	return m.fn(ctx, r)
}
