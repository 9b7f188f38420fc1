package units

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// MissingError is that of a flow some of whose units are not done.
type MissingError struct{ Missing []int }

func (e *MissingError) Error() string {
	what := "units are"
	if len(e.Missing) == 1 {
		what = "unit is"
	}
	return fmt.Sprintf("%d %s missing: %s", len(e.Missing), what, Ranges(e.Missing))
}

// Finished is what a flow has come to.
type Finished struct {
	Units   int
	Records int
	Letters []flow.DeadLetter // of records that have not been mended since, in their order
}

// Finish joins what the units have left: indexes, tables, dead letters. It may be
// called again, at the same time too, and makes the same.
func (f *Flow) Finish(ctx context.Context) (*Finished, error) {
	status, err := f.Status()
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(status.Missing, func(unit int) bool { // a store may list late
		r, err := f.folder().record(unit)
		return err == nil && r != nil
	})
	if len(missing) > 0 {
		return nil, &MissingError{missing}
	}
	done := &Finished{Units: status.Units}
	mended, err := f.mended()
	if err != nil {
		return nil, err
	}
	parts := make([]map[string]string, status.Units) // by unit: the folders by sink
	for unit := range parts {
		r, err := f.folder().record(unit)
		if err != nil {
			return nil, err
		}
		if r == nil || r.Plan != f.chain.of(unit).ID() {
			return nil, fmt.Errorf("%s is not of this plan", f.folder().recordPath(unit))
		}
		letters, err := f.outstanding(r, mended)
		if err != nil {
			return nil, err
		}
		for _, l := range letters {
			done.Letters = append(done.Letters, l.letter())
		}
		parts[unit] = r.Parts
	}
	for _, p := range f.chain {
		if !p.Mended {
			done.Records += p.Records
		}
	}
	slices.SortStableFunc(done.Letters, func(a, b flow.DeadLetter) int { return cmp.Compare(a.Seq, b.Seq) })
	if err := f.fewErrors(done.Letters); err != nil {
		return nil, err
	}
	again, err := f.finishedBefore()
	if err != nil {
		return nil, err
	}
	g := f.graph()
	for _, s := range f.sinks {
		if s.Spec.ByUnit.Join == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		node := f.plan.Node(g, s.Node)
		node.InUnit = false
		j := &component.Joined{Parts: partsOf(s, parts), Again: again, Letters: done.Letters}
		if place.Remote(s.home) {
			err = f.joinInStore(ctx, s, node, j, parts)
		} else {
			err = s.Spec.ByUnit.Join(node, j)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return done, errors.Join(f.markFinished(), f.sweep(parts))
}

// fewErrors says that more records have failed, in all units, than the flow bears.
// A unit that has so many by itself fails by itself.
func (f *Flow) fewErrors(letters []flow.DeadLetter) error {
	failed := slices.DeleteFunc(slices.Clone(letters), func(l flow.DeadLetter) bool { return l.Skipped })
	if most := f.opts.MaxErrors; most > 0 && len(failed) > most {
		return fmt.Errorf("more than max_errors = %d records have failed: %d in all units, the first: %v; repair them and use run --retry-failed, or raise max_errors", most, len(failed), failed[0].String())
	}
	return nil
}

// finishedName is the file that has the run id of the last plan whose units were
// joined.
const finishedName = "finished"

func (f *Flow) finishedBefore() (bool, error) {
	b, err := place.Read(context.Background(), f.folder().path(finishedName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return string(b) == f.lastID(), err
}

func (f *Flow) markFinished() error {
	return place.Write(context.Background(), f.folder().path(finishedName), []byte(f.lastID()))
}

func (f *Flow) lastID() string { return f.chain[len(f.chain)-1].ID() }

// partsOf are the folders of a sink's units.
func partsOf(s sink, parts []map[string]string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for unit, of := range parts {
			if part := of[s.Name]; part != "" && !yield(unit, partDir(s, part)) {
				return
			}
		}
	}
}

// mended are the names of records that a later plan has taken up again, with the
// number of its first unit.
func (f *Flow) mended() (map[string]int, error) {
	taken := map[string]int{}
	for _, p := range f.chain {
		if !p.Mended {
			continue
		}
		names, err := f.namesOf(p)
		if err != nil {
			return nil, err
		}
		for _, e := range names {
			taken[e.name] = p.First
		}
	}
	return taken, nil
}

// outstanding are the letters of a unit whose records no later plan has taken up.
func (f *Flow) outstanding(r *Record, mended map[string]int) ([]Letter, error) {
	if len(r.Letters) == 0 || len(mended) == 0 {
		return r.Letters, nil
	}
	_, first, names, err := f.records(r.Unit)
	if err != nil {
		return nil, err
	}
	var list []Letter
	for _, l := range r.Letters {
		at := l.Record - first
		if at >= 0 && at < int64(len(names)) && mended[names[at].name] > r.Unit {
			continue
		}
		list = append(list, l)
	}
	return list, nil
}

// Outcome is what a run of all units has come to: what its graphs did, and what
// was done before; of records that failed, all that have not been mended.
func (f *Flow) Outcome(did flow.Stats, done *Finished) flow.Stats {
	if did.Flow == "" { // there was nothing to do
		did.Flow, did.Stages = f.plan.Name, []flow.StageStats{{Name: f.source.Name, Kind: flow.KindSource}}
	}
	did.Failed, did.Skipped, did.DeadLetters = &flow.Losses{}, &flow.Losses{}, 0
	for _, l := range done.Letters {
		lost := flow.Loss{Key: l.Key, Stage: l.Stage, Cause: l.Cause, File: l.File}
		if l.Skipped {
			did.Skipped.Add(lost)
			continue
		}
		did.Failed.Add(lost)
		did.DeadLetters++
	}
	for i := range did.Stages {
		st := &did.Stages[i]
		if st.Kind == flow.KindSource && !st.Letters {
			st.Complete = max(0, int64(done.Records)-st.Out-st.Errors-st.Skipped)
		}
	}
	return did
}
