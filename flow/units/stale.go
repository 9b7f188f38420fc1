package units

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/flow"
)

// Stale is what a look at units that are done has found out of date.
type Stale struct {
	Damaged []string // files that are missing, or not as long as they were
	Changed []string // records that would be made from something else by now

	damaged, changed []int // units
}

// stale looks at all units that are done. Its caller has the results for itself.
func (f *Flow) stale(cut *flow.Cut) (*Stale, error) {
	status, err := f.Status()
	if err != nil {
		return nil, err
	}
	about, err := f.abouts()
	if err != nil {
		return nil, err
	}
	found := &Stale{}
	sizes, err := f.sizes()
	if err != nil {
		return nil, err
	}
	for _, unit := range status.Done {
		r, err := f.folder().record(unit)
		if err != nil {
			return nil, err
		}
		if files := f.damaged(r, sizes); len(files) > 0 {
			found.Damaged, found.damaged = append(found.Damaged, files...), append(found.damaged, unit)
		}
		_, _, names, err := f.records(unit)
		if err != nil {
			return nil, err
		}
		others, err := f.changed(r, cut, names)
		if err != nil {
			return nil, err
		}
		n := len(found.Changed)
		for _, e := range names {
			if others[e.name] || about(e.name) != e.about {
				found.Changed = append(found.Changed, e.name)
			}
		}
		if len(found.Changed) > n {
			found.changed = append(found.changed, unit)
		}
	}
	return found, nil
}

// sizes are those of files in stores, by a digest of their names: to ask for each
// would take long.
func (f *Flow) sizes() (map[uint64]int64, error) {
	sizes := map[uint64]int64{}
	for _, s := range f.private() {
		if !place.Remote(s.home) {
			continue
		}
		if _, folder := s.Spec.ByUnit.Home(s.Args); !folder {
			continue // units publish nothing there
		}
		for file, err := range place.Each(context.Background(), s.home) {
			if err != nil {
				return nil, err
			}
			sizes[xxhash.Sum64String(place.Join(s.home, file.Name))] = file.Size
		}
	}
	return sizes, nil
}

// sizeOf is that of a file now.
func sizeOf(name string, sizes map[uint64]int64) (int64, error) {
	if n, listed := sizes[xxhash.Sum64String(name)]; listed {
		return n, nil
	}
	return place.Size(context.Background(), name) // a store may list late
}

// damaged are the files of a unit that are not as they were.
func (f *Flow) damaged(r *Record, sizes map[uint64]int64) (list []string) {
	for _, s := range f.private() {
		for _, file := range r.Files {
			if file.Node != s.Name {
				continue
			}
			size, err := sizeOf(place.Join(s.home, file.Name), sizes)
			if err != nil || size != file.Bytes {
				list = append(list, file.Name)
			}
		}
	}
	return list
}

// changed compares what the records of a unit are made from, and gives those for
// which it is something else.
func (f *Flow) changed(r *Record, cut *flow.Cut, names []entry) (map[string]bool, error) {
	others := map[string]bool{}
	if cut.Origin == nil {
		return others, nil
	}
	for _, s := range f.private() {
		part, err := f.partHere(s, r.Parts[s.Name])
		if err != nil {
			return nil, err
		}
		store := provenance.Of(part)
		if _, folder := s.Spec.ByUnit.Home(s.Args); !folder {
			store = provenance.Beside(filepath.Join(part, place.Base(s.home)))
		}
		made, err := store.Made()
		if err != nil {
			return nil, err
		}
		if made == nil {
			made = &provenance.Made{Format: provenance.Format}
		}
		ledger, err := provenance.OpenLedger(store, made)
		if err != nil {
			return nil, err
		}
		for _, e := range names {
			key, from, whole := cut.Origin(e.name)
			if from == nil || !whole {
				continue // what there is of its result stays
			}
			state, err := ledger.State(key, from)
			others[e.name] = others[e.name] || err == nil && state == provenance.Changed
		}
		if ledger.Len() > 0 {
			if err := ledger.Save(); err != nil {
				return nil, err
			}
		}
	}
	return others, nil
}

