package images

import (
	"fmt"

	"hpaflow/flow/component"
)

// matches is how far the Ids of a table and those of samples agree.
type matches struct {
	samples     int
	without     int    // samples that have no row
	used        int    // rows that are of a sample
	firstRow    string // an Id of the table
	firstSample string // an Id that has no row
}

func (m *matches) saw(id string, first, found bool) {
	m.samples++
	if first {
		m.used++
	}
	if !found {
		if m.without == 0 {
			m.firstSample = id
		}
		m.without++
	}
}

// compare tells at the end what has no counterpart. When nothing has, the table
// is not of these samples, or its Ids are written in another way. Samples that
// were complete before have not come by, so that nothing can be said of theirs; nor
// can it of those of other units.
func (l *labelling) compare() error {
	if l.table == "" || l.samples == 0 || l.node.InUnit {
		return nil
	}
	complete := int64(0)
	for _, st := range l.node.Graph.Stats().Stages {
		complete += st.Complete
	}
	note := func(format string, args ...any) { l.node.Graph.Note(l.node.Name, fmt.Sprintf(format, args...)) }
	if l.used == 0 && complete == 0 && !l.node.Limits().AllowEmpty {
		return &component.InputError{Err: fmt.Errorf("no row of %s is of any of the %d samples: its Ids are as %q, theirs as %q; "+
			"to let samples pass unlabelled, leave the table out, or write allow_empty = true in the flow's run block",
			l.table, l.samples, l.firstRow, l.firstSample)}
	}
	if l.without > 0 {
		note("%d of %d samples have no row in %s; the first is %s", l.without, l.samples, l.table, l.firstSample)
	}
	if unused := len(l.rows) - l.used; unused > 0 && complete == 0 {
		note("%d of %d rows of %s are of no sample", unused, len(l.rows), l.table)
	}
	return nil
}
