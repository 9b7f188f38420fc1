package units

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Share lets this process work on units of the flow, and keeps out who wants
// the results for himself.
func (f *Flow) Share() (unlock func() error, err error) {
	return f.lock(place.ShareFolder)
}

// alone keeps out everybody else.
func (f *Flow) alone() (unlock func() error, err error) {
	return f.lock(place.ClaimFolder)
}

// lock locks what the sinks' own locks are on; of results in a store, the folder of
// units. Who did not get as far as to put something into a new folder leaves none.
func (f *Flow) lock(how func(ctx context.Context, folder string) (unlock func() error, err error)) (unlock func() error, err error) {
	var locks []func() (func() error, error)
	for _, s := range f.private() {
		dir := s.folder
		if !place.Remote(s.folder) {
			dir = filepath.Dir(s.folder) // a file's store
			if _, folder := s.Spec.ByUnit.Home(s.Args); folder {
				dir = s.home
			}
		}
		locks = append(locks, func() (func() error, error) { return how(context.Background(), dir) })
	}
	return flow.LockAll(locks...)
}

// Watch is told of a graph before it runs.
type Watch func(g *flow.Graph) (ended func(flow.Stats, error))

// Run does one unit, unless it is done. Stats are those of the graph; they are
// zero when there was nothing to do.
func (f *Flow) Run(ctx context.Context, unit int, watch Watch) (flow.Stats, error) {
	did, err := f.Do(ctx, unit, false, watch)
	return did.Stats, err
}

// Did is what was done of a unit.
type Did struct {
	Stats   flow.Stats // of the graph; zero if there was nothing to do
	Records int        // that the unit has
	Failed  int        // of them, skipped ones aside
	Met     int        // files that another worker had published already, with the same bytes
}

// Do is Run for who wants to know more. Apart goes through the unit record by
// record first, to find those that kill whoever works on them: see Blame.
func (f *Flow) Do(ctx context.Context, unit int, apart bool, watch Watch) (did Did, err error) {
	if r, err := f.folder().record(unit); err != nil || r != nil {
		return did, err
	}
	if undone, err := place.Exists(ctx, f.folder().undoPath(unit)); err != nil || undone {
		if err != nil {
			return did, err
		}
		return did, fmt.Errorf("unit %d was being taken back, since what it was made from has changed; run the flow without --unit, which goes on with that", unit)
	}
	p, first, names, err := f.records(unit)
	if err != nil {
		return did, err
	}
	if p.Computes != f.computes {
		return did, &OtherMachineError{unit, p.Computes, f.computes}
	}
	if err := f.sameAbout(unit, names); err != nil {
		return did, err
	}
	w, err := f.newWork(ctx)
	if err != nil {
		return did, err
	}
	defer func() { err = errors.Join(err, w.remove()) }()
	deadly, err := w.apart(ctx, unit, apart, first, names, watch)
	if err != nil {
		return did, err
	}
	g, err := w.run(ctx, first, names, deadly, watch)
	if g != nil {
		did.Stats = g.Stats()
	}
	if err != nil {
		return did, err
	}
	r := &Record{Format: Format, Plan: p.ID(), Unit: unit, Records: len(names), Letters: w.letters(g, first, names), Version: f.version}
	did.Records = r.Records
	for _, l := range r.Letters {
		if !l.Skipped {
			did.Failed++
		}
	}
	err = w.publish(ctx, r)
	did.Met = w.met
	if err == nil {
		err = f.folder().forget(unit)
	}
	return did, err
}

// sameAbout refuses a unit of which components have something else by now than
// when the work was cut (or rows taken), such as other labels.
func (f *Flow) sameAbout(unit int, names []entry) error {
	about, err := f.abouts()
	if err != nil {
		return err
	}
	for _, e := range names {
		if now := about(e.name); now != e.about {
			return fmt.Errorf("unit %d: the row of %s is %s, and was %s when the work was cut into units; run the flow without --unit, which takes the rows that there are now",
				unit, e.name, orNone(now), orNone(e.about))
		}
	}
	return nil
}

func orNone(text string) string {
	if text == "" {
		return "not there"
	}
	return text
}

