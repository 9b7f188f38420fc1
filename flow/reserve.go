package flow

import (
	"context"
	"fmt"
)

// Reserve is called by the function of a Map that has found out, before it
// spends it, how much memory the record at hand takes: all that is held for it
// until the function returns, but for the record it was given. It waits until
// so much is free within the run's bound, and besides as much as the result
// will hold: the next stage is to make something of it, and where it cannot
// wait it goes beyond the bound. A record that takes more than the bound by
// itself is refused, and the error says what it needs.
//
// What was reserved is given back when the function returns: from then on the
// record counts with what it holds. With a context that is not of a Map,
// Reserve does nothing.
func Reserve(ctx context.Context, bytes, result int64) error {
	if h, ok := ctx.Value(holdingKey{}).(holding); ok {
		return h.raise(ctx, bytes, result)
	}
	return nil
}

type holdingKey struct{}

// holding is what a worker of a Map holds for the record at hand.
type holding interface {
	raise(ctx context.Context, bytes, result int64) error
}

// claimed is a worker's holding: the record it was given, and what is reserved
// for what becomes of it, at a position of its output.
type claimed[B any] struct {
	worker   *worker
	to       lane[B]
	position int64
	input    int64
	reserved int64
}

func (c *claimed[B]) raise(ctx context.Context, bytes, result int64) error {
	if limit := c.worker.stage.graph.ledger.limit; c.input+bytes > limit {
		return &MemoryError{Needs: c.input + bytes, Limit: limit}
	}
	more := bytes - c.reserved
	if more <= 0 {
		return nil
	}
	if err := c.to.reserve(ctx, c.worker, c.position, more+result); err != nil {
		return err
	}
	c.to.release(result)
	c.reserved += more
	return nil
}

// MemoryError is that of a record which takes more memory than the run has.
type MemoryError struct {
	Needs, Limit int64 // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("needs %d MiB of memory, and the run has %d MiB; to allow it, give --memory %dMiB or more",
		e.Needs>>20+1, e.Limit>>20, e.Needs>>20+1)
}
