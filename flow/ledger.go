package flow

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"hpaflow/flow/machine"
)

// ledger counts the bytes in flight in a graph and holds them under a limit.
//
// A claim for more than is left waits. It is granted without regard to the
// limit when it is urgent: when all that wait for this very record hold no other,
// and nothing is under way behind them, so that nothing is given back there until
// this one comes. A graph therefore always moves on by one record, and no limit,
// however small, can stop it.
//
// Where ways meet again further on, what is under way may itself wait for what
// still comes. There a record is urgent as soon as one consumer waits for it, and
// each stage may hold one beyond the limit.
type ledger struct {
	limit   int64
	mu      sync.Mutex
	used    int64
	peak    int64
	claims  []*claim
	waiting atomic.Int32 // len(claims), readable without the lock
	garbage machine.Garbage
}

type claim struct {
	bytes   int64
	urgent  func() bool
	granted chan struct{}
}

// charge books bytes if they fit and nobody waits for room.
func (l *ledger) charge(bytes int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.claims) > 0 || l.used+bytes > l.limit {
		return false
	}
	l.take(bytes)
	return true
}

// reserve waits until bytes fit, or until they are urgent, or until ctx ends.
func (l *ledger) reserve(ctx context.Context, w *worker, bytes int64, urgent func() bool) error {
	c := &claim{bytes: bytes, urgent: urgent, granted: make(chan struct{})}
	l.mu.Lock()
	l.claims = append(l.claims, c)
	l.waiting.Add(1) // before urgent is asked: see wake
	l.grant()
	l.mu.Unlock()

	select {
	case <-c.granted:
		return nil
	default:
	}
	w.clock.enter(stateBlocked)
	defer w.clock.enter(stateBusy)
	select {
	case <-c.granted:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.claims, c); i >= 0 {
		l.claims = slices.Delete(l.claims, i, i+1)
		l.waiting.Add(-1)
	} else {
		l.used -= bytes
	}
	return context.Cause(ctx)
}

// clear is called before a record spends what it was granted.
func (l *ledger) clear(bytes int64) {
	l.garbage.Clear(bytes, l.limit, func() int64 {
		used, _ := l.read()
		return used
	})
}

// add corrects a claim by what a record turned out to hold; it never waits.
func (l *ledger) add(bytes int64) {
	if bytes == 0 {
		return
	}
	l.mu.Lock()
	l.take(bytes)
	if bytes < 0 {
		l.grant()
	}
	l.mu.Unlock()
}

// wake looks at waiting claims again after an edge has moved on. The edge
// stores its state before it calls this, and a claim is counted before it
// reads that state, so one of the two sees the other.
func (l *ledger) wake() {
	if l.waiting.Load() == 0 {
		return
	}
	l.mu.Lock()
	l.grant()
	l.mu.Unlock()
}

func (l *ledger) take(bytes int64) {
	l.used += bytes
	l.peak = max(l.peak, l.used)
}

// grant serves claims in the order they came; an urgent one may overtake.
func (l *ledger) grant() {
	full := false
	l.claims = slices.DeleteFunc(l.claims, func(c *claim) bool {
		fits := !full && l.used+c.bytes <= l.limit
		if !fits && !c.urgent() {
			full = true
			return false
		}
		l.take(c.bytes)
		close(c.granted)
		l.waiting.Add(-1)
		return true
	})
}

func (l *ledger) read() (used, peak int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used, l.peak
}

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
	waiting() (done func())
}

// raise books more memory for the record at hand. What has been made of the
// records before it is put before it waits: others may need just that to give
// memory back.
func (h *hand[A, B]) raise(ctx context.Context, bytes, result int64) error {
	if limit := h.worker.stage.graph.ledger.limit; h.given+bytes > limit {
		return &MemoryError{Needs: h.given + bytes, Limit: limit}
	}
	if more := bytes - h.reserved(); more > 0 {
		if !h.out.charge(more + result) {
			h.flush()
			position := h.run.first + int64(h.put)
			if err := h.out.reserve(ctx, h.worker, position, more+result); err != nil {
				return err
			}
		}
		h.out.settle(-result)
		h.more += more
	}
	h.out.clear(bytes)
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
