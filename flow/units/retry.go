package units

import (
	"context"
	"errors"
	"fmt"
)

// retry tries records again that failed and whose inputs have changed since, or
// all that failed, and adds units of those that do not fail any more. The units
// that they were in stay as they are.
func (f *Flow) retry(ctx context.Context, w Whole) error {
	failed, err := f.failed(w.Retry)
	if err != nil || len(failed) == 0 {
		return err
	}
	mended, err := f.mend(ctx, failed, w.Watch)
	if err != nil || len(mended) == 0 {
		return err
	}
	w.Note(fmt.Sprintf("mended, and put into added units: %d of %d that had failed", len(mended), len(failed)))
	n := len(f.chain)
	p := newPlan(f.Unit, len(mended))
	p.Mended = true
	if err := f.add(p, f.chain[0], mended); err != nil {
		return err
	}
	if err := f.Open(ctx, false); err != nil {
		return err
	}
	if len(f.chain) == n {
		return errors.New("the plan of mended records is not there") // a file system that forgets
	}
	return nil
}

// failed are the records that failed and were not taken up again, in their order:
// all of them, or those whose inputs are others than when they failed.
func (f *Flow) failed(all bool) (list []entry, err error) {
	mended, err := f.mended()
	if err != nil {
		return nil, err
	}
	cut, err := f.cut(f.graph())
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for unit := range f.Units() {
		r, err := f.folder().record(unit)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		letters, err := f.outstanding(r, mended)
		if err != nil || len(letters) == 0 {
			if err != nil {
				return nil, err
			}
			continue
		}
		_, first, names, err := f.records(unit)
		if err != nil {
			return nil, err
		}
		for _, l := range letters {
			at := l.Record - first
			if at < 0 || at >= int64(len(names)) || taken[names[at].name] {
				continue
			}
			if all || inputOf(cut, names[at].name) != l.Input {
				taken[names[at].name] = true
				list = append(list, names[at])
			}
		}
	}
	return list, nil
}

// mend works on records to see which do not fail any more. What it makes is
// thrown away: units make it again.
func (f *Flow) mend(ctx context.Context, failed []entry, watch Watch) (mended []entry, err error) {
	about, err := f.abouts()
	if err != nil {
		return nil, err
	}
	w, err := f.newWork(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.remove()) }()
	g, err := w.run(ctx, 0, failed, nil, watch)
	if err != nil {
		return nil, err
	}
	still := map[int64]bool{}
	for _, l := range g.Letters() {
		still[l.Seq] = true
	}
	for i, e := range failed {
		if !still[int64(i)] {
			mended = append(mended, entry{e.name, about(e.name)})
		}
	}
	return mended, nil
}
