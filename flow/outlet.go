package flow

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
)

// Out is the output of a stage: where the next stage is wired on. Several
// stages may read one output; each gets every record, and must not change the
// values it is given.
type Out[T any] struct {
	outlet *outlet[T]
}

// ElemType is the T.
func (Out[T]) ElemType() reflect.Type { return reflect.TypeFor[T]() }

// Readers is how many stages read the output, once the graph is wired. If it is
// one, that stage has the values for itself.
func (o Out[T]) Readers() int { return o.outlet.readers() }

// errUnread ends a stage whose output nobody reads any more. It is no fault.
var errUnread = errors.New("nobody reads this output any more")

// outlet puts what a stage yields on all of its edges.
type outlet[T any] struct {
	stage *stage
	edges []*edge[T]
	size  atomic.Int64 // bytes of the last value put; 0 before the first
}

func newOutlet[T any](st *stage) *outlet[T] {
	o := &outlet[T]{stage: st}
	st.outputs = append(st.outputs, o)
	return o
}

// connect adds an edge to a reading stage.
func (out Out[T]) connect(to *stage) *edge[T] {
	from := out.outlet.stage
	depth := to.queue
	if depth == 0 {
		depth = from.graph.queueDepth(from, to)
	}
	e := newEdge[T](depth, from.graph.ledger, from.name, to.name)
	out.outlet.edges = append(out.outlet.edges, e)
	to.inputs = append(to.inputs, e)
	to.onLetters = to.onLetters || from.onLetters
	return e
}

// lane is the right to put one position on every edge that is still read.
type lane[T any] struct {
	edges []*edge[T]
}

// credit takes a credit on every edge. It returns errUnread when all readers
// have left.
func (o *outlet[T]) credit(ctx context.Context, w *worker) (lane[T], error) {
	if len(o.edges) == 1 { // the usual case needs no slice of its own
		ok, err := o.edges[0].credit(ctx, w)
		if err == nil && !ok {
			err = errUnread
		}
		return lane[T]{o.edges}, err
	}
	var l lane[T]
	for _, e := range o.edges {
		ok, err := e.credit(ctx, w)
		if err != nil {
			return l, err
		}
		if ok {
			l.edges = append(l.edges, e)
		}
	}
	if l.edges == nil {
		return l, errUnread
	}
	return l, nil
}

// reserve charges the ledger with bytes for position p on every edge.
func (l lane[T]) reserve(ctx context.Context, w *worker, p, bytes int64) error {
	urgent := func() bool {
		for _, e := range l.edges {
			if e.wants(p) {
				return true
			}
		}
		return false
	}
	return l.edges[0].ledger.reserve(ctx, w, bytes*int64(len(l.edges)), urgent)
}

// put fills position p on every edge, after reserve was granted for it.
func (l lane[T]) put(p int64, s slot[T], reserved int64) {
	l.edges[0].ledger.add((s.bytes - reserved) * int64(len(l.edges)))
	for _, e := range l.edges {
		e.put(p, s)
	}
}

// release hands an unused reservation back.
func (l lane[T]) release(reserved int64) {
	l.edges[0].ledger.add(-reserved * int64(len(l.edges)))
}

// expected is what the next value will probably hold: what the last one did,
// or before there is one, what it is made from.
func (o *outlet[T]) expected(input int64) int64 {
	if n := o.size.Load(); n > 0 {
		return n
	}
	return input
}

// measure counts a value that the stage yields, and gives its bytes.
func (o *outlet[T]) measure(v T) int64 {
	n := sizeOf(v)
	o.size.Store(n)
	o.stage.out.Add(1)
	o.stage.bytes.Add(n)
	return n
}

// readers is how many stages read reads the output.
func (o *outlet[T]) readers() int { return len(o.edges) }

type anyOutlet interface{ readers() int }
