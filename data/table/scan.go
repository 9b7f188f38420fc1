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
	return l.open(path, func(text *lines) error {
		return (&scanner{name: path}).all(newPieces(text), columns, row)
	})
}

// open reads a file's text, unpacked where its name says so.
func (l Limit) open(path string, read func(*lines) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if !strings.HasSuffix(path, compressed) {
		return read(newLines(f, l, 0))
	}
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer z.Close()
	return read(newLines(z, l, l.rows()*rowBytes))
}

const (
	compressed = ".zst"
	mostFaults = 10
	mostWindow = 128 << 20 // of a compressed table's decoder
)

// scanner knows what is wanted of a CSV file's rows.
type scanner struct {
	name   string
	place  []int // where the columns asked for stand; -1: nowhere
	width  int   // fields a row needs
	fields Fields
}

// copy is a scanner that may work beside this one.
func (s *scanner) copy() *scanner {
	c := *s
	c.fields.values = make([]string, len(s.fields.values))
	return &c
}

func (s *scanner) all(p *pieces, columns Columns, row func(Fields) error) error {
	next, err := s.begin(p, columns)
	if err != nil {
		return err
	}
	var faults []error
	fault := func(line int, err error) { faults = append(faults, s.at(line, err)) }
	for err == nil && len(faults) < mostFaults {
		text := next.text
		s.rows(next, row, fault)
		next, err = p.next(text)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		faults = append(faults, s.syntax(err))
	}
	return errors.Join(faults[:min(len(faults), mostFaults)]...)
}

// begin reads the header, and gives what is left of its piece.
func (s *scanner) begin(p *pieces, columns Columns) (piece, error) {
	for {
		first, err := p.next(nil)
		if err == nil {
			var record []string
			var line int
			if record, line, err = first.record(nil); err == nil {
				return first, s.header(record, line, columns)
			} else if errors.Is(err, io.EOF) && first.csv == nil {
				continue // lines of nothing
			}
		}
		if errors.Is(err, io.EOF) {
			return piece{}, fmt.Errorf("%s:1: the table is empty; its header should be %s", s.name, strings.Join(columns.Need, ","))
		}
		return piece{}, s.syntax(err)
	}
}

// header finds the columns.
func (s *scanner) header(record []string, line int, columns Columns) error {
	for j := range record {
		record[j] = trimmed(record[j])
	}
	want := strings.Join(columns.Need, ",")
	names := append(append([]string{}, columns.Need...), columns.May...)
	s.fields = Fields{values: make([]string, len(names)), has: make([]bool, len(names))}
	s.place = make([]int, len(names))
	for i, name := range names {
		s.place[i] = -1
		for j, field := range record {
			if !strings.EqualFold(field, name) {
				continue
			}
			if s.place[i] >= 0 {
				return fmt.Errorf("%s:%d: column %s is there twice", s.name, line, name)
			}
			s.place[i] = j
		}
		if s.place[i] < 0 && i < len(columns.Need) {
			return fmt.Errorf("%s:%d: no column %s; the first line should be the header %s, and is %q",
				s.name, line, name, want, strings.Join(record, ","))
		}
		s.fields.has[i] = s.place[i] >= 0
		s.width = max(s.width, s.place[i]+1)
	}
	return nil
}

// rows calls row for each record of a piece, and fault for what is wrong with
// one; reading ends at an error of encoding/csv, and at mostFaults.
func (s *scanner) rows(p piece, row func(Fields) error, fault func(line int, err error)) {
	space := make([]string, 0, 64)
	for faults := 0; faults < mostFaults; {
		record, line, err := p.record(space[:0])
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fault(0, err)
			return
		}
		if err := s.row(record, line, row); err != nil {
			fault(line, err)
			faults++
		}
		if p.csv == nil {
			space = record
		}
	}
}

func (s *scanner) row(record []string, line int, row func(Fields) error) error {
	if len(record) < s.width {
		return fmt.Errorf("%d fields, want at least %d", len(record), s.width)
	}
	s.fields.Line = line
	for i, at := range s.place {
		if at >= 0 {
			s.fields.values[i] = trimmed(record[at])
		}
	}
	return row(s.fields)
}

// trimmed is a field without the blanks around it.
func trimmed(field string) string {
	if n := len(field); n > 0 && plain(field[0]) && plain(field[n-1]) {
		return field
	}
	return strings.TrimSpace(field)
}

// plain says that a byte is no blank, nor part of one.
func plain(c byte) bool { return c > ' ' && c < 0x80 }

// at says where a fault is; line 0 stands for what encoding/csv reports.
func (s *scanner) at(line int, err error) error {
	if line == 0 {
		return s.syntax(err)
	}
	return fmt.Errorf("%s:%d: %w", s.name, line, err)
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
