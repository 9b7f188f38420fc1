package predict

import (
	"errors"
	"fmt"
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
	for _, e := range entries {
		c, err := r.Read(e.Key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p, err := c.Prediction()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		switch {
		case len(p.P) != classes:
			return nil, fmt.Errorf("%s: %s has %d probabilities, want %d", path, p.ID, len(p.P), classes)
		case p.Labeled != t.Labeled:
			return nil, fmt.Errorf("%s: some samples have labels, some, as %s, have none", path, p.ID)
		}
		t.Rows = append(t.Rows, p)
	}
	return t, nil
}

// folder is a folder of shards that is being written, as its part.
type folder struct {
	path   string
	from   string
	before int // rows that a writer that was stopped has left
	shards *shards.Writer
}

func createShards(path string, o Options) (*folder, error) {
	if err := replaceable(path); err != nil {
		return nil, fmt.Errorf("%s is there, and is not to be replaced: %w", path, err)
	}
	if err := begin(path+partSuffix, o.From); err != nil {
		return nil, err
	}
	rows := o.ShardRows
	if rows == 0 {
		rows = 256
	}
	w, err := shards.Create(path+partSuffix, shards.Probabilities, shards.Limits{Samples: rows, Bytes: 1 << 30})
	if err != nil {
		return nil, err
	}
	return &folder{path: path, from: o.From, before: w.Before(), shards: w}, nil
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
	for _, e := range entries {
		if name := e.Name(); !shards.IsName(name) && !strings.HasPrefix(name, ".") {
			return fmt.Errorf("it holds %s, which is no shard", name)
		}
	}
	r, err := shards.Open(path, shards.Probabilities)
	if err != nil {
		return err
	}
	return r.Close()
}

// begin empties a part, unless it was begun from the same.
func begin(part, from string) error {
	if from != "" && provenance.WasFresh(part, from) {
		return nil
	}
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	unlock, err := atomicfile.Lock(part) // nobody else is writing it
	if err != nil {
		return err
	}
	if err := errors.Join(provenance.Forget(part), os.RemoveAll(part), unlock()); err != nil {
		return err
	}
	if err := os.MkdirAll(part, 0o755); err != nil || from == "" {
		return err
	}
	return provenance.Record(part, from)
}

// forgetPart removes the digest of a part that has become its folder.
func forgetPart(path string) error {
	if _, err := os.Stat(path + partSuffix); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return provenance.Forget(path + partSuffix)
}

func (f *folder) has(id string) bool { return f.shards.Has(id) }
func (f *folder) left() int          { return f.before }

func (f *folder) add(p *data.Prediction) error {
	frame, err := shards.EncodePrediction(p)
	if err != nil {
		return err
	}
	return f.shards.Add(frame)
}

// commit puts the part in the folder's place. Killed after any of the steps, it
// leaves a part that the next writer goes on with, or the folder; which is why
// the digest is there before the folder that it is of.
func (f *folder) commit() error {
	part := f.path + partSuffix
	err := f.shards.Commit()
	if err == nil {
		err = provenance.Forget(f.path)
	}
	if err == nil {
		err = removeAtOnce(f.path)
	}
	if err == nil && f.from != "" {
		err = provenance.Record(f.path, f.from)
	}
	if err == nil {
		err = os.Rename(part, f.path)
	}
	if err == nil {
		err = atomicfile.OS.SyncDir(filepath.Dir(f.path))
	}
	if err == nil {
		err = provenance.Forget(part)
	}
	return err
}

// removeAtOnce removes a folder, of which no reader finds a half.
func removeAtOnce(path string) error {
	old := path + oldSuffix
	if err := os.RemoveAll(old); err != nil { // of a writer that was killed here
		return err
	}
	if err := os.Rename(path, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(old)
}

// abort keeps a part that can be gone on with: one that has a shard and a digest.
func (f *folder) abort() error {
	part := f.path + partSuffix
	err := f.shards.Abort()
	if f.from == "" {
		return errors.Join(err, os.RemoveAll(part))
	}
	if os.Remove(part) == nil { // it was empty
		err = errors.Join(err, provenance.Forget(part))
	}
	return err
}
