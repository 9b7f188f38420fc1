package flow

import (
	"context"
	"errors"
)

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
	st := in.outlet.stage.graph.add(s, KindOp, false)
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
