package flow

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// ledger counts the bytes in flight in a graph and holds them under a limit.
//
// A claim for more than is left waits. It is granted without regard to the
// limit when it is urgent: when a consumer waits for this very record and holds
// no other, so that it has nothing to give back until this one comes. Every edge therefore always
// moves on by one record, and no limit, however small, can stop a graph.
type ledger struct {
	limit   int64
	mu      sync.Mutex
	used    int64
	peak    int64
	claims  []*claim
	waiting atomic.Int32 // len(claims), readable without the lock
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
