package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Sink is where records end. Its outputs are atomic: nothing that a reader
// could take for complete may be visible before it is.
//
// Open comes first, once, before any source starts. Then Write for each value,
// in order and one at a time, or at random and at once for a sink stage with
// several workers. Then one of Commit and Abort: Commit only when the whole run
// went well. A closed input never means "complete" by itself. A sink whose Open
// failed is neither committed nor aborted.
type Sink[T any] interface {
	Open(ctx context.Context) error
	Write(ctx context.Context, r Record[T]) error
	Commit(ctx context.Context) error
	Abort() error
}

// Completer is a sink that knows what earlier runs have completed. Sources
// ask it, by Emitter.Complete, before they yield a record.
type Completer interface {
	Complete(key string) bool
}

// To adds a sink that is written to in order, one record at a time. An error
// from Write ends the run, but for one marked OfRecord, which is the record's
// alone.
func To[T any](in Out[T], s Stage, sink Sink[T]) { addSink(in, s, sink, false) }

// ToParallel adds a sink that is written to by as many workers at once as the
// tuner, or s, decides, in no order.
func ToParallel[T any](in Out[T], s Stage, sink Sink[T]) { addSink(in, s, sink, true) }

func addSink[T any](in Out[T], s Stage, sink Sink[T], parallel bool) {
	st := in.graph(s.Name).add(s, KindSink, parallel)
	d := &drain[T]{in: in.connect(st), sink: sink}
	st.work, st.sink = d.work, sink
}

type committer interface {
	Open(ctx context.Context) error
	Commit(ctx context.Context) error
	Abort() error
}

type drain[T any] struct {
	in   *edge[T]
	sink Sink[T]
}

func (d *drain[T]) work(ctx context.Context, w *worker) error {
	return d.in.serve(ctx, w, noResults, d.writes)
}

// writes writes records until all are done, or it takes long.
func (d *drain[T]) writes(ctx context.Context, w *worker, r run[T]) (int, error) {
	start := ticks()
	defer func() { w.clock.worked.Add(ticks() - start) }()
	for i := range r.slots {
		if ctx.Err() != nil {
			return i, context.Cause(ctx)
		}
		if err := d.write(ctx, w.stage, &r.slots[i]); err != nil {
			return i, err
		}
		if overdue(i, start) {
			return i + 1, nil
		}
	}
	return len(r.slots), nil
}

func (d *drain[T]) write(ctx context.Context, st *stage, s *slot[T]) error {
	if !s.isValue() {
		return nil
	}
	st.in.Add(1)
	err := d.call(ctx, s.rec)
	if err == nil {
		st.out.Add(1)
		st.bytes.Add(s.bytes - smallValue)
		return nil
	}
	_, err = st.fault(ctx, s.rec.Seq, s.rec.Key, err, true)
	return err
}

func (d *drain[T]) call(ctx context.Context, r Record[T]) (err error) {
	defer catch(&err)
	return d.sink.Write(ctx, r)
}

// open opens all sinks, and gives those that did open.
func (g *Graph) open(ctx context.Context) (opened []*stage, err error) {
	for _, st := range g.stages {
		if st.sink == nil {
			continue
		}
		if err := st.sink.Open(ctx); err != nil {
			return opened, &StageError{Stage: st.name, Err: err}
		}
		opened = append(opened, st)
	}
	return opened, nil
}

// close commits the sinks of a run without a cause, in the order they were
// added; from the first that fails on, and with a cause, it aborts them.
func (g *Graph) close(opened []*stage) {
	for _, st := range opened {
		if g.cause == nil {
			if err := st.sink.Commit(context.Background()); err != nil {
				g.cause = &StageError{Stage: st.name, Err: fmt.Errorf("commit: %w", err)}
			}
			continue
		}
		if err := st.sink.Abort(); err != nil {
			g.cause = errors.Join(g.cause, &StageError{Stage: st.name, Err: fmt.Errorf("abort: %w", err)})
		}
	}
}

// complete says whether all sinks behind a source that can tell hold the key.
func (g *Graph) complete(source *stage, key string) bool {
	completers := g.completersOf(source)
	for _, behind := range completers {
		if behind.op != "" {
			if complete, err := g.completeSeveral(source, behind.op, key, nil, behind.sinks); err != nil || !complete {
				return false
			}
			continue
		}
		for _, c := range behind.sinks {
			if !c.Complete(key) {
				return false
			}
		}
	}
	g.forget(completers, key)
	return len(completers) > 0
}

// completers are sinks that can tell what is complete, behind an op that makes
// several records of one; "": behind none.
type completers struct {
	op    string
	sinks []Completer
}

// completersOf are the sinks behind a source that can tell what is complete.
func (g *Graph) completersOf(source *stage) []completers {
	if source.completers == nil {
		source.completers = []completers{}
		for _, st := range g.stages {
			up := st.upstream()
			if c, ok := st.sink.(Completer); ok && slices.Contains(up, source) {
				source.addCompleter(g.severalBetween(source, up), c)
			}
		}
	}
	return source.completers
}

// severalBetween is the op among stages, behind the source, that makes several
// records of one.
func (g *Graph) severalBetween(source *stage, among []*stage) string {
	for _, st := range among {
		if g.several[st.name] != nil && slices.Contains(st.upstream(), source) {
			return st.name
		}
	}
	return ""
}

func (st *stage) addCompleter(op string, c Completer) {
	at := slices.IndexFunc(st.completers, func(c completers) bool { return c.op == op })
	if at < 0 {
		at = len(st.completers)
		st.completers = append(st.completers, completers{op: op})
	}
	st.completers[at].sinks = append(st.completers[at].sinks, c)
}

// Locker is a sink that must have its output to itself. Lock comes before any
// sink of the graph is opened, so that a run that is refused has touched
// nothing; unlock comes after all sinks are committed or aborted.
type Locker interface {
	Lock() (unlock func() error, err error)
}

// LockAll locks one after the other, and unlocks what it has when one refuses.
func LockAll(locks ...func() (unlock func() error, err error)) (unlock func() error, err error) {
	var held []func() error
	unlock = func() error {
		var faults []error
		for _, each := range slices.Backward(held) { // a folder goes after those that were made in it
			faults = append(faults, each())
		}
		return errors.Join(faults...)
	}
	for _, lock := range locks {
		each, err := lock()
		if err != nil {
			return nil, errors.Join(err, unlock())
		}
		held = append(held, each)
	}
	return unlock, nil
}

// lock locks the outputs of all sinks.
func (g *Graph) lock() (unlock func() error, err error) {
	var locks []func() (func() error, error)
	for _, st := range g.stages {
		l, ok := st.sink.(Locker)
		if !ok {
			continue
		}
		locks = append(locks, func() (func() error, error) {
			unlock, err := l.Lock()
			if err != nil {
				return nil, &StageError{Stage: st.name, Err: err}
			}
			return unlock, nil
		})
	}
	return LockAll(locks...)
}
