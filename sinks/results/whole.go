package results

import (
	"os"

	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Whole is one result that is made from all samples of a flow, and is made anew
// when any of them is another. Its ledger holds the samples it was made from.
type Whole struct {
	*Ledger
	Path string

	sources []string
	graph   *flow.Graph
	entered map[string]uint64 // Sums of the samples that are in it
}

// NewWhole is for a node's result at a path, which follows from the samples of
// these sources, and is recorded in a store.
func NewWhole(n *component.Node, path string, store provenance.Store, sources []string) *Whole {
	l := &Ledger{node: n, change: NewChange(n, path+" is"), store: store}
	return &Whole{Ledger: l, Path: path, sources: sources, graph: n.Graph, entered: map[string]uint64{}}
}

// Fresh reads what is recorded, and says whether the result is there and is to
// stay: it is up to date, or the run keeps what is not, or nothing is recorded
// of it. Earlier gives the digest that an earlier version would have recorded.
func (w *Whole) Fresh(earlier func() (string, error)) (bool, error) {
	defer w.change.Tell()
	_, gone := os.Stat(w.Path)
	was, err := w.load()
	if err != nil || gone != nil {
		return false, err
	}
	if was == nil {
		if !provenance.HasEarlier(w.Path) {
			return true, w.adopt()
		}
		digest, err := earlier()
		if err != nil {
			return false, err
		}
		if provenance.WasFresh(w.Path, digest) {
			return true, w.adopt()
		}
		return w.judge([]string{w.Path + provenance.Suffix + " tells of other inputs or settings"})
	}
	if was.Format == 0 { // a run was killed while it replaced the result
		return false, nil
	}
	if differences := w.made.Differences(was); len(differences) > 0 {
		return w.judge(differences)
	}
	return w.sameSamples()
}

// adopt takes a result that nothing is recorded of for what its inputs make, and
// says so; from now on, what changes is known.
func (w *Whole) adopt() error {
	w.change.Unknown()
	for key := range w.graph.Origins(w.sources) {
		if err := w.ledger.Adopt(key, -1); err != nil {
			return err
		}
	}
	if err := w.ledger.Save(); err != nil {
		return err
	}
	return w.store.Save(w.made)
}

// load reads the records, and gives the recipe of the result that is there.
func (w *Whole) load() (*provenance.Made, error) {
	if err := w.Ledger.Open(); err != nil {
		return nil, err
	}
	return w.was, nil
}

// judge is what the run's policy says about a recipe that differs.
func (w *Whole) judge(differences []string) (bool, error) {
	if err := w.change.Recipe(differences); err != nil {
		return false, err
	}
	return w.change.Keeps(), nil
}

// sameSamples compares what all samples are made from.
func (w *Whole) sameSamples() (bool, error) {
	same := true
	for key, from := range w.graph.Origins(w.sources) {
		complete, err := w.Check(key, from, -1)
		if err != nil {
			return false, err
		}
		same = same && complete
	}
	return same, w.ledger.Save()
}

// Goes says whether what a run that was stopped has left of the result, in a
// folder with records of its own, is of the same recipe and the same samples.
func (w *Whole) Goes(part string) (bool, error) {
	other := &Whole{Ledger: &Ledger{node: w.node, change: &Change{graph: w.graph}, store: provenance.Of(part)}}
	was, err := other.load()
	if err != nil || was == nil || len(other.made.Differences(was)) > 0 {
		return false, err
	}
	for key, from := range w.graph.Origins(w.sources) {
		if _, there := other.ledger.Entry(key); !there {
			continue
		}
		if state, err := other.ledger.State(key, from); err != nil || state != provenance.Fresh {
			return false, nil
		}
	}
	return true, nil
}

// Move lets records go into another store from now on, beside the part of a
// result that is written there.
func (w *Whole) Move(part string) (err error) {
	w.store = provenance.Of(part)
	if err := w.store.Save(w.made); err != nil {
		return err
	}
	w.ledger, err = provenance.OpenLedger(w.store, w.made)
	return err
}

// Stop saves what is in the ledger of a part that a later run may go on with.
func (w *Whole) Stop() error {
	if _, err := os.Stat(w.store.Dir); err != nil {
		return nil // there is no part any more
	}
	return w.ledger.Save()
}

// Add takes a sample in that the result is made from.
func (w *Whole) Add(key string, sum uint64) { w.entered[key] = sum }

// Replacing says that the result is about to appear: until Done, one that is
// there counts as made from nothing that is known. A record that has lost its
// result speaks of none, and stays.
func (w *Whole) Replacing() error {
	if _, err := os.Stat(w.Path); err != nil && w.was != nil {
		return nil
	}
	return w.store.Save(&provenance.Made{})
}

// Done records what the result was made from, once it is there. What an earlier
// version has recorded is removed.
func (w *Whole) Done() error {
	w.ledger.Clear()
	for key, sum := range w.entered {
		if err := w.ledger.Put([]string{key}, []provenance.Entry{{Digest: sum, Length: -1}}); err != nil {
			return err
		}
	}
	return w.Seal()
}

// Seal records what is in the ledger as what the result was made from.
func (w *Whole) Seal() error {
	if err := w.ledger.Save(); err != nil {
		return err
	}
	if err := w.store.Save(w.made); err != nil {
		return err
	}
	return provenance.ForgetEarlier(w.Path)
}
