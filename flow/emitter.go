package flow

import "context"

// Emitter is where a source or a serial stage puts what it yields. It belongs
// to the goroutine that was given it.
type Emitter[T any] struct {
	ctx    context.Context
	worker *worker
	out    *outlet[T]
	next   int64      // the position that is put next
	one    [1]slot[T] // what is being put
	seq    int64      // of the next record of a source
	passed int64      // records below this number were done with by an earlier run
	epoch  int
}

// Emit yields a new record: in a source the next one, elsewhere one that
// answers the record read last, and has its number and epoch. It waits while
// there is no room; its error says that the run is over, and is to be returned
// as it is.
func (e *Emitter[T]) Emit(key string, v T) error {
	return e.Forward(Record[T]{Seq: e.worker.seq, Epoch: e.worker.epoch, Key: key, Value: v})
}

// Forward yields a record under its own key. In a source it gets the next
// number and the current epoch; elsewhere it keeps what it came with.
func (e *Emitter[T]) Forward(r Record[T]) error {
	if e.worker.stage.kind == KindSource {
		if refused := e.worker.stage.graph.refused[e.seq]; refused != nil {
			return e.Fail(r.Key, refused)
		}
		r.Seq, r.Epoch = e.seq, e.epoch
		e.seq++
		if r.Seq < e.passed {
			e.worker.stage.complete.Add(1)
			return nil
		}
	}
	return e.put(slotRecord, r)
}

// Fail leaves a tombstone in a record's place, or ends the run, as the run's
// policy says; or drops the record, for an error made by Skip. The record is
// numbered as by Emit.
func (e *Emitter[T]) Fail(key string, cause error) error {
	r := Record[T]{Key: key, Epoch: e.epoch, Seq: e.seq}
	if w := e.worker; w.reads {
		r.Seq, r.Epoch = w.seq, w.epoch
	} else if e.seq++; r.Seq < e.passed {
		e.worker.stage.complete.Add(1)
		return nil
	}
	dead, err := e.worker.stage.fault(e.ctx, r.Seq, key, cause, false)
	if err != nil || dead == nil {
		return err
	}
	r.Dead = dead
	return e.put(slotRecord, r)
}

// At numbers the record that is yielded or failed next, from 0, in a source
// that does not go through its input in order. Such a source cannot be gone on
// with inside an epoch: it relies on sinks that know what is complete.
func (e *Emitter[T]) At(seq int64) { e.seq = seq }

// Waiting books the time until done is called as spent waiting for something
// outside the flow, such as a server. A source starves of nothing else.
func (e *Emitter[T]) Waiting() (done func()) {
	e.worker.clock.enter(stateOutside)
	return func() { e.worker.clock.enter(stateBusy) }
}

// Complete says whether an earlier run is done with the record of this key, so
// that it need not be yielded: because every sink that the source leads to
// already holds what it makes of it, or because the run resumes behind it. It
// then counts the record as done and passes its number by.
func (e *Emitter[T]) Complete(key string) bool {
	if e.seq >= e.passed && !e.worker.stage.graph.complete(e.worker.stage, key) {
		return false
	}
	e.seq++
	e.worker.stage.complete.Add(1)
	return true
}

// Passed counts n records of passes over the data that an earlier run
// completed, those before Epoch.
func (e *Emitter[T]) Passed(n int) { e.worker.stage.complete.Add(int64(n)) }

// Expect says how many records the source goes through in all, those of an
// earlier run included, for progress.
func (e *Emitter[T]) Expect(n int) { e.worker.stage.total.Store(int64(n)) }

// Epoch is the pass over the data that the next record belongs to. A source
// of a run that resumes begins with the first pass that is not complete.
func (e *Emitter[T]) Epoch() int { return e.epoch }

// EndEpoch marks the end of a pass over the data and begins the next.
func (e *Emitter[T]) EndEpoch() error {
	mark := Record[T]{Mark: EndEpoch, Epoch: e.epoch, Seq: e.seq}
	e.epoch++
	e.passed = 0 // the passed-by records were of the first epoch only
	return e.put(slotRecord, mark)
}

func (e *Emitter[T]) put(kind slotKind, r Record[T]) error {
	if e.ctx.Err() != nil {
		return context.Cause(e.ctx)
	}
	s := &e.one[0]
	*s = slot[T]{kind: kind, rec: r}
	if kind == slotRecord && r.IsValue() {
		s.bytes = e.out.measure(&s.rec.Value)
		e.out.count(1, s.bytes, s.bytes)
	}
	if _, err := e.out.room(e.ctx, e.worker, e.next); err != nil {
		return err
	}
	if err := e.out.reserve(e.ctx, e.worker, e.next, s.bytes); err != nil {
		return err
	}
	e.out.clear(s.bytes)
	e.out.put(e.next, e.one[:])
	e.next++
	*s = slot[T]{}
	return nil
}
