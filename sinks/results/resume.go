package results

import (
	"os"

	"hpaflow/data/provenance"
)

// Carries says which rows of the result that is there still stand, by their keys
// with the Sums of what they were made from: the recipe is the same, and so are
// their samples. All of it stands where there is nothing else to make, or the run
// keeps what is not up to date. A result that nothing is recorded of stands.
func (w *Whole) Carries() (rows map[string]uint64, all bool, err error) {
	defer w.change.Tell()
	_, gone := os.Stat(w.Path)
	was, err := w.load()
	if err != nil || gone != nil {
		return nil, false, err
	}
	if was == nil {
		return nil, true, w.adopt()
	}
	if was.Format == 0 { // a run was killed while it replaced the result
		return nil, false, nil
	}
	if differences := w.made.Differences(was); len(differences) > 0 {
		all, err = w.judge(differences)
		return nil, all, err
	}
	rows, all = map[string]uint64{}, true
	for key, from := range w.graph.Origins(w.sources) {
		e, known := w.ledger.Entry(key)
		if !known || e.Tag == 0 { // a new one, or one that had failed
			all = false
			continue
		}
		complete, err := w.Check(key, from, -1)
		if err != nil {
			return nil, false, err
		}
		if _, unread := w.ledger.State(key, from); !complete || unread != nil {
			all = false
			continue
		}
		rows[key] = e.Digest
	}
	return rows, all && len(rows) == w.ledger.Len(), w.ledger.Save()
}

// Resumes says whether rows that a run which was stopped has left of the result,
// in a folder with records of its own, are of the same recipe and the same
// samples. Left are their Sums, by key, which decide where a record is missing.
func (w *Whole) Resumes(part string, left map[string]uint64) (bool, error) {
	if len(left) == 0 {
		return false, nil
	}
	other := &Whole{Ledger: &Ledger{node: w.node, change: &Change{graph: w.graph}, store: provenance.Of(part)}}
	was, err := other.load()
	if err != nil || was == nil || len(other.made.Differences(was)) > 0 {
		return false, err
	}
	seen := 0
	for key, from := range w.graph.Origins(w.sources) {
		sum, there := left[key]
		if !there {
			continue
		}
		seen++
		if state, err := other.ledger.State(key, from); err != nil || state == provenance.Fresh {
			if err != nil {
				return false, nil
			}
			continue
		}
		if digest, err := from.Digest(); err != nil || digest != sum {
			return false, nil
		}
	}
	return seen == len(left), nil // a row of a sample that is gone has no place in the result
}

// Resume lets records go into the folder of a part from now on, where rows with
// these Sums are already.
func (w *Whole) Resume(part string, left map[string]uint64) error {
	if err := w.Move(part); err != nil {
		return err
	}
	for key, sum := range left {
		if e, known := w.ledger.Entry(key); !known || e.Tag == 0 { // a run was killed before it entered the row
			if err := w.ledger.Put([]string{key}, []provenance.Entry{{Digest: sum, Length: -1}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Return lets records go into a store beside the result again, which is made of
// rows with these Sums and of those that were added.
func (w *Whole) Return(store provenance.Store, left map[string]uint64) (err error) {
	if err := w.ledger.Save(); err != nil {
		return err
	}
	for key, sum := range left {
		w.Add(key, sum)
	}
	w.store = store
	w.ledger, err = provenance.OpenLedger(store, w.made)
	return err
}
