package submission

import (
	"encoding/csv"
	"io"

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

// ReadOrder gives the Ids of a sample submission, in its order.
func ReadOrder(path string) ([]string, error) {
	rows, err := table.Read(path, data.MaxClasses)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, nil
}
