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

// raise books more memory for the record at hand. What has been made of the
// records before it is put before it waits: others may need just that to give
// memory back.
func (h *hand[A, B]) raise(ctx context.Context, bytes, result int64) error {
	if limit := h.worker.stage.graph.ledger.limit; h.given+bytes > limit {
		return &MemoryError{Needs: h.given + bytes, Limit: limit}
	}
	more := bytes - h.reserved()
	if more <= 0 {
		return nil
	}
	if !h.out.charge(more + result) {
		h.flush()
		position := h.run.first + int64(h.put)
		if err := h.out.reserve(ctx, h.worker, position, more+result); err != nil {
			return err
		}
	}
	h.out.settle(-result)
	h.more += more
	return nil
}

// reserved is what is booked for the record at hand: what all results so far
// have left of the run's charge, and what it has asked for itself.
func (h *hand[A, B]) reserved() int64 {
	_, made, _ := tally(h.made)
	return max(0, h.charged-made) + h.more
}

// MemoryError is that of a record which takes more memory than the run has.
type MemoryError struct {
	Needs, Limit int64 // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("needs %d bytes of memory, and the run has %d; to allow it, give --memory %dMiB or more",
		e.Needs, e.Limit, (e.Needs+1<<20-1)>>20)
}
