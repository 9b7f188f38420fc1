package flow

import (
	"context"
	"iter"
	"slices"
)

// Origin is what a source will make a record from, as far as it can be told
// before the record is yielded.
type Origin interface {
	// Shortcut is a number that changes when the inputs may have changed, and
	// costs no reading: of sizes and times. 0 says that there is none.
	Shortcut() uint64
	// Digest is that of the inputs' contents, never 0; it may have to read them.
	Digest() (uint64, error)
}

// OriginCompleter is a Completer that knows what its results were made from:
// a result counts as complete only while that is still the same. An error ends
// the run: the flow does not want changed inputs.
type OriginCompleter interface {
	CompleteFrom(key string, from Origin) (bool, error)
}

// CompleteFrom is Complete for a record whose origin the source can tell. What
// it returns as an error is to be returned as it is.
func (e *Emitter[T]) CompleteFrom(key string, from Origin) (bool, error) {
	st := e.worker.stage
	if e.seq >= e.passed {
		complete, err := st.graph.completeFrom(st, key, from)
		if err != nil || !complete {
			return false, err
		}
	}
	e.seq++
	st.complete.Add(1)
	return true, nil
}

// AsksOrigins says whether CompleteFrom will ask what records are made from, so
// that a source with many may find that out ahead.
func (e *Emitter[T]) AsksOrigins() bool {
	st := e.worker.stage
	for _, behind := range st.graph.completersOf(st) {
		if slices.ContainsFunc(behind.sinks, func(c Completer) bool {
			_, asks := c.(OriginCompleter)
			return asks
		}) {
			return true
		}
	}
	return false
}

// completeFrom asks every sink behind a source, also those after one that says
// no: each is told what it will be given.
func (g *Graph) completeFrom(source *stage, key string, from Origin) (bool, error) {
	completers := g.completersOf(source)
	all := len(completers) > 0
	for _, c := range completers {
		var complete bool
		var err error
		if c.op == "" {
			complete, err = g.askAll(source, key, from, c.sinks)
		} else {
			complete, err = g.completeSeveral(source, c.op, key, from, c.sinks)
		}
		if err != nil {
			return false, err
		}
		all = all && complete
	}
	if all {
		g.forget(completers, key)
	}
	return all, nil
}

// forget drops what is held of a record that is not yielded.
func (g *Graph) forget(completers []completers, key string) {
	for _, c := range completers {
		if c.op != "" {
			g.Held(c.op, key)
		}
	}
}

// askAll asks some sinks about one key.
func (g *Graph) askAll(source *stage, key string, from Origin, completers []Completer) (bool, error) {
	all := true
	for _, c := range completers {
		complete := false
		if o, ok := c.(OriginCompleter); ok {
			var err error
			if complete, err = o.CompleteFrom(key, from); err != nil {
				return false, &StageError{Stage: source.name, Key: key, Err: Fatal(err)}
			}
		} else {
			complete = c.Complete(key)
		}
		all = all && complete
	}
	return all, nil
}

// Several tells which records an op will make of one, and what they are made from:
// of what the source knows of the one, from (nil: nothing), and what the op reads
// besides.
type Several func(ctx context.Context, key string, from Origin) (keys []string, each Origin, err error)

// OnSeveral is how an op that makes several records of one tells that, while the
// graph is built. Sinks behind it know what they hold by the keys of the several,
// and are asked for these before the one is yielded; where they hold all, it is
// passed by. An error of tell leaves the record to the op, which fails it.
func (g *Graph) OnSeveral(op string, tell Several) {
	if g.several == nil {
		g.several = map[string]Several{}
	}
	g.several[op] = tell
}

// Held are the keys of those records an op makes of one that every sink behind it
// holds already, so that it need not make them. It tells of a record once.
func (g *Graph) Held(op, key string) map[string]bool {
	held, _ := g.held.LoadAndDelete(op + "\x00" + key)
	keys, _ := held.(map[string]bool)
	return keys
}