// work is the folders in which a worker makes a unit's results, one a sink. For
// results in a store they are on this machine, and a sign of life stands there.
type work struct {
	*Flow
	name    string                     // of the worker
	scratch string                     // the folder of those of results in a store; empty: there are none
	signs   map[string]*place.LifeSign // by sink
	unlock  []func() error
	cut     *flow.Cut
	met     int  // files that were published already
	stays   bool // the folders tell what may be left of it
}

const (
	workPrefix = "work-"
	aliveName  = "alive" // of the sign of life in a store
)

// newWork makes the folders. Their names say who has made them, and while the
// worker lives they are locked.
func (f *Flow) newWork(ctx context.Context) (*work, error) {
	w := &work{Flow: f, name: workPrefix + place.Myself(), signs: map[string]*place.LifeSign{}}
	for _, s := range f.private() {
		if err := w.makeFor(ctx, s); err != nil {
			return nil, errors.Join(err, w.remove())
		}
	}
	return w, nil
}

func (w *work) makeFor(ctx context.Context, s sink) (err error) {
	if !place.Remote(s.folder) {
		if err := os.MkdirAll(w.dir(s), 0o777); err != nil {
			return err
		}
		unlock, err := atomicfile.Share(w.root(s))
		if err == nil {
			w.unlock = append(w.unlock, unlock)
		}
		return err
	}
	if w.scratch == "" {
		if w.scratch, err = place.Scratch(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(w.dir(s), 0o777); err != nil {
		return err
	}
	w.signs[s.Name], err = place.Sign(ctx, place.Join(s.folder, w.name, aliveName))
	return err
}

func (w *work) root(s sink) string {
	if place.Remote(s.folder) {
		return filepath.Join(w.scratch, s.Name)
	}
	return filepath.Join(s.folder, w.name)
}

func (w *work) dir(s sink) string { return filepath.Join(w.root(s), s.Name) }

// remove removes the folders, of this worker alone. Those of one that has
// published in part stay for Finish to look at.
func (w *work) remove() error {
	var faults []error
	for _, unlock := range w.unlock {
		faults = append(faults, unlock())
	}
	for _, s := range w.private() {
		switch sign := w.signs[s.Name]; {
		case sign != nil && w.stays:
			sign.Leave()
		case sign != nil:
			faults = append(faults, place.Remove(context.Background(), place.Join(s.folder, w.name, intentName)), sign.Remove())
		case !w.stays:
			faults = append(faults, os.RemoveAll(w.root(s)))
		}
	}
	if w.scratch != "" {
		faults = append(faults, os.RemoveAll(w.scratch))
	}
	return errors.Join(faults...)
}

// run makes the results of some records in the work folders, but lets those fail
// that are not to be touched. The graph is nil if it could not be built.
func (w *work) run(ctx context.Context, first int64, names []entry, deadly map[int64]error, watch Watch) (*flow.Graph, error) {
	g := flow.New(w.opts)
	g.KeepLetters()
	g.Refuse(deadly)
	sinks := map[string]component.Args{}
	for _, s := range w.private() {
		sinks[s.Ref()] = s.Spec.ByUnit.Private(s.Args, w.dir(s))
	}
	if err := w.plan.BuildUnit(g, sinks); err != nil {
		return nil, err
	}
	if w.cut = g.Cut(w.source.Name); w.cut == nil {
		return nil, errNotKnown
	}
	list := make([]string, len(names))
	for i, e := range names {
		list[i] = e.name
	}
	w.cut.Take(first, list)
	ended := watch(g)
	err := g.Run(ctx)
	ended(g.Stats(), err)
	return g, err
}

// letters are the records that failed, with what they were to be made from.
func (w *work) letters(g *flow.Graph, first int64, names []entry) []Letter {
	list := lettersOf(g)
	for i := range list {
		if at := list[i].Record - first; at >= 0 && at < int64(len(names)) {
			list[i].Input = inputOf(w.cut, names[at].name)
		}
	}
	return list
}

// inputOf is the digest of what a record is to be made from; empty where that
// cannot be told.
func inputOf(cut *flow.Cut, name string) string {
	if cut.Origin == nil {
		return ""
	}
	_, from, _ := cut.Origin(name)
	if from == nil {
		return ""
	}
	digest, err := from.Digest()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%016x", digest)
}
