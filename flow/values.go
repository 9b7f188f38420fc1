package flow

import (
	"context"
	"strconv"
)

// FromSlice adds a source of the values of a slice, whose keys are their
// indices.
func FromSlice[T any](g *Graph, s Stage, values []T) Out[T] {
	return Source(g, s, func(_ context.Context, out *Emitter[T]) error {
		out.Expect(len(values))
		for i, v := range values {
			if err := out.Emit(strconv.Itoa(i), v); err != nil {
				return err
			}
		}
		return nil
	})
}

// Filter adds a stage that passes on the values that keep is true for. The
// others count as skipped, and are not reported one by one.
func Filter[T any](in Out[T], s Stage, keep func(T) bool) Out[T] {
	return Map(in, s, func(_ context.Context, r Record[T]) (T, error) {
		if !keep(r.Value) {
			return r.Value, errFiltered
		}
		return r.Value, nil
	})
}

// ForEach adds a sink that hands each value to fn, one at a time and in order.
// An error of fn ends the run, as that of any sink does.
func ForEach[T any](in Out[T], s Stage, fn func(T) error) {
	To(in, s, SinkFunc[T](func(_ context.Context, r Record[T]) error { return fn(r.Value) }))
}

// Collect adds a sink that appends the values to a slice, in order. The slice
// is the run's until Run has returned, and is whole if that returned nil.
func Collect[T any](in Out[T], s Stage, values *[]T) {
	ForEach(in, s, func(v T) error {
		*values = append(*values, v)
		return nil
	})
}

// SinkFunc is a sink that has nothing to open, commit or abort: its effects
// are visible at once, so they must be such that an interrupted run may leave
// them.
type SinkFunc[T any] func(ctx context.Context, r Record[T]) error

// Open does nothing.
func (SinkFunc[T]) Open(context.Context) error { return nil }

// Write calls the function.
func (f SinkFunc[T]) Write(ctx context.Context, r Record[T]) error { return f(ctx, r) }

// Commit does nothing.
func (SinkFunc[T]) Commit(context.Context) error { return nil }

// Abort does nothing.
func (SinkFunc[T]) Abort() error { return nil }

// Discard is a sink that reads values and forgets them.
func Discard[T any]() Sink[T] {
	return SinkFunc[T](func(context.Context, Record[T]) error { return nil })
}
