package results

import (
	"errors"

	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
	"hpaflow/flow/component"
)

// Ledger is what the results in a folder were made from (package provenance),
// and what is to be done about those that were made from something else. It is
// safe for concurrent use.
type Ledger struct {
	Dir string

	node   *component.Node
	change *Change
	store  provenance.Store
	made   *provenance.Made
	was    *provenance.Made // nil: nothing is recorded
	ledger *provenance.Ledger
	done   bool // the run has gone well
	inner  inner
}

// NewLedger is for the folder of a node's results.
func NewLedger(n *component.Node, dir string) *Ledger {
	return &Ledger{Dir: dir, node: n, change: NewChange(n, "results in "+dir+" are"), store: provenance.Of(dir)}
}

// Lock makes the folder, and keeps other runs out of it. A run that did not get
// as far as to put something into a new folder leaves none.
func (l *Ledger) Lock() (unlock func() error, err error) {
	claim, err := atomicfile.ClaimFolder(l.Dir)
	if err != nil {
		return nil, err
	}
	if err := outside(l.Dir, l.node.Graph); err != nil {
		return nil, errors.Join(err, claim.Withdraw())
	}
	release := hold(l.Dir, l.node.Graph)
	return NotByUnits(l.store, func() (func() error, error) {
		return func() error {
			release()
			left := l.inner.leave()
			if l.done {
				return errors.Join(left, claim.Release())
			}
			return errors.Join(left, claim.Withdraw())
		}, nil
	})
}

// Open reads what results were made from.
func (l *Ledger) Open() (err error) {
	if err := l.store.Sweep(); err != nil {
		return err
	}
	if l.made, err = MadeOf(l.node); err != nil {
		return err
	}
	if l.was, err = l.store.Made(); err != nil {
		return err
	}
	if l.ledger, err = provenance.OpenLedger(l.store, l.made); err != nil {
		return err
	}
	return nil
}

// Compare takes note of a recipe that differs, and refuses it if the run does.
func (l *Ledger) Compare() error {
	if l.was == nil || l.ledger.Len() == 0 {
		return nil
	}
	return l.change.Recipe(l.made.Differences(l.was))
}

// Note says what a record without a result will be made from.
func (l *Ledger) Note(key string, from provenance.Origin) { l.ledger.Note(key, from) }

// Check says whether a key's result, which is there with so many bytes (-1: it
// has none of its own), need not be made again. An error ends the run.
func (l *Ledger) Check(key string, from provenance.Origin, length int64) (complete bool, err error) {
	state, err := l.ledger.State(key, from)
	if err != nil {
		return false, nil // an input that cannot be read is the record's trouble
	}
	switch state {
	case provenance.Making:
		return false, nil
	case provenance.Unknown:
		l.change.Unknown()
		return true, l.ledger.Adopt(key, length)
	case provenance.Outdated:
		return l.change.Keeps(), l.change.Outdated(key)
	case provenance.Changed:
		redo, err := l.change.Sample(key)
		return !redo, err
	}
	return true, nil
}

// recorded is how long a key's result was when it was made; -1: that is not known.
func (l *Ledger) recorded(key string) int64 {
	if e, known := l.ledger.Entry(key); known && e.Tag != 0 {
		return e.Length
	}
	return -1
}

// Stale says whether what there is of a key's result is to be made again, since
// the recipe is another.
func (l *Ledger) Stale(key string) bool { return !l.change.Keeps() && l.ledger.Stale(key) }

// Entering says that results are about to appear.
func (l *Ledger) Entering(keys []string) error { return l.ledger.Begin(keys...) }

// Entered says that results have appeared, made from files with these Sums.
func (l *Ledger) Entered(keys []string, sums []uint64) error {
	entries := make([]provenance.Entry, len(keys))
	for i, sum := range sums {
		entries[i] = provenance.Entry{Digest: sum, Length: -1}
	}
	return l.ledger.Put(keys, entries)
}

// Close saves what results were made from, and says what was found changed. It
// is called whatever becomes of the run; done says that it was not cut short.
func (l *Ledger) Close(done bool) error {
	l.change.Tell()
	l.done = done
	if l.ledger.Len() == 0 {
		return nil
	}
	if err := l.ledger.Save(); err != nil {
		return err
	}
	if l.was != nil && (l.change.Keeps() || !done) {
		return nil // there are results of the recipe before
	}
	return l.store.Save(l.made)
}