// completeSeveral is completeFrom for the sinks behind an op that makes several
// records of one.
func (g *Graph) completeSeveral(source *stage, op, key string, from Origin, completers []Completer) (bool, error) {
	keys, each, err := g.several[op](context.Background(), key, from)
	if err != nil || len(keys) == 0 {
		return false, nil
	}
	held := map[string]bool{}
	for _, k := range keys {
		complete, err := g.askAll(source, k, each, completers)
		if err != nil {
			return false, err
		}
		if complete {
			held[k] = true
		}
	}
	if len(held) > 0 {
		g.held.Store(op+"\x00"+key, held)
	}
	return len(held) == len(keys), nil
}

// OnOrigins is how a source that knows all its records before it runs says so,
// while the graph is built: for sinks whose one result is made from all of them.
func (g *Graph) OnOrigins(source string, list iter.Seq2[string, Origin]) {
	if g.origins == nil {
		g.origins = map[string]iter.Seq2[string, Origin]{}
	}
	g.origins[source] = list
}

// Origins are the keys and origins of the sources that have told them, of those
// named, source after source. A sink may ask when it is opened; Out.Sources
// names the sources it is behind.
func (g *Graph) Origins(sources []string) iter.Seq2[string, Origin] {
	return func(yield func(string, Origin) bool) {
		for _, name := range sources {
			list := g.origins[name]
			if list == nil {
				continue
			}
			for key, from := range list {
				if !yield(key, from) {
					return
				}
			}
		}
	}
}

// StaleTeller is a Completer whose results may be there and yet have to be made
// again.
type StaleTeller interface {
	Stale(key string) bool
}

// Stale says whether a sink behind the source holds a result of this key that
// is to be made again, so that nothing that an earlier run has left of it may
// be used.
func (e *Emitter[T]) Stale(key string) bool {
	st := e.worker.stage
	for _, behind := range st.graph.completersOf(st) {
		for _, c := range behind.sinks {
			if s, ok := c.(StaleTeller); ok && s.Stale(key) {
				return true
			}
		}
	}
	return false
}

// Cut is how a source whose records are all known before it runs can yield some
// of them alone, so that several machines share the work: what a unit is made of.
type Cut struct {
	// Names are what the source calls its records, in their order, each once.
	Names func(context.Context) ([]string, error)

	// Take makes the source yield the records of these names and no others, in
	// this order, the first as number first. A name that there is no record of any
	// more is a record that fails. It is called before Run.
	Take func(first int64, names []string)

	// Origin is what a record will be made from, nil where that is not known before
	// it is got, and the key it will have; whole says that nothing is lacking of it. It
	// may be nil.
	Origin func(name string) (key string, from Origin, whole bool)

	// Raw is what a record comes to in bytes once it is decoded, as far as a look at
	// some of them tells; 0: that is not known. It may be nil.
	Raw func() int64
}

// Taken are those of all that have one of the names, in the order of the names.
// For a name that none has any more, gone makes one.
func Taken[T any](all []T, names []string, nameOf func(T) string, gone func(name string) T) []T {
	at := make(map[string]int, len(names))
	taken := make([]T, len(names))
	for i, name := range names {
		at[name], taken[i] = i, gone(name)
	}
	for _, v := range all {
		if i, wanted := at[nameOf(v)]; wanted {
			taken[i] = v
		}
	}
	return taken
}

// OnCut is how a source says, while the graph is built, that it can be cut.
func (g *Graph) OnCut(source string, c *Cut) {
	if g.cuts == nil {
		g.cuts = map[string]*Cut{}
	}
	g.cuts[source] = c
}

// Cut is how a source can be cut; nil: it cannot.
func (g *Graph) Cut(source string) *Cut { return g.cuts[source] }

// Refuse lets records of the source fail where they come from, by number, as
// those that have killed whoever worked on them. It is called before Run.
func (g *Graph) Refuse(records map[int64]error) { g.refused = records }
