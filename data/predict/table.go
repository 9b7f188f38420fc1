package predict

import (
	"fmt"
	"path/filepath"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
)

// Table is the probabilities of many samples, all of the same labels, each Id
// once, and either all labelled or none.
type Table struct {
	Classes int
	Labeled bool
	Rows    []*data.Prediction
}

// Format is how a table is kept. Its text ends the table's name.
type Format string

// The formats there are.
const (
	CSV        Format = ".csv"
	Compressed Format = ".csv.zst"
	Shards     Format = ".shards"
)

// FormatOf tells a table's format by its name; one that tells nothing is an error.
func FormatOf(path string) (Format, error) {
	for _, f := range []Format{CSV, Compressed, Shards} {
		if strings.HasSuffix(filepath.Clean(path), string(f)) {
			return f, nil
		}
	}
	return "", fmt.Errorf("%q does not tell what it is: a table of probabilities is called NAME%s, NAME%s, or NAME%s for a folder of shards",
		path, CSV, Compressed, Shards)
}

// Read reads a table of so many labels. A probability outside 0..1, labels that
// are there in part, another number of labels and an Id that comes twice are
// errors.
func Read(path string, classes int) (*Table, error) {
	t := &Table{Classes: classes}
	err := Each(path, classes, 0, func(r *data.Prediction) {
		t.Rows = append(t.Rows, r)
		t.Labeled = r.Labeled
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Each is Read, of a file of so many rows at most, that hands them on one by one.
// An error says that what it has handed on is to be thrown away.
func Each(path string, classes int, limit table.Limit, row func(*data.Prediction)) error {
	format, err := FormatOf(path)
	if err != nil {
		return err
	}
	if format != Shards {
		return readCSV(path, classes, limit, row)
	}
	t, err := readShards(path, classes)
	if err != nil {
		return err
	}
	for _, r := range t.Rows {
		row(r)
	}
	return nil
}

// Write writes a table.
func Write(path string, t *Table) error {
	w, err := Create(path, Options{})
	if err != nil {
		return err
	}
	for _, r := range t.Rows {
		if err := w.Add(r); err != nil {
			w.Abort() // the first error counts
			return err
		}
	}
	return w.Commit()
}
