package units

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// Flow is a flow that can be cut into units. It is not safe for concurrent use.
type Flow struct {
	Unit int // records of a unit

	// Noted, where set, is told what nodes have to say while they are not at work.
	Noted func(stage, text string)

	plan     *lang.Plan
	opts     flow.Options
	version  string // of the program
	computes string // what the last bits of its results depend on; empty: nothing
	source   lang.Node
	sinks    []sink // in the order of the plan

	about func(key string) string // see abouts; nil: it is not known yet

	chain   chain
	names   map[string][]entry // of the plans, by digest
	entries map[*Plan][]entry  // of the chain as it was read last: see entriesOf
}

// sink is one of the flow's sinks.
type sink struct {
	lang.Node
	home   string // of its result
	folder string // of its units
}

// NotCutError says why a flow cannot be cut into units.
type NotCutError struct {
	Name    string
	Reasons []string
	NoUnit  bool // all that is lacking is a unit in the run block
}

func (e *NotCutError) Error() string {
	return fmt.Sprintf("%s cannot be cut into units: %s", e.Name, strings.Join(e.Reasons, "; "))
}

// Of is the flow of a plan, if it can be cut: one source, ops that work record by
// record, sinks that publish by unit. Else the error is a NotCutError. Whether the
// source knows its records is for Known to say. version is the program's, for the
// record.
func Of(plan *lang.Plan, opts flow.Options, version string) (*Flow, error) {
	f := &Flow{Unit: plan.Unit(), plan: plan, opts: opts, version: version, names: map[string][]entry{}}
	var reasons []string
	no := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	switch {
	case len(plan.Steps) > 0:
		no("it is made of steps, each of which is a flow by itself")
		return nil, &NotCutError{Name: plan.Name, Reasons: reasons}
	case f.Unit == 0:
		no("its run block gives no unit, such as unit = 1000, the records of one")
	}
	sources := 0
	var computes []string
	for _, n := range plan.Nodes {
		if n.Spec.Computes != nil {
			kind, err := n.Spec.Computes(n.Args)
			if err != nil {
				return nil, fmt.Errorf("%s %q: %w", n.Spec.Title(), n.Name, err)
			}
			computes = append(computes, kind)
		}
		switch n.Spec.Kind {
		case flow.KindSource:
			sources++
			f.source = n
		case flow.KindOp:
			switch {
			case n.Spec.Several:
				no("%s %q makes several records of one, and units are of the source's records", n.Spec.Title(), n.Name)
			case !n.Spec.Alone && !n.Spec.Parallel:
				no("%s %q does not work record by record", n.Spec.Title(), n.Name)
			}
			if n.Spec.Groups != nil && f.Unit > 0 && f.Unit%max(1, n.Spec.Groups(n.Args)) != 0 {
				no("%s %q takes %d records together, and a unit of %d is no multiple of that", n.Spec.Title(), n.Name, n.Spec.Groups(n.Args), f.Unit)
			}
		case flow.KindSink:
			if n.Spec.ByUnit == nil {
				no("%s %q does not publish by unit", n.Spec.Title(), n.Name)
				continue
			}
			f.sinks = append(f.sinks, newSink(n))
		}
	}
	f.computes = strings.Join(computes, "; ")
	if sources != 1 {
		no("it has %d sources", sources)
	}
	if len(f.sinks) > 0 && len(f.private()) == 0 {
		no("no sink of it publishes by unit")
	}
	if len(reasons) > 0 {
		return nil, &NotCutError{plan.Name, reasons, f.Unit == 0 && len(reasons) == 1}
	}
	return f, nil
}

func newSink(n lang.Node) sink {
	home, folder := n.Spec.ByUnit.Home(n.Args)
	if !folder && !place.Remote(home) {
		home = atomicfile.Target(filepath.Clean(home))
	}
	return sink{n, home, place.Join(provenance.DirOf(home, folder), provenance.UnitsName)}
}