// partHere is the folder of a part, of which the records at least are on this
// machine.
func (f *Flow) partHere(s sink, part string) (string, error) {
	dir := partDir(s, part)
	if !place.Remote(dir) || part == "" {
		return dir, nil
	}
	to, err := place.Scratch()
	if err != nil {
		return "", err
	}
	return to, place.FetchFolder(context.Background(), dir, to, func(name string) bool {
		folder, _, _ := strings.Cut(name, "/")
		return strings.HasSuffix(folder, provenance.FolderName)
	})
}

// undo takes units back: their records go aside first, then the files that these
// name go, then the records. A run that is killed on the way leaves records aside,
// by which the next one goes on (undoRest). Its caller has the results for itself.
func (f *Flow) undo(list []int) error {
	for _, unit := range list {
		r, err := f.folder().record(unit)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		if err := place.MakeFolder(f.folder().path(undoing)); err != nil {
			return err
		}
		if err := place.Move(context.Background(), f.folder().recordPath(unit), f.folder().undoPath(unit)); err != nil {
			return err
		}
	}
	return f.undoRest()
}

// undoing is the folder of the records of units that are being taken back.
const undoing = "undo"

func (f folder) undoPath(unit int) string { return f.path(undoing, unitName(unit)+".json") }

// undoRest removes what units have published whose records stand aside, and these.
// Files that a unit which is done names as well stay: of a sample that came in part
// at first, and whose rest a later unit has brought.
func (f *Flow) undoRest() error {
	names, err := place.Names(context.Background(), f.folder().path(undoing))
	if err != nil || len(names) == 0 {
		return err
	}
	aside := func(do func(r *Record) error) error {
		for _, name := range names {
			path := f.folder().path(undoing, name)
			b, err := place.Read(context.Background(), path)
			if err != nil {
				return err
			}
			var r Record
			if err := json.Unmarshal(b, &r); err != nil {
				return fmt.Errorf("%s: %w", place.Shown(path), err)
			}
			if err := do(&r); err != nil {
				return err
			}
		}
		return nil
	}
	shared, err := f.shared(names, aside)
	if err != nil {
		return err
	}
	return aside(func(r *Record) error {
		// In a store it is copied aside before it goes.
		if err := place.Remove(context.Background(), f.folder().recordPath(r.Unit)); err != nil {
			return err
		}
		return f.removeFiles(r, shared)
	})
}

// shared are the digests of files of some records, with these names, that another unit
// which is done names, too.
func (f *Flow) shared(names []string, records func(do func(r *Record) error) error) (map[uint64]bool, error) {
	done, err := f.folder().done()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if unit, ok := unitOf(name); ok {
			delete(done, unit)
		}
	}
	if len(done) == 0 {
		return nil, nil
	}
	all, shared := map[uint64]bool{}, map[uint64]bool{}
	if err := records(func(r *Record) error {
		for _, file := range r.Files {
			all[file.digest()] = true
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for unit := range done {
		r, err := f.folder().record(unit)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		for _, file := range r.Files {
			if d := file.digest(); all[d] {
				shared[d] = true
			}
		}
	}
	return shared, nil
}

// digest is of where a file is.
func (f File) digest() uint64 { return xxhash.Sum64String(f.Node + "/" + f.Name) }

// removeFiles removes what a unit has published, but for what it shares, and its
// record that stands aside.
func (f *Flow) removeFiles(r *Record, shared map[uint64]bool) error {
	for _, s := range f.private() {
		for _, file := range r.Files {
			if file.Node != s.Name || shared[file.digest()] {
				continue
			}
			if err := place.Remove(context.Background(), place.Join(s.home, file.Name)); err != nil {
				return err
			}
		}
	}
	return place.Remove(context.Background(), f.folder().undoPath(r.Unit))
}

// undoAll takes all units back, and the plans. Parts are left to Finish.
func (f *Flow) undoAll() error {
	done, err := f.folder().done()
	if err != nil {
		return err
	}
	if err := f.undo(sortedUnits(done, f.Units())); err != nil {
		return err
	}
	for _, s := range f.private() {
		if s.Spec.ByUnit.Undo == nil {
			continue
		}
		if err := s.Spec.ByUnit.Undo(s.Args); err != nil {
			return err
		}
	}
	for n := len(f.chain) - 1; n >= 0; n-- {
		if err := place.Remove(context.Background(), f.folder().path(planName(n))); err != nil {
			return err
		}
	}
	return nil
}
