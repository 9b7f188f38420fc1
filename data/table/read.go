package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data"
)

// Row is what a table says of one sample.
type Row struct {
	ID      string
	Labels  data.Labels
	Labeled bool   // the table has a Target column
	Split   string // empty without a Split column
}

// Read reads a table whose labels are below classes. Windows line ends, a
// byte-order mark, quotes and stray blanks are taken as they are meant. No
// header, an unknown label, a row that is too short and an Id that comes twice
// are errors that name the line; all of them, up to ten, are reported at once.
func Read(path string, classes int) ([]Row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !strings.HasSuffix(path, compressed) {
		return read(path, f, classes)
	}
	z, err := zstd.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer z.Close()
	return read(path, z, classes)
}

const (
	compressed = ".zst"
	mostFaults = 10
)

// reader is a table that is being read.
type reader struct {
	name    string
	csv     *csv.Reader
	classes int
	id      int // columns; -1 when there is none
	target  int
	split   int
	lineOf  map[string]int // where an Id stands
	faults  []error
	rows    []Row
}

func read(name string, in io.Reader, classes int) ([]Row, error) {
	b := bufio.NewReader(in)
	if mark, _ := b.Peek(3); string(mark) == "\xef\xbb\xbf" {
		b.Discard(3)
	}
	r := &reader{name: name, csv: csv.NewReader(b), classes: classes, lineOf: map[string]int{}}
	r.csv.ReuseRecord = true
	r.csv.FieldsPerRecord = -1 // told apart below, with the line's number
	r.csv.TrimLeadingSpace = true
	if err := r.header(); err != nil {
		return nil, err
	}
	for len(r.faults) < mostFaults {
		record, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.faults = append(r.faults, r.syntax(err))
			break
		}
		line, _ := r.csv.FieldPos(0)
		if err := r.row(record, line); err != nil {
			r.faults = append(r.faults, fmt.Errorf("%s:%d: %w", name, line, err))
		}
	}
	if err := errors.Join(r.faults...); err != nil {
		return nil, err
	}
	return r.rows, nil
}

// syntax puts a CSV error in the form of the others.
func (r *reader) syntax(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d:%d: %w", r.name, parse.Line, parse.Column, parse.Err)
	}
	return fmt.Errorf("%s: %w", r.name, err)
}

func (r *reader) header() error {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s:1: the table is empty; its header should be Id,Target", r.name)
	}
	if err != nil {
		return r.syntax(err)
	}
	r.id, r.target, r.split = -1, -1, -1
	for i, name := range record {
		column := map[string]*int{"id": &r.id, "target": &r.target, "split": &r.split}[strings.ToLower(strings.TrimSpace(name))]
		switch {
		case column == nil:
		case *column >= 0:
			return fmt.Errorf("%s:1: column %s is there twice", r.name, strings.TrimSpace(name))
		default:
			*column = i
		}
	}
	if r.id < 0 {
		return fmt.Errorf("%s:1: no column Id; the header is %q", r.name, strings.Join(record, ","))
	}
	return nil
}

func (r *reader) row(record []string, line int) error {
	if need := max(r.id, r.target, r.split) + 1; len(record) < need {
		return fmt.Errorf("%d fields, want at least %d", len(record), need)
	}
	row := Row{ID: strings.TrimSpace(record[r.id])}
	if row.ID == "" {
		return errors.New("the Id is empty")
	}
	if before, twice := r.lineOf[row.ID]; twice {
		return fmt.Errorf("%s stands in line %d already", row.ID, before)
	}
	if r.target >= 0 {
		labels, err := data.ParseLabels(record[r.target], r.classes)
		if err != nil {
			return fmt.Errorf("%s: %w", row.ID, err)
		}
		row.Labels, row.Labeled = labels, true
	}
	if r.split >= 0 {
		row.Split = strings.Clone(strings.TrimSpace(record[r.split]))
	}
	row.ID = strings.Clone(row.ID)
	r.lineOf[row.ID] = line
	r.rows = append(r.rows, row)
	return nil
}
