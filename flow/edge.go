package flow

import (
	"context"
	"sync"
)

// edge carries records from one stage to one reader, in order, however many
// workers put and take them.
//
// Positions number what passes, from 0 and without gaps. Position p stands at
// ring[p mod n] from its put to its taking. Only the producer that holds its
// own stage's turn asks for room, and only the consumer that holds this edge's
// turn takes, so at most one of each waits, on a channel. Consumers take
// positions in turn: the turn channel holds the next one, and is closed once
// the end has been taken.
type edge[T any] struct {
	mu     sync.Mutex // guards what follows
	ring   []slot[T]
	head   int64 // the position that is taken next
	tail   int64 // follows the last position that has been put
	bytes  int64 // of what stands in the ring
	held   int   // positions taken and not yet given back
	unread bool  // the reader has left before the end

	few    int // positions that may be under way whatever they hold
	filled chan struct{}
	freed  chan struct{}
	turn   chan int64
	spare  chan run[T]
	ledger *ledger
	from   *stage
	to     *stage
}

// slot is what stands at a position.
type slot[T any] struct {
	kind  slotKind
	rec   Record[T]
	bytes int64 // what the record is charged with
}

func (s *slot[T]) isValue() bool { return s.kind == slotRecord && s.rec.IsValue() }

type slotKind uint8

const (
	slotEmpty  slotKind = iota // not yet put
	slotRecord                 // a value, a tombstone or a mark
	slotHole                   // nothing: a stage has dropped the record
	slotEnd                    // no position follows
)

func newEdge[T any](depth int, fixed bool, from, to *stage) *edge[T] {
	e := &edge[T]{
		few:    depth,
		filled: make(chan struct{}, 1),
		freed:  make(chan struct{}, 1),
		turn:   make(chan int64, 1),
		spare:  make(chan run[T]),
		ledger: from.graph.ledger,
		from:   from,
		to:     to,
	}
	if !fixed {
		depth = max(depth, smallRoom)
	}
	e.ring = make([]slot[T], depth)
	e.turn <- 0
	return e
}

// room waits until position p may be put, and says how many positions from p
// on may: as many as the ring has for small records, few for others. It is 0
// when nobody reads the edge any more.
func (e *edge[T]) room(ctx context.Context, w *worker, p int64) (n int, err error) {
	err = w.until(ctx, stateBlocked, e.freed, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		most := e.few
		if e.bytes < runBytes {
			most = len(e.ring)
		}
		n = max(0, most-int(p-e.head))
		if e.unread {
			n = 0
		}
		return n > 0 || e.unread
	})
	return n, err
}

// put fills the positions from p on, for which there is room.
func (e *edge[T]) put(p int64, run []slot[T]) {
	_, bytes, _ := tally(run)
	e.mu.Lock()
	if e.unread {
		e.mu.Unlock()
		e.ledger.add(-bytes)
		return
	}
	n := copy(e.ring[p%int64(len(e.ring)):], run)
	copy(e.ring, run[n:])
	e.bytes += bytes
	e.tail = max(e.tail, p+int64(len(run)))
	next := p == e.head
	e.mu.Unlock()
	if next {
		signal(e.filled)
	}
}

// take waits until something stands at the next position, and takes what does
// from there on, up to most records. The caller holds the turn.
func (e *edge[T]) take(ctx context.Context, w *worker, into []slot[T], most int) ([]slot[T], error) {
	err := w.until(ctx, stateStarved, e.filled, func() bool {
		into = e.collect(into, most)
		return len(into) > 0
	})
	return into, err
}

// collect is take without waiting. The end is taken when all before it has been
// given back: until then workers with nothing to do stay for what others spare.
func (e *edge[T]) collect(into []slot[T], most int) []slot[T] {
	e.mu.Lock()
	var bytes int64
	at := int(e.head % int64(len(e.ring)))
	for len(into) < most {
		s := &e.ring[at]
		if s.kind == slotEmpty || s.kind == slotEnd && e.held+len(into) > 0 || len(into) > 0 && bytes+s.bytes > runBytes {
			break
		}
		bytes += s.bytes
		into = append(into, *s)
		*s = slot[T]{}
		if at++; at == len(e.ring) {
			at = 0
		}
	}
	e.bytes -= bytes
	e.head += int64(len(into))
	e.held += len(into)
	e.mu.Unlock()
	if len(into) > 0 {
		signal(e.freed)
		e.ledger.wake()
	}
	return into
}

// giveBack says that the consumer is done with what it has taken, so that its
// bytes count no more, and forgets the values.
func (e *edge[T]) giveBack(run []slot[T]) {
	_, bytes, _ := tally(run)
	e.mu.Lock()
	e.held -= len(run)
	last := e.held == 0 && e.ring[e.head%int64(len(e.ring))].kind == slotEnd
	e.mu.Unlock()
	if last {
		signal(e.filled)
	}
	clear(run)
	e.ledger.add(-bytes)
	e.ledger.wake()
}

// wants says that the consumer waits for position p and has nothing else.
func (e *edge[T]) wants(p int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.head == p && e.held == 0 || e.unread
}

// passed says that nothing is under way from here on.
func (e *edge[T]) passed() bool {
	e.mu.Lock()
	passed := e.head == e.tail && e.held == 0 || e.unread
	e.mu.Unlock()
	return passed && e.to.passedOn()
}

// abandon tells the producer that nobody will read what still comes, and gives
// back the bytes of what stands unread.
func (e *edge[T]) abandon() {
	e.mu.Lock()
	bytes := e.bytes
	clear(e.ring)
	e.bytes, e.unread = 0, true
	e.mu.Unlock()
	signal(e.freed)
	e.ledger.add(-bytes)
	e.ledger.wake()
}

// signal wakes whoever waits for c, which has room for one signal. One that
// nobody waits for is kept: those who wait look again what there is.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// edgeInfo is an edge whose type does not matter.
type edgeInfo interface {
	passed() bool
	source() *stage
	sink() *stage
	depth() (queued, capacity int)
	abandon()
}

func (e *edge[T]) source() *stage { return e.from }
func (e *edge[T]) sink() *stage   { return e.to }

func (e *edge[T]) depth() (queued, capacity int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return int(e.tail - e.head), len(e.ring)
}
