package flow

import (
	"context"
	"sync"
	"sync/atomic"
)

// edge carries records from one stage to one reader, in order, however many
// workers put and take them.
//
// Positions number what passes, from 0 and without gaps. Position p travels
// through the one-place channel ring[p mod n]. A producer takes a credit
// before it takes on position p; a consumer gives the credit back after it has
// received p. So at most n positions are under way, each has its own channel,
// and a put never waits. Consumers take positions in turn: the turn channel
// holds the next one, and is closed once the end has been taken.
type edge[T any] struct {
	ring    []chan slot[T]
	credits chan struct{}
	turn    chan int64
	head    atomic.Int64 // the position that is taken next
	held    atomic.Int32 // records received and not yet given back
	ledger  *ledger

	unread   chan struct{} // closed when the reader has left before the end
	giveUp   sync.Once
	fromName string
	toName   string
}

// slot is what stands at a position.
type slot[T any] struct {
	kind  slotKind
	rec   Record[T]
	bytes int64 // what the record is charged with
}

type slotKind uint8

const (
	slotRecord slotKind = iota // a value, a tombstone or a mark
	slotHole                   // nothing: a stage has dropped the record
	slotEnd                    // no position follows
)

func newEdge[T any](depth int, l *ledger, from, to string) *edge[T] {
	e := &edge[T]{
		ring:     make([]chan slot[T], depth),
		credits:  make(chan struct{}, depth),
		turn:     make(chan int64, 1),
		ledger:   l,
		unread:   make(chan struct{}),
		fromName: from,
		toName:   to,
	}
	for i := range e.ring {
		e.ring[i] = make(chan slot[T], 1)
	}
	e.turn <- 0
	return e
}

// credit takes one credit. It reports false when nobody reads the edge any more.
func (e *edge[T]) credit(ctx context.Context, w *worker) (bool, error) {
	select {
	case e.credits <- struct{}{}:
		return true, nil
	case <-e.unread:
		return false, nil
	default:
	}
	defer w.hold(stateBlocked)()
	select {
	case e.credits <- struct{}{}:
		return true, nil
	case <-e.unread:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// put fills position p, for which a credit is held.
func (e *edge[T]) put(p int64, s slot[T]) {
	e.ring[p%int64(len(e.ring))] <- s
	if e.abandoned() {
		e.drain()
	}
}

// await is the next position to take; its caller holds the turn until it
// calls pass or end. It reports false after the end.
func (e *edge[T]) await(ctx context.Context, w *worker) (int64, bool, error) {
	select {
	case p, open := <-e.turn:
		return p, open, nil
	default:
	}
	defer w.line()()
	select {
	case p, open := <-e.turn:
		return p, open, nil
	case <-ctx.Done():
		return 0, false, context.Cause(ctx)
	}
}

// receive takes what stands at position p; the caller holds the turn.
func (e *edge[T]) receive(ctx context.Context, w *worker, p int64) (slot[T], error) {
	place := e.ring[p%int64(len(e.ring))]
	select {
	case s := <-place:
		e.advance(p, s.kind)
		return s, nil
	default:
	}
	defer w.hold(stateStarved)()
	select {
	case s := <-place:
		e.advance(p, s.kind)
		return s, nil
	case <-ctx.Done():
		return slot[T]{}, context.Cause(ctx)
	}
}

func (e *edge[T]) advance(p int64, kind slotKind) {
	<-e.credits
	if kind == slotRecord {
		e.held.Add(1)
	}
	e.head.Store(p + 1)
	e.ledger.wake()
}

// giveBack says that the consumer is done with a record it has received, so
// that its bytes count no more.
func (e *edge[T]) giveBack(bytes int64) {
	e.held.Add(-1)
	if bytes == 0 {
		e.ledger.wake()
		return
	}
	e.ledger.add(-bytes)
}

// wants says that the consumer waits for position p and has nothing else.
func (e *edge[T]) wants(p int64) bool {
	return e.head.Load() == p && e.held.Load() == 0 || e.abandoned()
}

// pass hands the turn on: p is to be taken next.
func (e *edge[T]) pass(p int64) { e.turn <- p }

// end says that no position follows.
func (e *edge[T]) end() { close(e.turn) }

// abandon tells the producer that nobody will read what still comes.
func (e *edge[T]) abandon() {
	e.giveUp.Do(func() {
		close(e.unread)
		e.drain()
		e.ledger.wake()
	})
}

// drain gives back the bytes of what stands unread on an abandoned edge.
func (e *edge[T]) drain() {
	for _, place := range e.ring {
		select {
		case s := <-place:
			e.ledger.add(-s.bytes)
		default:
		}
	}
}

func (e *edge[T]) abandoned() bool {
	select {
	case <-e.unread:
		return true
	default:
		return false
	}
}

// edgeInfo is an edge whose type does not matter.
type edgeInfo interface {
	names() (from, to string)
	depth() (queued, capacity int)
	abandon()
}

func (e *edge[T]) names() (from, to string)      { return e.fromName, e.toName }
func (e *edge[T]) depth() (queued, capacity int) { return len(e.credits), cap(e.credits) }
