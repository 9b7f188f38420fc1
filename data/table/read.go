package table

import (
	"fmt"
	"strings"

	"hpaflow/data"
)

// Row is what a table says of one sample.
type Row struct {
	ID      string
	Labels  data.Labels
	Labeled bool   // the table has a Target column
	Split   string // empty without a Split column
}

// The columns of a label table, in the order Read asks for them.
const (
	columnID = iota
	columnTarget
	columnSplit
)

// columnNames are what the challenge of 2021 calls columns.
var columnNames = map[string]string{"Target": "Label"}

// Read reads a label table whose labels are below classes. No header, an
// unknown label, a row that is too short, an Id that comes twice and one that
// cannot name a file (see data.CheckID) are errors that name the line.
func Read(path string, classes int) ([]Row, error) { return Limit(0).Read(path, classes) }

// Read is the function of this name, with another limit.
func (l Limit) Read(path string, classes int) ([]Row, error) {
	return l.read(path, classes, Columns{Need: []string{"Id"}, May: []string{"Target", "Split"}, Or: columnNames})
}

// ReadLabelled is Read of a table that must have a Target column.
func ReadLabelled(path string, classes int) ([]Row, error) {
	return Limit(0).ReadLabelled(path, classes)
}

// ReadLabelled is the function of this name, with another limit.
func (l Limit) ReadLabelled(path string, classes int) ([]Row, error) {
	return l.read(path, classes, Columns{Need: []string{"Id", "Target"}, May: []string{"Split"}, Or: columnNames})
}

func (l Limit) read(path string, classes int, columns Columns) ([]Row, error) {
	r := reader{classes: classes, lineOf: map[string]int{}}
	if err := l.Scan(path, columns, r.row); err != nil {
		return nil, err
	}
	return r.rows, nil
}

// reader gathers the rows of a table.
type reader struct {
	classes int
	lineOf  map[string]int // where an Id stands
	rows    []Row
}

func (r *reader) row(f Fields) error {
	id := f.Get(columnID)
	if err := data.CheckID(id); err != nil {
		return err
	}
	if before, twice := r.lineOf[id]; twice {
		return fmt.Errorf("%s stands in line %d already", id, before)
	}
	row := Row{ID: strings.Clone(id)}
	if f.Has(columnTarget) {
		labels, err := data.ParseLabels(f.Get(columnTarget), r.classes)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		row.Labels, row.Labeled = labels, true
	}
	if f.Has(columnSplit) {
		row.Split = strings.Clone(f.Get(columnSplit))
	}
	r.lineOf[row.ID] = f.Line
	r.rows = append(r.rows, row)
	return nil
}
