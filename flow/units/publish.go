package units

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data/atomicfile"
	"hpaflow/flow/component"
)

// publish gives the files of a unit their names, and records that it is done.
// When another worker has come to another outcome, what this one alone has
// published is taken back.
func (w *work) publish(r *Record) error {
	r.Parts = map[string]string{}
	var made []string
	for _, s := range w.private() {
		done, err := w.publishSink(s, r)
		made = append(made, done...)
		if err != nil {
			return fmt.Errorf("unit %d: %s: %w", r.Unit, s.Name, err)
		}
	}
	r.seal()
	err := w.folder().enter(r, w.root(w.private()[0]))
	if errors.Is(err, errOutcome) {
		return errors.Join(err, w.takeBack(made, r.Unit))
	}
	return err
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
				named[filepath.Join(s.home, f.Name)] = true
			}
		}
	}
	var faults []error
	for _, path := range made {
		if !named[path] {
			faults = append(faults, os.Remove(path))
		}
	}
	return errors.Join(faults...)
}

// publishSink publishes what readers are to see of a sink's unit, and keeps the
// rest for Finish. It gives the paths that were not there before.
func (w *work) publishSink(s sink, r *Record) (made []string, err error) {
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
			return t.made, err
		}
		f.Node, f.Name = s.Name, to.Name
		r.Files = append(r.Files, f)
		if err := t.put(from, filepath.Join(s.home, to.Name)); err != nil {
			return t.made, err
		}
	}
	if err := w.keep(s, t, kept, r); err != nil {
		return t.made, err
	}
	return t.made, t.sync()
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
		from, to := filepath.Join(w.dir(s), name), filepath.Join(partDir(s, part), name)
		put := t.keep
		if filepath.Base(name) == shortcuts { // they differ from worker to worker
			put = t.move
		}
		if err := put(from, to); err != nil {
			return err
		}
	}
	return nil
}

// shortcuts is the file of a store that is not compared (package provenance).
const shortcuts = "seen"

// partDir is where what is kept of a sink's unit is.
func partDir(s sink, part string) string { return filepath.Join(s.folder, "parts", s.Name, part) }

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
	made   []string // paths that were not there before
	synced map[string]bool
}

// put publishes a file that readers see.
func (t *target) put(from, to string) error {
	if err := t.folder(filepath.Dir(to)); err != nil {
		return err
	}
	made, err := atomicfile.Publish(from, to)
	if made {
		t.made = append(t.made, to)
	}
	return err
}

// keep is put for a file that nobody but Finish looks at.
func (t *target) keep(from, to string) error {
	if err := t.folder(filepath.Dir(to)); err != nil {
		return err
	}
	_, err := atomicfile.Publish(from, to)
	return err
}

// move keeps a file in the place of one that is there.
func (t *target) move(from, to string) error {
	if err := t.folder(filepath.Dir(to)); err != nil {
		return err
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
