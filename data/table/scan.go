package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data/regular"
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

	Or      map[string]string // another name that a column may have
	Longest int               // bytes of a line, at most; 0: a MiB
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
		text.longest = max(columns.Longest, longestLine)
		return (&scanner{name: path}).all(newPieces(text), columns, row)
	})
}

// open reads a file's text, unpacked where its name says so.
func (l Limit) open(path string, read func(*lines) error) error {
	f, info, err := regular.Open(path)
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
	return read(newLines(z, l, l.unpacked(info.Size())))
}

// MostFaults is how many faults of a table are reported.
const MostFaults = 10

const (
	compressed = ".zst"
	mostWindow = 128 << 20 // of a compressed table's decoder
)

// scanner knows what is wanted of a CSV file's rows.
type scanner struct {
	name   string
	width  int   // fields of the header
	places []int // by column of the file, up to the last that is asked for: which of those it is; -1: none
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
	for err == nil && len(faults) < MostFaults {
		text := next.text
		s.rows(next, row, fault)
		next, err = p.next(text)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		faults = append(faults, s.syntax(err))
	}
	return errors.Join(faults[:min(len(faults), MostFaults)]...)
}

// begin reads the header, and gives what is left of its piece.
func (s *scanner) begin(p *pieces, columns Columns) (piece, error) {
	for {
		first, err := p.next(nil)
		if err == nil {
			var record []string
			var line int
			if record, line, err = first.record(); err == nil {
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
	s.width = len(record)
	want := strings.Join(columns.Need, ",")
	names := append(append([]string{}, columns.Need...), columns.May...)
	s.fields = Fields{values: make([]string, len(names)), has: make([]bool, len(names))}
	for i, name := range names {
		called := name
		if or := columns.Or[name]; or != "" && !slices.ContainsFunc(record, func(field string) bool { return strings.EqualFold(field, name) }) {
			called = or
		}
		for j, field := range record {
			if !strings.EqualFold(field, called) {
				continue
			}
			if s.fields.has[i] {
				return fmt.Errorf("%s:%d: column %s is there twice", s.name, line, name)
			}
			s.fields.has[i] = true
			for len(s.places) <= j {
				s.places = append(s.places, -1)
			}
			s.places[j] = i
		}
		if !s.fields.has[i] && i < len(columns.Need) {
			return fmt.Errorf("%s:%d: no column %s; the first line should be the header %s, and is %q",
				s.name, line, name, want, strings.Join(record, ","))
		}
	}
	return nil
}

// rows calls row for each record of a piece, and fault for what is wrong with
// one; reading ends at an error of encoding/csv, and at MostFaults.
func (s *scanner) rows(p piece, row func(Fields) error, fault func(line int, err error)) {
	for faults := 0; faults < MostFaults; {
		fields, err := s.next(&p)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fault(0, err)
			return
		}
		switch {
		case fields < len(s.places):
			err = fmt.Errorf("%d fields, want at least %d", fields, len(s.places))
		case fields > s.width:
			err = fmt.Errorf("%d fields, and the header has %d; one that holds commas stands in quotes", fields, s.width)
		default:
			err = row(s.fields)
		}
		if err != nil {
			fault(s.fields.Line, err)
			faults++
		}
	}
}

// next takes the fields of the next record, and says how many it has. Empty ones
// behind those of the header do not count.
func (s *scanner) next(p *piece) (fields int, err error) {
	if p.csv == nil {
		var text string
		text, s.fields.Line, err = p.next()
		if err != nil {
			return 0, err
		}
		return s.cut(text), nil
	}
	record, line, err := p.record()
	for j, place := range s.places[:min(len(s.places), len(record))] {
		if place >= 0 {
			s.fields.values[place] = trimmed(record[j])
		}
	}
	s.fields.Line = line
	return s.filled(record), err
}

// filled is how many fields a record has.
func (s *scanner) filled(record []string) int {
	n := len(record)
	for n > s.width && trimmed(record[n-1]) == "" {
		n--
	}
	return n
}

// cut is next of a line without quotes. Millions of fields come by here.
func (s *scanner) cut(text string) (fields int) {
	begin := 0
	for _, place := range s.places {
		end := begin
		for end < len(text) && text[end] != ',' {
			end++
		}
		if place >= 0 {
			s.fields.values[place] = trimmed(text[begin:end])
		}
		fields++
		if begin = end + 1; begin > len(text) {
			return fields
		}
	}
	if fields += 1 + strings.Count(text[begin:], ","); fields > s.width {
		fields = s.filled(strings.Split(text, ","))
	}
	return fields
}

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
