package predict

import (
	"errors"
	"fmt"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
)

// Options say how a table is written.
type Options struct {
	// ShardRows are the rows in a shard, at most; 0: 256.
	ShardRows int

	// Names are the labels' own, kept beside shards for those who look at them;
	// nil: the labels have none, or those of the Human Protein Atlas.
	Names data.Names

	// GoOn lets a writer of shards go on after what one that was stopped has
	// left; else that is thrown away.
	GoOn bool

	// Locked says that the caller keeps other writers from the table.
	Locked bool

	// Entering and Entered are told what appears in the part of a folder of
	// shards, as by shards.Options.
	Entering func(keys []string) error
	Entered  func(keys []string, sums []uint64) error

	// Seal, where set, is called when all rows are written and the table does
	// not appear yet, with the folder it will be; empty for a file.
	Seal func(folder string) error
}

// Writer writes a table, row by row. It ends with one of Commit and Abort, and
// is not safe for concurrent use, other than Has.
type Writer struct {
	path  string
	out   output
	first *data.Prediction // the rows after it are to be like it
}

// output is a table of one format that is being written.
type output interface {
	has(id string) bool // whether a writer that was stopped has left the row
	left() int          // how many it has left
	add(*data.Prediction) error
	commit() error
	abort() error
}

// Part is the folder in which a folder of shards is written before it appears.
func Part(path string) string { return filepath.Clean(path) + partSuffix }

// Create begins a table, in a folder that is made if need be, or goes on with
// one. What a killed writer left half written is removed.
func Create(path string, o Options) (*Writer, error) {
	format, err := FormatOf(path)
	if err != nil {
		return nil, err
	}
	path = filepath.Clean(path)
	if err := atomicfile.Prepare(path); err != nil {
		return nil, err
	}
	w := &Writer{path: path}
	if format == Shards {
		w.out, err = createShards(path, o)
	} else {
		w.out, err = createCSV(path, format, o)
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Has says whether a row was there when the writer began. It may be called
// while rows are added.
func (w *Writer) Has(id string) bool { return w.out.has(id) }

// Left is how many rows a writer that was stopped has left, which this one goes
// on after.
func (w *Writer) Left() int { return w.out.left() }

// Add appends a row. One that is not valid, or has labels or probabilities
// where the first has not, is an error.
func (w *Writer) Add(p *data.Prediction) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if w.first == nil {
		w.first = p
	}
	switch {
	case p.Labeled != w.first.Labeled:
		return fmt.Errorf("%s: some samples of the table have labels, some have none", p.ID)
	case len(p.P) != len(w.first.P):
		return fmt.Errorf("%s has %d probabilities, %s has %d", p.ID, len(p.P), w.first.ID, len(w.first.P))
	}
	return w.out.add(p)
}

// Commit makes the table appear, in place of one that has the name. A table of
// no rows is an error.
func (w *Writer) Commit() error {
	if w.first == nil && w.out.left() == 0 {
		return errors.Join(fmt.Errorf("%s: there is no row to write", w.path), w.out.abort())
	}
	return w.out.commit()
}

// Abort ends without a table. What has the name stays, and of shards those that
// are complete, to go on after.
func (w *Writer) Abort() error { return w.out.abort() }
