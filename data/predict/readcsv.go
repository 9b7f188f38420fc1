package predict

import (
	"fmt"
	"strconv"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
)

// readCSV reads a CSV file. A column that lacks and a label other than 0 and 1
// are errors, as are those of Read; errors of rows name the line.
func readCSV(path string, classes int) (*Table, error) {
	r := reader{table: &Table{Classes: classes}, lineOf: map[string]int{}}
	want := table.Columns{
		Need: append([]string{"Id"}, columns("P", classes)...),
		May:  append(columns("L", classes), fmt.Sprintf("P%02d", classes)),
	}
	if err := table.Scan(path, want, r.row); err != nil {
		return nil, err
	}
	if len(r.table.Rows) == 0 {
		return nil, fmt.Errorf("%s: the table has no row", path)
	}
	return r.table, nil
}

type reader struct {
	table  *Table
	lineOf map[string]int // where an Id stands
}

func (r *reader) row(f table.Fields) error {
	classes := r.table.Classes
	row := &data.Prediction{ID: strings.Clone(f.Get(0)), P: make([]float64, classes)}
	if err := data.CheckID(row.ID); err != nil {
		return err
	}
	if before, twice := r.lineOf[row.ID]; twice {
		return fmt.Errorf("%s stands in line %d already", row.ID, before)
	}
	r.lineOf[row.ID] = f.Line
	if f.Has(1 + 2*classes) {
		return fmt.Errorf("there is a column P%02d; the table is of more than %d labels", classes, classes)
	}
	found := 0
	for n := range classes {
		p, err := strconv.ParseFloat(f.Get(1+n), 64)
		if err != nil || !(p >= 0 && p <= 1) {
			return fmt.Errorf("%s: P%02d is %q, want a probability in 0..1", row.ID, n, f.Get(1+n))
		}
		row.P[n] = p
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
	r.table.Labeled = row.Labeled
	r.table.Rows = append(r.table.Rows, row)
	return nil
}