// Known says, by a NotCutError, that the source cannot be cut after all: it reads
// a stream, say. It looks into the source's inputs.
func (f *Flow) Known() error {
	if _, err := f.cut(f.graph()); errors.Is(err, errNotKnown) {
		return &NotCutError{Name: f.plan.Name, Reasons: []string{err.Error()}}
	}
	return nil // other faults are the run's to tell
}

var errNotKnown = errors.New("does not know its records before it has read them")

// cut builds the flow's source alone.
func (f *Flow) cut(g *flow.Graph) (*flow.Cut, error) {
	if _, err := f.source.Spec.Build(f.plan.Node(g, f.source)); err != nil {
		return nil, err
	}
	if c := g.Cut(f.source.Name); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("%s %q %w", f.source.Spec.Title(), f.source.Name, errNotKnown)
}

// private are the sinks that each unit has for itself.
func (f *Flow) private() (list []sink) {
	for _, s := range f.sinks {
		if s.Spec.ByUnit.Private != nil {
			list = append(list, s)
		}
	}
	return list
}

// folder is where the plan and the records are.
func (f *Flow) folder() folder { return folder(f.private()[0].folder) }

// Dir is the result whose units these are, as people call it.
func (f *Flow) Dir() string { return place.Shown(f.private()[0].home) }

// graph is one that does not run.
func (f *Flow) graph() *flow.Graph {
	g := flow.New(f.opts)
	g.Notify(flow.Events{Noted: f.Noted})
	return g
}

// Planned says whether there is a plan already.
func (f *Flow) Planned() bool {
	there, err := place.Exists(context.Background(), f.folder().path(planName(0)))
	return err == nil && there
}

// Remote says that results are in a store, so that the flow is done by units in any
// case: nothing else can be put there.
func (f *Flow) Remote() bool {
	return slices.ContainsFunc(f.sinks, func(s sink) bool { return place.Remote(s.home) })
}

// Shows says that a run on one machine has to cut as well, since the result
// shows it, and there is nothing yet of a result that was cut otherwise.
func (f *Flow) Shows() bool {
	shows := false
	for _, s := range f.private() {
		if s.Spec.ByUnit.Shows {
			if !s.Spec.ByUnit.Fresh(s.Args) {
				return false
			}
			shows = true
		}
	}
	return shows
}

// recipe is what results of the flow follow from, beside their own records and
// what components have about each.
func (f *Flow) recipe(ctx context.Context) (*provenance.Made, error) {
	values, files := f.plan.RunValues(), map[string][]string{}
	byRecord := map[string]bool{f.source.Spec.Name: true}
	for _, n := range f.plan.Nodes {
		if n.Spec.About != nil {
			byRecord[n.Spec.Name] = true
		}
	}
	g := f.graph()
	for _, s := range f.private() {
		r := f.plan.Node(g, s.Node).Recipe()
		for name, v := range r.Values {
			values[name] = v
		}
		for name, paths := range r.Files {
			if node, _, _ := strings.Cut(name, "."); !byRecord[strings.Split(node, "#")[0]] {
				files[name] = paths
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	return provenance.New(values, files)
}

// abouts are what components have of their own about records.
func (f *Flow) abouts() (func(key string) string, error) {
	if f.about != nil {
		return f.about, nil
	}
	var all []func(string) string
	g := f.graph()
	for _, n := range f.plan.Nodes {
		if n.Spec.About == nil {
			continue
		}
		about, err := n.Spec.About(f.plan.Node(g, n))
		if err != nil {
			return nil, &component.InputError{Err: fmt.Errorf("%s %q: %w", n.Spec.Title(), n.Name, err)}
		}
		all = append(all, about)
	}
	f.about = func(key string) string {
		var texts []string
		for _, about := range all {
			texts = append(texts, about(key))
		}
		return strings.Join(texts, " ")
	}
	return f.about, nil
}
