package units

import (
	"context"
	"fmt"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Open reads the plan of the flow, and makes it if there is none. One of another
// run is refused. A folder that is there and holds results that were cut
// otherwise is, too. Grow adds units for records that no plan names.
func (f *Flow) Open(ctx context.Context, grow bool) error {
	made, err := f.recipe(ctx)
	if err != nil {
		return err
	}
	fresh := newPlan(f.Unit, 0)
	fresh.Name, fresh.Flow = f.plan.Name, f.plan.Values()
	fresh.Values, fresh.Inputs, fresh.Computes = made.Values, made.Inputs, f.computes
	f.about = nil
	for {
		if f.chain, err = f.folder().plans(); err != nil {
			return err
		}
		f.entries = map[*Plan][]entry{}
		if len(f.chain) > 0 {
			if differences := fresh.Differences(f.chain[0]); len(differences) > 0 {
				return &OtherPlanError{f.Dir(), differences}
			}
			if !grow {
				return nil
			}
		}
		added, err := f.grow(ctx, fresh)
		if err != nil || !added {
			return err
		}
	}
}

// Units is how many units there are.
func (f *Flow) Units() int { return f.chain.units() }

// ID is the name of the run; empty while there is no plan.
func (f *Flow) ID() string {
	if len(f.chain) == 0 {
		return ""
	}
	return f.chain[0].ID()
}

// Current says whether the plans that were opened are still all of the folder's.
func (f *Flow) Current() (bool, error) {
	p, err := f.folder().plan(0)
	if err != nil || p == nil || len(f.chain) == 0 || p.ID() != f.chain[0].ID() {
		return false, err
	}
	next, err := f.folder().plan(len(f.chain))
	return err == nil && next == nil, err
}

// Suits refuses a machine whose results would differ from those of the plan.
func (f *Flow) Suits() error {
	for _, p := range f.chain {
		if p.Computes != f.computes {
			return &OtherMachineError{p.First, p.Computes, f.computes}
		}
	}
	return nil
}

// grow adds a plan of the records that no plan names, as the first plan too; it
// says whether there were any. Where another worker has added one at the same
// time, that one stands, and grow is to be called again.
func (f *Flow) grow(ctx context.Context, like *Plan) (bool, error) {
	known := map[string]bool{}
	for _, p := range f.chain {
		names, err := f.namesOf(p)
		if err != nil {
			return false, err
		}
		for _, e := range names {
			known[e.name] = true
		}
	}
	all, cut, err := f.list(ctx)
	if err != nil {
		return false, err
	}
	added := all[:0:0]
	for _, e := range all {
		if !known[e.name] {
			added = append(added, e)
		}
	}
	if len(added) == 0 && len(f.chain) > 0 {
		return false, nil
	}
	if err := f.mayCut(cut); err != nil {
		return false, err
	}
	if err := f.matches(all); err != nil {
		return false, err
	}
	return true, f.add(newPlan(f.Unit, len(added)), like, added)
}

// add writes a plan, of the flow of another, behind those there are.
func (f *Flow) add(p, like *Plan, names []entry) error {
	p.Name, p.Flow, p.Values, p.Inputs, p.Computes = like.Name, like.Flow, like.Values, like.Inputs, like.Computes
	return f.folder().add(f.chain, p, names)
}

// list asks the source for its records.
func (f *Flow) list(ctx context.Context) ([]entry, *flow.Cut, error) {
	cut, err := f.cut(f.graph())
	if err != nil {
		return nil, nil, err
	}
	names, err := cut.Names(ctx)
	if err == nil {
		err = checkNames(names)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.source.Name, err)
	}
	about, err := f.abouts()
	if err != nil {
		return nil, nil, err
	}
	all := make([]entry, len(names))
	for i, name := range names {
		all[i] = entry{name, about(name)}
	}
	return all, cut, nil
}

// mayCut asks the sinks whether their results can be of such units.
func (f *Flow) mayCut(cut *flow.Cut) error {
	for _, s := range f.private() {
		if b := s.Spec.ByUnit; len(f.chain) == 0 && b.Fresh != nil && !b.Fresh(s.Args) {
			return &component.InputError{Err: fmt.Errorf("%s: %s holds results of a run that was not by units; they keep their cut: run the flow without --unit, or choose another folder", s.Name, s.home)}
		}
	}
	return f.fits(cut)
}

// fits asks them whether units may be as large.
func (f *Flow) fits(cut *flow.Cut) error {
	raw := int64(0)
	if cut.Raw != nil {
		raw = cut.Raw()
	}
	for _, s := range f.private() {
		if b := s.Spec.ByUnit; b.Check != nil {
			if err := b.Check(s.Args, f.Unit, raw); err != nil {
				return &component.InputError{Err: fmt.Errorf("%s: %w", s.Name, err)}
			}
		}
	}
	return nil
}

// Fits says why units cannot be as large as the flow has them, as far as a look at
// its inputs tells.
func (f *Flow) Fits() error {
	cut, err := f.cut(f.graph())
	if err != nil {
		return nil // which the run tells
	}
	return f.fits(cut)
}

// matches lets nodes look at all records together.
func (f *Flow) matches(all []entry) error {
	keys := make([]string, len(all))
	for i, e := range all {
		keys[i] = e.name
	}
	for _, n := range f.plan.Nodes {
		if n.Spec.Matches == nil {
			continue
		}
		node := f.plan.Node(f.graph(), n)
		node.InUnit = false
		if err := n.Spec.Matches(node, keys); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return nil
}

// namesOf are the names of a plan's records, read once.
func (f *Flow) namesOf(p *Plan) ([]entry, error) {
	if names, known := f.names[p.Names]; known {
		return names, nil
	}
	names, err := f.folder().names(p)
	if err == nil {
		f.names[p.Names] = names
	}
	return names, err
}

// records are the names of a unit's records, and the number of the first.
func (f *Flow) records(unit int) (p *Plan, first int64, names []entry, err error) {
	if p = f.chain.of(unit); p == nil {
		return nil, 0, nil, fmt.Errorf("there is no unit %d", unit)
	}
	all, err := f.entriesOf(p)
	if err != nil {
		return nil, 0, nil, err
	}
	from, to := p.span(unit)
	return p, p.Record + int64(from), all[from:to], nil
}

// Status is which units are done and which are missing.
type Status struct {
	Units   int   `json:"units"`
	Done    []int `json:"done"`
	Missing []int `json:"missing"`
}

// Status looks at what is done.
func (f *Flow) Status() (Status, error) {
	done, err := f.folder().done()
	if err != nil {
		return Status{}, err
	}
	n := f.Units()
	return Status{Units: n, Done: sortedUnits(done, n), Missing: missing(n, done)}, nil
}
