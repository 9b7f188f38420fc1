package flow

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
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

// graph is the one that the output is of. A stage by this name is to read it.
func (o Out[T]) graph(reader string) *Graph {
	if o.outlet == nil {
		panic(fmt.Sprintf("flow: stage %q is to read a zero Out, which is no stage's output", reader))
	}
	return o.outlet.stage.graph
}

// errUnread ends a stage whose output nobody reads any more. It is no fault.
var errUnread = errors.New("nobody reads this output any more")

// outlet puts what a stage yields on all of its edges.
type outlet[T any] struct {
	stage   *stage
	edges   []*edge[T]
	measure func(*T) int64 // the bytes of a value
	size    atomic.Int64   // bytes of the last value put; 0 before the first
}

func newOutlet[T any](st *stage) *outlet[T] {
	o := &outlet[T]{stage: st, measure: measureOf[T]()}
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
	e := newEdge[T](depth, to.queue > 0, from, to)
	out.outlet.edges = append(out.outlet.edges, e)
	from.readers = append(from.readers, e)
	to.inputs = append(to.inputs, e)
	to.onLetters = to.onLetters || from.onLetters
	return e
}

// room waits until position p may be put on every edge that is still read, and
// says how many positions from p on may, of values as large as the last. It
// returns errUnread when all readers have left.
func (o *outlet[T]) room(ctx context.Context, w *worker, p int64) (int, error) {
	least := 0
	for _, e := range o.edges {
		n, err := e.room(ctx, w, p)
		if err != nil {
			return 0, err
		}
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	if least == 0 {
		return 0, errUnread
	}
	return min(least, int(max(1, runBytes/max(1, o.size.Load())))), nil
}

// charge books bytes on every edge if there is room for them now.
func (o *outlet[T]) charge(bytes int64) bool {
	return o.stage.graph.ledger.charge(bytes * int64(len(o.edges)))
}

// reserve is charge that waits: until the bytes fit, or position p is urgent.
func (o *outlet[T]) reserve(ctx context.Context, w *worker, p, bytes int64) error {
	if o.charge(bytes) {
		return nil
	}
	urgent := func() bool {
		if o.stage.joins {
			return slices.ContainsFunc(o.edges, func(e *edge[T]) bool { return e.wants(p) })
		}
		return !slices.ContainsFunc(o.edges, func(e *edge[T]) bool { return !e.wants(p) || !e.to.passedOn() })
	}
	return o.stage.graph.ledger.reserve(ctx, w, bytes*int64(len(o.edges)), urgent)
}

// clear waits for the collector, if need be, before a charge is spent.
func (o *outlet[T]) clear(bytes int64) { o.stage.graph.ledger.clear(bytes * int64(len(o.edges))) }

// settle corrects a charge by what records turned out to hold.
func (o *outlet[T]) settle(bytes int64) { o.stage.graph.ledger.add(bytes * int64(len(o.edges))) }

// put fills the positions from p on, for which there is room and a charge.
func (o *outlet[T]) put(p int64, run []slot[T]) {
	if o.stage.looks.any.Load() {
		o.show(run)
	}
	for _, e := range o.edges {
		e.put(p, run)
	}
}

// count books n values that the stage yields, and what they and the last of
// them hold.
func (o *outlet[T]) count(n int, bytes, last int64) {
	if n == 0 {
		return
	}
	o.size.Store(last)
	o.stage.out.Add(int64(n))
	o.stage.bytes.Add(bytes)
}

// readers is how many stages read the output.
func (o *outlet[T]) readers() int { return len(o.edges) }

func (o *outlet[T]) elem() reflect.Type { return reflect.TypeFor[T]() }

type anyOutlet interface {
	readers() int
	elem() reflect.Type
}

// looks are who wants to see what a stage yields.
type looks struct {
	any  atomic.Bool // there are some
	mu   sync.Mutex
	list []func(key string, value any) bool
}

// Look shows the values that a stage yields to look, one at a time, until it
// returns false: before any reader has them, so that it holds up the stage for as
// long as it takes and must keep nothing of a value but copies. It may be called
// at any time, from anywhere. A stage that nobody looks at pays for it with one
// load of memory a run of records.
func (g *Graph) Look(stage string, look func(key string, value any) bool) {
	for _, st := range g.stages {
		if st.name == stage {
			st.looks.mu.Lock()
			st.looks.list = append(st.looks.list, look)
			st.looks.any.Store(true)
			st.looks.mu.Unlock()
		}
	}
}

// Yields is the type of the values that a stage yields; nil of one that yields none.
func (g *Graph) Yields(stage string) reflect.Type {
	for _, st := range g.stages {
		if st.name == stage && len(st.outputs) > 0 {
			return st.outputs[0].elem()
		}
	}
	return nil
}

// show shows values to those who look.
func (o *outlet[T]) show(run []slot[T]) {
	l := &o.stage.looks
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range run {
		if run[i].isValue() && len(l.list) > 0 {
			l.list = slices.DeleteFunc(l.list, func(look func(string, any) bool) bool { return !look(run[i].rec.Key, run[i].rec.Value) })
		}
	}
	l.any.Store(len(l.list) > 0)
}

// Tell leaves word of what an output will yield, while the graph is built: how
// many records a pass has, what they are made from. The engine makes nothing of
// it; stages further down ask with Told, so that what cannot go well is refused
// before there is any work.
func (out Out[T]) Tell(word any) {
	g := out.outlet.stage.graph
	if g.told == nil {
		g.told = map[string][]any{}
	}
	name := out.outlet.stage.name
	g.told[name] = append(g.told[name], word)
}

// Told lists the words of type V that were left on the way to an output, by the
// stage that yields it and by all it reads from; the nearest come first.
func Told[V, T any](out Out[T]) []V {
	var list []V
	for _, st := range out.outlet.stage.upstream() {
		for _, word := range st.graph.told[st.name] {
			if v, ok := word.(V); ok {
				list = append(list, v)
			}
		}
	}
	return list
}

// upstream are the stage and those it reads from, however indirectly, each
// before those that it reads.
func (st *stage) upstream() []*stage {
	wanted := map[*stage]bool{st: true}
	var list []*stage
	for _, from := range slices.Backward(st.graph.stages) { // a stage is added after those it reads
		if !wanted[from] {
			continue
		}
		list = append(list, from)
		for _, in := range from.inputs {
			wanted[in.source()] = true
		}
	}
	return list
}
