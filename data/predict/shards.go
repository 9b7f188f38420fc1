package predict

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
	"hpaflow/data/shards"
)

// What follows the name of a folder of shards while it is written, and while it
// is replaced.
const (
	partSuffix = ".part"
	oldSuffix  = ".old"
)

// labelsFile, in a folder of shards, has the names of the labels, one a line.
const labelsFile = ".labels.txt"

// LabelNames are the names of so many labels of a folder of shards: those kept
// there, or the Human Protein Atlas's where there are as many; else none.
func LabelNames(dir string, classes int) (data.Names, error) {
	path := filepath.Join(dir, labelsFile)
	if _, err := os.Stat(path); err != nil {
		path = ""
	}
	return data.ReadNames(path, classes)
}

// readShards reads a folder of shards.
func readShards(path string, classes int) (*Table, error) {
	r, err := shards.Open(path, shards.Probabilities)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	entries := r.Entries()
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s: the table has no row", path)
	}
	t := &Table{Classes: classes, Labeled: entries[0].Labeled}
	err = EachPacked(r, classes, func(p *data.Prediction) error {
		if p.Labeled != t.Labeled {
			return fmt.Errorf("some samples have labels, some, as %s, have none", p.ID)
		}
		t.Rows = append(t.Rows, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// EachPacked reads the rows of shards of probabilities, each of which has as many as
// there are classes. An error of take ends it.
func EachPacked(r *shards.Reader, classes int, take func(*data.Prediction) error) error {
	for _, e := range r.Entries() {
		c, err := r.Read(e.Key)
		if err != nil {
			return err
		}
		p, err := c.Prediction()
		if err != nil {
			return err
		}
		if len(p.P) != classes {
			return fmt.Errorf("%s has %d probabilities, want %d", p.ID, len(p.P), classes)
		}
		if err := take(p); err != nil {
			return err
		}
	}
	return nil
}

// folder is a folder of shards that is being written, as its part.
type folder struct {
	path   string
	o      Options
	before int // rows that a writer that was stopped has left
	shards *shards.Writer
}

func createShards(path string, o Options) (*folder, error) {
	if err := replaceable(path); err != nil {
		return nil, fmt.Errorf("%s is there, and is not to be replaced: %w", path, err)
	}
	part := path + partSuffix
	if !o.GoOn {
		if err := empty(part, o.Locked); err != nil {
			return nil, err
		}
	}
	rows := o.ShardRows
	if rows == 0 {
		rows = 256
	}
	w, err := shards.Create(part, shards.Probabilities, shards.Options{
		Limits: shards.Limits{Samples: rows, Bytes: 1 << 30}, Locked: o.Locked, Entering: o.Entering, Entered: o.Entered,
	})
	if err != nil {
		return nil, err
	}
	return &folder{path: path, o: o, before: w.Before(), shards: w}, nil
}

// replaceable refuses what a writer of probabilities has not made.
func replaceable(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := onlyShards(entries); err != nil {
		return err
	}
	r, err := shards.Open(path, shards.Probabilities)
	if err != nil {
		return err
	}
	return r.Close()
}

func onlyShards(entries []fs.DirEntry) error {
	for _, e := range entries {
		if name := e.Name(); !shards.IsName(name) && name != provenance.FolderName && !strings.HasSuffix(name, atomicfile.Suffix) {
			return fmt.Errorf("it holds %s, which is no shard", name)
		}
	}
	return nil
}

// empty removes what a writer that was stopped has left of a part, and nothing
// else.
func empty(part string, locked bool) error {
	entries, err := os.ReadDir(part)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = onlyShards(entries)
	}
	if err != nil {
		return fmt.Errorf("%s is there, and is not to be removed: %w", part, err)
	}
	if locked {
		return os.RemoveAll(part)
	}
	unlock, err := atomicfile.Lock(part) // nobody else is writing it
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(part), unlock())
}

func (f *folder) has(id string) bool { return f.shards.Has(id) }
func (f *folder) left() int          { return f.before }

func (f *folder) add(p *data.Prediction) error {
	frame, err := shards.EncodePrediction(p)
	if err != nil {
		return err
	}
	frame.Sum = p.Sum
	return f.shards.Add(frame)
}

// commit puts the part in the folder's place. Killed after any of the steps, it
// leaves a part that the next writer goes on with, or the folder.
func (f *folder) commit() error {
	part := f.path + partSuffix
	if err := f.shards.Commit(); err != nil {
		return err
	}
	if f.o.Names != nil {
		err := atomicfile.Write(filepath.Join(part, labelsFile), func(w io.Writer) error {
			_, err := io.WriteString(w, strings.Join(f.o.Names, "\n")+"\n")
			return err
		})
		if err != nil {
			return err
		}
	}
	if f.o.Seal != nil {
		if err := f.o.Seal(part); err != nil {
			return err
		}
	}
	if err := removeAtOnce(f.path); err != nil {
		return err
	}
	if err := os.Rename(part, f.path); err != nil {
		return err
	}
	return atomicfile.SyncDir(filepath.Dir(f.path))
}

// removeAtOnce removes a folder, of which no reader finds a half.
func removeAtOnce(path string) error {
	old := path + oldSuffix
	if entries, err := os.ReadDir(old); err == nil { // of a writer that was killed here
		if err := onlyShards(entries); err != nil {
			return fmt.Errorf("%s is there, and is not to be removed: %w", old, err)
		}
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	if err := os.Rename(path, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(old)
}

// abort keeps a part that can be gone on with: one that has a shard.
func (f *folder) abort() error {
	err := f.shards.Abort()
	part := f.path + partSuffix
	if !shards.Exists(part) {
		return errors.Join(err, os.RemoveAll(part))
	}
	return err
}
