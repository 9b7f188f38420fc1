package flow

import (
	"context"
	"errors"
	"slices"
)

// Resume is where an earlier run of the same flow stopped: how many passes
// over the data it completed, how far it came in the next one, and what its
// stages had come to.
type Resume struct {
	Epochs  int              // complete ones: sources begin with this epoch
	Records map[string]int64 // by source: records of that epoch that are done with, and are passed by
	State   any              // of the stage that can go on; it knows the type
}

// OnResume is how a stage that can go on takes part in ResumeFrom, while the
// graph is built: it refuses a state that is not its own, and says in Records
// what its sources need not yield again.
func (g *Graph) OnResume(accept func(*Resume) error) { g.resumers = append(g.resumers, accept) }

// ResumeFrom tells the graph's stages where to go on. The sink that finds the
// state of an earlier run calls it while the graph is built; the stages it
// reads from have been added by then, and any of them may refuse.
func (g *Graph) ResumeFrom(r Resume) error {
	var faults []error
	for _, accept := range g.resumers {
		faults = append(faults, accept(&r))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	g.resume = r
	return nil
}

// Resume is what stages read, once the graph runs, to go on from there. It is
// zero for a run that begins at the beginning.
func (g *Graph) Resume() Resume { return g.resume }

// Leave is called by a stage that is cut short, at most one in a graph, with
// the state a later run can go on from.
func (g *Graph) Leave(state any) { g.left = state }

// Left is what a stage that was cut short has left, or nil. Sinks may ask when
// they are committed or aborted; by then all stages have ended.
func (g *Graph) Left() any { return g.left }

// OnSaved has a function called whenever a sink has saved what a later run can go on
// from: what it returns is an error of that sink.
func (g *Graph) OnSaved(f func(context.Context) error) { g.saved = f }

// Saved is called by a sink that has saved such a thing, and by one that has removed it.
func (g *Graph) Saved(ctx context.Context) error {
	if g.saved == nil {
		return nil
	}
	return g.saved(ctx)
}

// Sources names the sources that an output comes from, however far up.
func (out Out[T]) Sources() []string {
	var names []string
	for _, st := range slices.Backward(out.outlet.stage.upstream()) {
		if len(st.inputs) == 0 {
			names = append(names, st.name)
		}
	}
	return names
}
