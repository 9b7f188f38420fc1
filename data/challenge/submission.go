package challenge

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/table"
)

// Row is the labels that are claimed for a sample.
type Row struct {
	ID     string
	Labels data.Labels
}

// Write writes a submission, atomically: Id,Predicted.
func Write(path string, rows []Row) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Write([]string{"Id", "Predicted"})
		for _, r := range rows {
			out.Write([]string{r.ID, r.Labels.String()})
		}
		out.Flush()
		return out.Error()
	})
}

// Read reads a submission of labels below classes. An Id that comes twice is
// an error, as are the faults of any table; they name the line.
func Read(path string, classes int, limit table.Limit) ([]Row, error) {
	var rows []Row
	lineOf := map[string]int{}
	err := limit.Scan(path, table.Columns{Need: []string{"Id", "Predicted"}}, func(f table.Fields) error {
		id := strings.Clone(f.Get(0))
		if before, twice := lineOf[id]; twice {
			return fmt.Errorf("%s stands in line %d already", id, before)
		}
		lineOf[id] = f.Line
		labels, err := data.ParseLabels(f.Get(1), classes)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		rows = append(rows, Row{ID: id, Labels: labels})
		return nil
	})
	return rows, err
}

// ReadOrder gives the Ids of a sample submission, in its order.
func ReadOrder(path string, limit table.Limit) ([]string, error) {
	rows, err := limit.Read(path, data.MaxClasses)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, nil
}
