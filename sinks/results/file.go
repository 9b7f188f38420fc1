package results

import (
	"io"
	"os"

	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
	"hpaflow/flow/component"
)

// File is a single file that a sink makes whole. The sink embeds it, for Lock,
// and calls Open when it is opened and Write for each time it writes all of it.
type File struct {
	Path string

	kind   Kind
	beside []beside
	node   *component.Node
	change *Change
	store  provenance.Store
	made   *provenance.Made
	kept   bool
	fresh  bool
}

// beside is a file that is written together with another.
type beside struct {
	path string
	kind Kind
}

// With adds a file that is written together with this one, and is recorded as
// one with it.
func (f *File) With(path string, kind Kind) *File {
	f.beside = append(f.beside, beside{path, kind})
	return f
}

// NewFile is for a node's file of a kind.
func NewFile(n *component.Node, path string, kind Kind) *File {
	return &File{Path: path, kind: kind, node: n, change: NewChange(n, path+" is")}
}

// Lock keeps other runs from writing the file.
func (f *File) Lock() (unlock func() error, err error) {
	if atomicfile.Special(f.Path) {
		return func() error { return nil }, nil
	}
	f.store = provenance.Beside(atomicfile.Target(f.Path))
	return NotByUnits(f.store, f.store.Lock)
}

// Together is in the place of Lock where several may write the file at once, who
// all write the same: those who join units.
func (f *File) Together() {
	if !atomicfile.Special(f.Path) {
		f.store = provenance.Beside(atomicfile.Target(f.Path))
	}
}

// Open says why the file may not be written, and removes what killed runs have
// left of it.
func (f *File) Open() error {
	if f.store.Dir == "" { // a device or a pipe
		return nil
	}
	for _, b := range append([]beside{{f.Path, f.kind}}, f.beside...) {
		if err := b.kind.Check(b.path); err != nil {
			return err
		}
		if err := atomicfile.Prepare(b.path); err != nil {
			return err
		}
	}
	if err := f.store.Sweep(); err != nil {
		return err
	}
	was, err := f.store.Made()
	if err != nil {
		return err
	}
	if f.made, err = MadeOf(f.node); err != nil {
		return err
	}
	if _, err := os.Stat(f.Path); err != nil || was == nil {
		return nil
	}
	differences := f.made.Differences(was)
	f.fresh = len(differences) == 0
	f.kept = len(differences) > 0 && f.change.Keeps()
	err = f.change.Recipe(differences)
	f.change.Tell()
	return err
}

// Kept says that the file stays as it is, though it was made from something
// else: the run wants it so.
func (f *File) Kept() bool { return f.kept }

// Fresh says that the file is there, made with the same settings from the same
// files, as far as these are read as a whole.
func (f *File) Fresh() bool { return f.fresh }

// Write makes the file, unless it is kept.
func (f *File) Write(fill func(io.Writer) error) error {
	return f.Save(func(path string) error { return atomicfile.Write(path, fill) })
}

// Save is Write by a function that writes the file at a path itself, atomically.
func (f *File) Save(write func(path string) error) error {
	if f.kept {
		return nil
	}
	if err := write(f.Path); err != nil {
		return err
	}
	return f.Record()
}

// Record notes what the file was made from, once it is there.
func (f *File) Record() error {
	if f.made == nil {
		return nil
	}
	return f.store.Save(f.made)
}

// Remove removes the file, if it is of the sink's kind, and what is recorded of it.
func (f *File) Remove() error {
	if f.store.Dir == "" {
		return nil
	}
	if info, err := os.Lstat(f.Path); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil
	}
	if err := os.Remove(f.Path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return f.store.Forget()
}
