package streams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/reugn/go-streams"

	"hpaflow/flow"
)

// drainPatience is how long a cancelled component may keep its outlet open.
const drainPatience = 2 * time.Second

// From adds a go-streams source, such as a connector. Key names a value;
// nil numbers them.
func From[T any](g *flow.Graph, s flow.Stage, source streams.Outlet, key func(T) string) flow.Out[T] {
	return flow.Source(g, s, func(ctx context.Context, out *flow.Emitter[T]) error {
		defer drainStream(source.Out())
		for n := 0; ; n++ {
			select {
			case v, open := <-source.Out():
				if !open {
					return nil
				}
				if err := emitAny(out, v, n, 0, key); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
}

// Through adds a go-streams flow, such as a stock operator. It may yield more
// or fewer values than it takes; they are numbered and named anew, and belong to
// the epoch of the value that was fed last. Tombstones and marks pass it by.
func Through[A, B any](in flow.Out[A], s flow.Stage, op streams.Flow, key func(B) string) flow.Out[B] {
	around := make(chan flow.Record[B])
	var epoch atomic.Int64
	feed := func(ctx context.Context, in *flow.Reader[A]) error {
		defer close(op.In())
		return feedStream(ctx, in, op.In(), around, &epoch)
	}
	return flow.Duplex(in, s, feed, func(ctx context.Context, to *flow.Emitter[B]) error {
		defer drainStream(op.Out())
		return collectStream(ctx, op.Out(), around, to, key, &epoch)
	})
}

func feedStream[A, B any](ctx context.Context, in *flow.Reader[A], to chan<- any, around chan<- flow.Record[B], epoch *atomic.Int64) error {
	for {
		r, err := in.Next(ctx)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if r.IsValue() {
			epoch.Store(int64(r.Epoch))
			select {
			case to <- r.Value:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			continue
		}
		select {
		case around <- flow.Record[B]{Seq: r.Seq, Epoch: r.Epoch, Key: r.Key, Dead: r.Dead, Mark: r.Mark}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func collectStream[B any](ctx context.Context, from <-chan any, around <-chan flow.Record[B], out *flow.Emitter[B], key func(B) string, epoch *atomic.Int64) error {
	for n := 0; ; {
		select {
		case v, open := <-from:
			if !open {
				return nil
			}
			if err := emitAny(out, v, n, int(epoch.Load()), key); err != nil {
				return err
			}
			n++
		case r := <-around:
			if err := out.Forward(r); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// emitAny yields what a component gave, if it is a T.
func emitAny[T any](out *flow.Emitter[T], v any, n, epoch int, key func(T) string) error {
	name := strconv.Itoa(n)
	value, ok := v.(T)
	if ok && key != nil {
		name = key(value)
	}
	switch err, failed := v.(error); {
	case ok:
		return out.Forward(flow.Record[T]{Seq: int64(n), Epoch: epoch, Key: name, Value: value})
	case failed:
		return out.Fail(name, err)
	}
	return out.Fail(name, fmt.Errorf("the go-streams component gave a %T, want a %T", v, value))
}

// To adds a go-streams sink. It is told that the stream is complete by
// the closing of its inlet, the only sign it knows, whether the run went well
// or not.
func To[T any](in flow.Out[T], s flow.Stage, sink streams.Sink) {
	flow.To(in, s, &streamSink[T]{sink})
}

type streamSink[T any] struct{ sink streams.Sink }

func (*streamSink[T]) Open(context.Context) error { return nil }

func (s *streamSink[T]) Write(ctx context.Context, r flow.Record[T]) error {
	select {
	case s.sink.In() <- r.Value:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *streamSink[T]) Commit(context.Context) error {
	close(s.sink.In())
	s.sink.AwaitCompletion()
	return nil
}

func (s *streamSink[T]) Abort() error {
	close(s.sink.In())
	return nil
}

// drainStream reads a component's outlet to its end, so that the component's
// goroutine does not wait for ever; it gives up on one that does not end.
func drainStream(outlet <-chan any) {
	timeout := time.After(drainPatience)
	for {
		select {
		case _, open := <-outlet:
			if !open {
				return
			}
		case <-timeout:
			return
		}
	}
}
