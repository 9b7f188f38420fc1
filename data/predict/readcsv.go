package predict

import (
	"fmt"
	"strconv"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
)

// readCSV reads a CSV file and hands on its rows. A column that lacks and a label
// other than 0 and 1 are errors, as are those of Read; errors of rows name the
// line.
func readCSV(path string, classes int, limit table.Limit, each func(*data.Prediction)) error {
	lineOf := map[string]int{} // where an Id stands
	err := table.ScanParts(limit, path, wanted(classes), func(p *part, f table.Fields) error { return p.row(f, classes) },
		func(p *part, fault func(line int, err error)) {
			for i := range p.rows {
				r := &p.rows[i]
				if before, twice := lineOf[r.ID]; twice {
					fault(p.lines[i], standsTwice(r.ID, before))
					continue
				}
				lineOf[r.ID] = p.lines[i]
				each(r)
			}
		})
	if err == nil && len(lineOf) == 0 {
		err = noRow(path)
	}
	return err
}

// wanted are the columns of a table of so many labels.
func wanted(classes int) table.Columns {
	return table.Columns{
		Need: append([]string{"Id"}, columns("P", classes)...),
		May:  append(columns("L", classes), fmt.Sprintf("P%02d", classes)),
	}
}

func standsTwice(id string, before int) error {
	return fmt.Errorf("%s stands in line %d already", id, before)
}

func noRow(path string) error { return fmt.Errorf("%s: the table has no row", path) }

// part is the rows of a piece of the file.
type part struct {
	rows  []data.Prediction
	lines []int // that they stand in
	space []float64
}

// probabilities is memory for a row.
func (p *part) probabilities(classes int) []float64 {
	if len(p.space) < classes {
		p.space = make([]float64, 1024*classes)
	}
	row := p.space[:classes:classes]
	p.space = p.space[classes:]
	return row
}

func (p *part) row(f table.Fields, classes int) error {
	row := data.Prediction{ID: strings.Clone(f.Get(0)), P: p.probabilities(classes)}
	if err := data.CheckID(row.ID); err != nil {
		return err
	}
	if err := parse(f, &row); err != nil {
		return err
	}
	p.rows, p.lines = append(p.rows, row), append(p.lines, f.Line)
	return nil
}

// parse reads the probabilities, as many as the row has room for, and labels.
func parse(f table.Fields, row *data.Prediction) error {
	classes := len(row.P)
	if f.Has(1 + 2*classes) {
		return fmt.Errorf("there is a column P%02d; the table is of more than %d labels", classes, classes)
	}
	found := 0
	for n := range classes {
		v, ok := probability(f.Get(1 + n))
		if !ok {
			return fmt.Errorf("%s: P%02d is %q, want a probability in 0..1", row.ID, n, f.Get(1+n))
		}
		row.P[n] = v
		if !f.Has(1 + classes + n) {
			continue
		}
		found++
		switch label := f.Get(1 + classes + n); label {
		case "0":
		case "1":
			row.Labels |= data.LabelsOf(n)
		default:
			return fmt.Errorf("%s: L%02d is %q, want 0 or 1", row.ID, n, label)
		}
	}
	if found != 0 && found != classes {
		return fmt.Errorf("there are %d columns L00.. of %d", found, classes)
	}
	row.Labeled = found > 0
	return nil
}

// powers are those of ten by which a short decimal is divided, exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// probability reads a number in 0..1. Up to 15 digits with a point are the
// quotient of two numbers that float64 holds exactly, and so what strconv gives;
// that reads all else.
func probability(text string) (float64, bool) {
	var digits uint64
	point := -1
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits = 10*digits + uint64(c-'0')
		case c == '.' && point < 0 && i > 0:
			point = i
		default:
			return slowProbability(text)
		}
	}
	after := 0
	if point >= 0 {
		after = len(text) - 1 - point
	}
	if len(text) == 0 || len(text) > 16 || after == 0 && point >= 0 {
		return slowProbability(text)
	}
	v := float64(digits) / powers[after]
	return v, v <= 1
}

func slowProbability(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && v >= 0 && v <= 1
}
