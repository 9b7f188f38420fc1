package units

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/flow/component"
)

// publish gives the files of a unit their names, and records that it is done.
// When another worker has come to another outcome, what this one alone has
// published is taken back. The record is written before anything is published:
// of a worker that is killed between, it tells what may be left (package
// comment).
func (w *work) publish(ctx context.Context, r *Record) error {
	r.Parts = map[string]string{}
	var all []*target
	for _, s := range w.private() {
		t, err := w.prepare(s, r)
		if err != nil {
			return fmt.Errorf("unit %d: %s: %w", r.Unit, s.Name, err)
		}
		all = append(all, t)
	}
	r.seal()
	if err := w.intend(ctx, r); err != nil {
		return fmt.Errorf("unit %d: %w", r.Unit, err)
	}
	var made []string
	for i, s := range w.private() {
		err := all[i].publish(ctx)
		made = append(made, all[i].made...)
		w.met += all[i].met
		if err != nil {
			w.stays = len(made) > 0
			return fmt.Errorf("unit %d: %s: %w", r.Unit, s.Name, err)
		}
	}
	err := w.folder().enter(ctx, r, w.intent(w.private()[0]))
	if errors.Is(err, errOutcome) {
		return errors.Join(err, w.takeBack(made, r.Unit))
	}
	w.stays = err != nil && len(made) > 0
	return err
}

// intent is the path of the record of a unit that is about to be done.
func (w *work) intent(s sink) string { return filepath.Join(w.root(s), intentName) }

const intentName = "record.json"

// intend writes the record into all work folders of the worker, and where results
// are in a store beside its sign of life there.
func (w *work) intend(ctx context.Context, r *Record) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	for _, s := range w.private() {
		if err := atomicfile.Write(w.intent(s), func(out io.Writer) error {
			_, err := out.Write(append(text, '\n'))
			return err
		}); err != nil {
			return err
		}
		if place.Remote(s.folder) {
			if err := place.Write(ctx, place.Join(s.folder, w.name, intentName), append(text, '\n')); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeBack removes files that the record of a unit does not name.
func (w *work) takeBack(made []string, unit int) error {
	r, err := w.folder().record(unit)
	if err != nil || r == nil {
		return err
	}
	named := map[string]bool{}
	for _, s := range w.private() {
		for _, f := range r.Files {
			if f.Node == s.Name {
				named[place.Join(s.home, f.Name)] = true
			}
		}
	}
	var faults []error
	for _, path := range made {
		if !named[path] {
			faults = append(faults, place.Remove(context.Background(), path))
		}
	}
	return errors.Join(faults...)
}

// prepare says what readers are to see of a sink's unit, and what is kept for
// Finish.
func (w *work) prepare(s sink, r *Record) (*target, error) {
	files, err := filesBelow(w.dir(s))
	if err != nil {
		return nil, err
	}
	visible := map[string]component.Published{}
	if s.Spec.ByUnit.Publish != nil {
		if visible, err = s.Spec.ByUnit.Publish(s.Args, w.dir(s), r.Unit); err != nil {
			return nil, err
		}
	}
	t := &target{synced: map[string]bool{}}
	var kept []string
	for _, name := range files {
		to, shown := visible[name]
		if !shown {
			kept = append(kept, name)
			continue
		}
		from := filepath.Join(w.dir(s), name)
		f, err := fileOf(from, to.Sum)
		if err != nil {
			return nil, err
		}
		f.Node, f.Name = s.Name, to.Name
		r.Files = append(r.Files, f)
		t.moves = append(t.moves, move{from, place.Join(s.home, to.Name), t.put})
	}
	return t, w.keep(s, t, kept, r)
}

// keep puts what is left of a sink's unit where Finish finds it: in a folder that
// is called after the contents, so that workers who have come to different ones
// are not in each other's way. The record says which folder counts.
func (w *work) keep(s sink, t *target, names []string, r *Record) error {
	sum := sha256.New()
	for _, name := range names {
		if filepath.Base(name) == shortcuts {
			continue
		}
		f, err := fileOf(filepath.Join(w.dir(s), name), "")
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q %d %s\n", name, f.Bytes, f.Sum)
	}
	part := unitName(r.Unit) + "-" + hex.EncodeToString(sum.Sum(nil))[:16]
	r.Parts[s.Name] = part
	for _, name := range names {
		from, to := filepath.Join(w.dir(s), name), place.Join(partDir(s, part), name)
		how := t.keep
		if filepath.Base(name) == shortcuts { // they differ from worker to worker
			how = t.replace
		}
		t.moves = append(t.moves, move{from, to, how})
	}
	return nil
}

// shortcuts is the file of a store that is not compared (package provenance).
const shortcuts = "seen"

// partDir is where what is kept of a sink's unit is.
func partDir(s sink, part string) string { return place.Join(s.folder, "parts", s.Name, part) }

// filesBelow lists the finished files of a folder and of those in it.
func filesBelow(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || strings.HasSuffix(e.Name(), atomicfile.Suffix) {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, name)
		return err
	})
	slices.Sort(names)
	return names, err
}

// target is where files are published, and which folders are to be synced for it.
type target struct {
	moves  []move
	synced map[string]bool

	mu   sync.Mutex
	made []string // paths that readers see, and that were not there before
	met  int      // that were there with the same bytes
}

// move is a file on its way to where it is to be.
type move struct {
	from, to string
	how      func(ctx context.Context, from, to string) error
}

// putAtOnce is how many files are put into a store at the same time.
const putAtOnce = 32

// publish makes all moves, and makes them last.
func (t *target) publish(ctx context.Context) error {
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(putAtOnce)
	for _, m := range t.moves {
		if place.Remote(m.to) {
			group.Go(func() error { return m.how(all, m.from, m.to) })
			continue
		}
		if err := t.folder(filepath.Dir(m.to)); err != nil {
			return err
		}
		if err := m.how(ctx, m.from, m.to); err != nil {
			return err
		}
	}
	return errors.Join(group.Wait(), t.sync())
}

// put publishes a file that readers see.
func (t *target) put(ctx context.Context, from, to string) error {
	made, err := place.Publish(ctx, from, to)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case made:
		t.made = append(t.made, to)
	case err == nil:
		t.met++
	}
	return err
}

// keep is put for a file that nobody but Finish looks at.
func (t *target) keep(ctx context.Context, from, to string) error {
	_, err := place.Publish(ctx, from, to)
	return err
}

// replace keeps a file in the place of one that is there.
func (t *target) replace(ctx context.Context, from, to string) error {
	if place.Remote(to) {
		return place.Put(ctx, from, to)
	}
	return os.Rename(from, to)
}

func (t *target) folder(dir string) error {
	if t.synced[dir] {
		return nil
	}
	t.synced[dir] = true
	return atomicfile.MakeFolder(dir)
}

// sync makes the names last.
func (t *target) sync() error {
	for dir := range t.synced {
		if err := atomicfile.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// fileOf is a file as the record has it. It is read for its sum, unless that is
// known.
func fileOf(path, known string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	if known != "" {
		info, err := f.Stat()
		if err != nil {
			return File{}, err
		}
		return File{Bytes: info.Size(), Sum: known}, nil
	}
	sum := xxhash.New()
	n, err := io.Copy(sum, f)
	return File{Bytes: n, Sum: fmt.Sprintf("xxh64:%016x", sum.Sum64())}, err
}
