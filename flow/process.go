package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Source adds a stage that yields records. Run is called once; when it
// returns nil the stream is complete, and any error ends the run.
func Source[T any](g *Graph, s Stage, run func(ctx context.Context, out *Emitter[T]) error) Out[T] {
	st := g.add(s, KindSource, false)
	out := newOutlet[T](st)
	st.work = serial(out, run)
	return Out[T]{out}
}

// Process adds a serial stage that reads and yields as it likes: a batch, a
// reduction, a training step. Its output is complete when run returns nil;
// what it leaves unread is dropped. Tombstones and marks reach run as records:
// it forwards those its readers are to see.
func Process[A, B any](in Out[A], s Stage, run func(ctx context.Context, in *Reader[A], out *Emitter[B]) error) Out[B] {
	st := in.graph(s.Name).add(s, KindOp, false)
	a, out := in.connect(st), newOutlet[B](st)
	st.work = serial(out, func(ctx context.Context, to *Emitter[B]) error {
		in := newReader(a, to.worker)
		defer in.release()
		return run(ctx, in, to)
	})
	return Out[B]{out}
}

// Process2 is Process with two inputs.
func Process2[A, B, C any](in1 Out[A], in2 Out[B], s Stage,
	run func(ctx context.Context, in1 *Reader[A], in2 *Reader[B], out *Emitter[C]) error) Out[C] {
	st := in1.graph(s.Name).add(s, KindOp, false)
	if other := in2.graph(s.Name); other != st.graph {
		fault := fmt.Errorf("op %q reads from two graphs", s.Name)
		st.graph.faults, other.faults = append(st.graph.faults, fault), append(other.faults, fault)
	}
	a, b, out := in1.connect(st), in2.connect(st), newOutlet[C](st)
	st.work = serial(out, func(ctx context.Context, to *Emitter[C]) error {
		in1, in2 := newReader(a, to.worker), newReader(b, to.worker)
		defer in1.release()
		defer in2.release()
		return run(ctx, in1, in2, to)
	})
	return Out[C]{out}
}

// serial is the life of the one worker of a stage that yields by an Emitter.
func serial[T any](out *outlet[T], run func(context.Context, *Emitter[T]) error) func(context.Context, *worker) error {
	return func(ctx context.Context, w *worker) error {
		to := &Emitter[T]{ctx: ctx, worker: w, out: out, passed: w.stage.graph.resume.Records[w.stage.name], epoch: w.stage.graph.resume.Epochs}
		err := protect(ctx, to, run)
		if err == nil {
			err = to.put(slotEnd, Record[T]{})
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errUnread):
			return errUnread
		case err != nil:
			return w.stage.blame(err)
		}
		for _, in := range w.stage.inputs {
			in.abandon()
		}
		return errEnded
	}
}

func protect[T any](ctx context.Context, to *Emitter[T], run func(context.Context, *Emitter[T]) error) (err error) {
	defer catch(&err)
	return run(ctx, to)
}

// blame names the stage an error comes from, unless the error does.
func (st *stage) blame(err error) error {
	var named *StageError
	if errors.As(err, &named) {
		return err
	}
	st.errors.Add(1)
	return &StageError{Stage: st.name, Err: err}
}

// Reader is an input of a serial stage. It belongs to the goroutine that was
// given it.
type Reader[T any] struct {
	edge   *edge[T]
	worker *worker
	taken  []slot[T]
	at     int   // of taken, the one that is given next
	since  int64 // when taken was
	ended  bool
}

func newReader[T any](e *edge[T], w *worker) *Reader[T] { return &Reader[T]{edge: e, worker: w} }

func (r *Reader[T]) release() {
	r.edge.giveBack(r.taken)
	r.taken, r.at = r.taken[:0], 0
}

// Next gives the next record: a value, a tombstone or a mark. After the last
// one it returns io.EOF; any other error says that the run is over. With the
// call, the record before counts as out of memory; those that are small and
// come in a run do so together.
func (r *Reader[T]) Next(ctx context.Context) (Record[T], error) {
	w := r.worker
	for ctx.Err() == nil {
		for r.at < len(r.taken) {
			s := &r.taken[r.at]
			r.at++
			if s.kind == slotRecord {
				if s.isValue() {
					w.stage.in.Add(1)
				}
				w.reads, w.seq, w.epoch = true, s.rec.Seq, s.rec.Epoch
				return s.rec, nil
			}
			if s.kind == slotEnd {
				r.ended = true
			}
		}
		if r.ended {
			return Record[T]{}, io.EOF
		}
		w.adapt(len(r.taken), ticks()-r.since)
		r.release()
		run, err := r.edge.next(ctx, w, r.taken, noResults)
		if err != nil {
			return Record[T]{}, err
		}
		r.taken, r.since = run.slots, ticks()
	}
	return Record[T]{}, context.Cause(ctx)
}

// Values yields the records that are values. An error, which says that the run
// is over, comes last.
func (r *Reader[T]) Values(ctx context.Context) iter.Seq2[Record[T], error] {
	return func(yield func(Record[T], error) bool) {
		for {
			rec, err := r.Next(ctx)
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(rec, err)
				return
			case rec.IsValue() && !yield(rec, nil):
				return
			}
		}
	}
}

// Duplex adds a stage around something that takes values and gives others in
// its own time: a library's operator, a device, another process. One goroutine
// feeds it from the input, another collects what comes out of it; neither waits
// for the other, so it may hold on to as many values as it likes.
//
// The output is complete when collect returns nil, and what is not read by then
// is dropped: the context of feed ends, and whatever it returns is no fault. A
// feed that returns nil has no use for the rest of the input. Tombstones and
// marks reach feed as records; it sees to it that collect forwards them.
func Duplex[A, B any](in Out[A], s Stage,
	feed func(ctx context.Context, in *Reader[A]) error,
	collect func(ctx context.Context, out *Emitter[B]) error,
) Out[B] {
	st := in.graph(s.Name).add(s, KindOp, false)
	a, out := in.connect(st), newOutlet[B](st)
	st.target, st.limit = 2, 2
	complete, finish := context.WithCancel(context.Background())
	collecting := serial(out, collect)
	st.work = func(ctx context.Context, w *worker) error {
		if w.number == 0 {
			defer finish()
			return collecting(ctx, w)
		}
		return feeding(ctx, complete, newReader(a, w), feed)
	}
	return Out[B]{out}
}

// feeding is the life of the worker that feeds; it ends with the context
// complete at the latest.
func feeding[A any](ctx, complete context.Context, in *Reader[A], feed func(context.Context, *Reader[A]) error) (err error) {
	defer in.release()
	until, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(complete, cancel)()
	func() {
		defer catch(&err)
		err = feed(until, in)
	}()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil || complete.Err() != nil:
		in.edge.abandon()
		return errEnded
	case errors.Is(err, errUnread):
		return errUnread
	}
	return in.worker.stage.blame(err)
}
