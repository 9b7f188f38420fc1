package images

import (
	"context"

	"hpaflow/data/table"
	"hpaflow/flow"
)

// cut lets the rows of a table be shared out.
func (s *samples) cut() *flow.Cut {
	return &flow.Cut{
		Names: func(context.Context) ([]string, error) { return s.ids(), nil },
		Take: func(first int64, ids []string) {
			s.first, s.rows = first, rowsOf(s.rows, ids)
		},
		Origin: func(id string) (string, flow.Origin, bool) {
			_, err := s.images.of(id)
			return id, s.images.origin(id), err == nil
		},
	}
}

// rowsOf are the rows of some Ids, in their order. One that has none any more
// gets a row of its own, of a sample whose image there may still be.
func rowsOf(rows []table.Row, ids []string) []table.Row {
	return flow.Taken(rows, ids, func(r table.Row) string { return r.ID }, func(id string) table.Row { return table.Row{ID: id} })
}
