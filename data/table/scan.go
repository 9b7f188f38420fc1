package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Fields are the fields of one row, in the order of the columns asked for.
// They are valid until the next row.
type Fields struct {
	Line   int // of the file, from 1
	values []string
	has    []bool
}

// Get gives the field of column i, without the blanks around it; it is empty
// for a column that the table lacks.
func (f Fields) Get(i int) string { return f.values[i] }

// Has says whether the table has column i.
func (f Fields) Has(i int) bool { return f.has[i] }

// Columns are the columns of a CSV file that a reader is interested in. Names
// are compared without regard to case; other columns are passed over.
type Columns struct {
	Need []string // a table that lacks one is refused
	May  []string
}

// Scan reads the rows of a CSV file, MaxRows at most. Fields follow the order of
// columns.Need, then columns.May. Line ends of any sort, a byte-order mark,
// quotes and stray blanks are taken as they are meant. An error of row is
// reported as file:line; reading goes on, so that up to ten faults are reported
// at once.
func Scan(path string, columns Columns, row func(Fields) error) error {
	return Limit(0).Scan(path, columns, row)
}

// Scan is the function of this name, with another limit.
func (l Limit) Scan(path string, columns Columns, row func(Fields) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if !strings.HasSuffix(path, compressed) {
		return scan(path, newLines(f, l, 0), columns, row)
	}
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer z.Close()
	return scan(path, newLines(z, l, l.rows()*rowBytes), columns, row)
}

const (
	compressed = ".zst"
	mostFaults = 10
	mostWindow = 128 << 20 // of a compressed table's decoder
)

// scanner is a CSV file that is being read.
type scanner struct {
	name   string
	csv    *csv.Reader
	at     []int // where the columns asked for stand; -1: nowhere
	width  int   // fields a row needs
	fields Fields
}

func scan(name string, text *lines, columns Columns, row func(Fields) error) error {
	s := &scanner{name: name, csv: csv.NewReader(text)}
	s.csv.ReuseRecord = true
	s.csv.FieldsPerRecord = -1 // told apart below, with the line's number
	s.csv.TrimLeadingSpace = true
	if err := s.header(columns); err != nil {
		return err
	}
	return s.rows(row)
}

// header finds the columns.
func (s *scanner) header(columns Columns) error {
	want := strings.Join(columns.Need, ",")
	record, err := s.csv.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s:1: the table is empty; its header should be %s", s.name, want)
	}
	if err != nil {
		return s.syntax(err)
	}
	line, _ := s.csv.FieldPos(0)
	names := append(append([]string{}, columns.Need...), columns.May...)
	s.fields = Fields{values: make([]string, len(names)), has: make([]bool, len(names))}
	s.at = make([]int, len(names))
	for i, name := range names {
		s.at[i] = -1
		for j, field := range record {
			if !strings.EqualFold(strings.TrimSpace(field), name) {
				continue
			}
			if s.at[i] >= 0 {
				return fmt.Errorf("%s:%d: column %s is there twice", s.name, line, name)
			}
			s.at[i] = j
		}
		if s.at[i] < 0 && i < len(columns.Need) {
			return fmt.Errorf("%s:%d: no column %s; the first line should be the header %s, and is %q",
				s.name, line, name, want, strings.Join(record, ","))
		}
		s.fields.has[i] = s.at[i] >= 0
		s.width = max(s.width, s.at[i]+1)
	}
	return nil
}

func (s *scanner) rows(row func(Fields) error) error {
	var faults []error
	for len(faults) < mostFaults {
		record, err := s.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			faults = append(faults, s.syntax(err))
			break
		}
		line, _ := s.csv.FieldPos(0)
		if err := s.row(record, line, row); err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", s.name, line, err))
		}
	}
	return errors.Join(faults...)
}

func (s *scanner) row(record []string, line int, row func(Fields) error) error {
	if len(record) < s.width {
		return fmt.Errorf("%d fields, want at least %d", len(record), s.width)
	}
	s.fields.Line = line
	for i, at := range s.at {
		if at >= 0 {
			s.fields.values[i] = strings.TrimSpace(record[at])
		}
	}
	return row(s.fields)
}

// syntax puts a CSV error in the form of the others.
func (s *scanner) syntax(err error) error {
	var bound *boundError
	if errors.As(err, &bound) {
		return fmt.Errorf("%s:%d: %w", s.name, bound.line, bound)
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d:%d: %w", s.name, parse.Line, parse.Column, parse.Err)
	}
	return fmt.Errorf("%s: %w", s.name, err)
}
