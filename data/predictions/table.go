package predictions

import "hpaflow/data"

// Row is the probabilities of one sample.
type Row struct {
	ID      string
	Labels  data.Labels
	Labeled bool
	P       []float64 // by label, 0..1
}

// Bytes is the memory the row holds.
func (r *Row) Bytes() int64 { return int64(len(r.ID)) + 8*int64(len(r.P)) + 64 }

// Table is the probabilities of many samples, all of the same labels, each Id
// once, and either all labelled or none.
type Table struct {
	Classes int
	Labeled bool
	Rows    []*Row
}
