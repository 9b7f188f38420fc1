package corrections

import (
	"fmt"
	"strings"
	"time"

	"hpaflow/data"
	"hpaflow/data/table"
)

// Log is the changes of a table, in its order.
type Log struct {
	Changes []Change
	byID    map[string][]int32 // places in Changes
}

// Read reads a table whose labels are below classes. The faults of any table name the
// line.
func Read(path string, classes int, limit table.Limit) (*Log, error) {
	l := &Log{byID: map[string][]int32{}}
	columns := table.Columns{Need: []string{"Id", "Target"}, May: []string{"Note", "Time"}}
	err := limit.Scan(path, columns, func(f table.Fields) error {
		c := Change{ID: strings.Clone(f.Get(0)), Note: strings.Clone(f.Get(2))}
		if err := data.CheckID(c.ID); err != nil {
			return err
		}
		if text := f.Get(3); text != "" {
			var err error
			if c.Time, err = time.Parse(time.RFC3339Nano, text); err != nil {
				return fmt.Errorf("%s: %q is no time", c.ID, text)
			}
		}
		if err := c.parseTarget(f.Get(1), classes); err != nil {
			return fmt.Errorf("%s: %w", c.ID, err)
		}
		l.add(c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Empty is a table without rows.
func Empty() *Log { return &Log{byID: map[string][]int32{}} }

func (l *Log) add(c Change) {
	l.byID[c.ID] = append(l.byID[c.ID], int32(len(l.Changes)))
	l.Changes = append(l.Changes, c)
}

// IDs lists the samples that have a row, as they first come.
func (l *Log) IDs() []string {
	list := make([]string, 0, len(l.byID))
	for i, c := range l.Changes {
		if l.byID[c.ID][0] == int32(i) {
			list = append(list, c.ID)
		}
	}
	return list
}

// State is what the changes of a sample come to.
type State struct {
	Exact      bool
	Labels     data.Labels // of Exact
	Added      data.Labels
	Dropped    data.Labels
	Flagged    bool
	Note       string
	LastChange time.Time // that still counts, and can be undone
}

// Corrects says whether it changes labels.
func (s State) Corrects() bool { return s.Exact || s.Added|s.Dropped != 0 }

// Of gives labels as they are corrected.
func (s State) Of(labels data.Labels) data.Labels {
	if s.Exact {
		labels = s.Labels
	}
	return (labels | s.Added) &^ s.Dropped
}

// State is that of a sample; false: it has no row, or all of them were undone.
func (l *Log) State(id string) (s State, some bool) {
	at := l.byID[id]
	if at == nil {
		return s, false
	}
	undone := l.undone(at)
	for _, i := range at {
		c := &l.Changes[i]
		if !c.Undo.IsZero() || undone[c.Time] {
			continue
		}
		some = true
		s.take(c)
	}
	return s, some
}

// undone are the times of a sample's changes that count no more.
func (l *Log) undone(at []int32) map[time.Time]bool {
	var undone map[time.Time]bool
	for _, i := range at {
		if c := &l.Changes[i]; !c.Undo.IsZero() {
			if undone == nil {
				undone = map[time.Time]bool{}
			}
			undone[c.Undo.UTC()] = true
		}
	}
	return undone
}

func (s *State) take(c *Change) {
	if c.Exact {
		s.Exact, s.Labels, s.Added, s.Dropped = true, c.Labels, 0, 0
	} else {
		s.Added, s.Dropped = (s.Added|c.Labels)&^c.Drop, (s.Dropped|c.Drop)&^c.Labels
	}
	s.Flagged = (s.Flagged || c.Flag) && !c.Unflag
	if c.Note != "" {
		s.Note = c.Note
	}
	if c.Unnote {
		s.Note = ""
	}
	s.LastChange = c.Time
}

// Used says what corrections did to rows.
type Used struct {
	Samples int // that have corrections of labels
	Rows    int // whose labels were corrected
	Changed int // and are now others
	Strange int // samples of corrections that have no row
}

func (u Used) String() string {
	text := fmt.Sprintf("%d of %d corrected samples are rows here, %d of them with other labels than before", u.Rows, u.Samples, u.Changed)
	if u.Strange > 0 {
		text += fmt.Sprintf("; %d are not among them", u.Strange)
	}
	return text
}

// Apply corrects the labels of rows. A row without labels gets those that are added.
func (l *Log) Apply(rows []table.Row) Used {
	states := map[string]State{}
	for id := range l.byID {
		if s, _ := l.State(id); s.Corrects() {
			states[id] = s
		}
	}
	used := Used{Samples: len(states)}
	for i := range rows {
		s, ok := states[rows[i].ID]
		if !ok {
			continue
		}
		used.Rows++
		labels := s.Of(rows[i].Labels)
		if labels != rows[i].Labels || !rows[i].Labeled {
			used.Changed++
		}
		rows[i].Labels, rows[i].Labeled = labels, true
	}
	used.Strange = used.Samples - used.Rows
	return used
}
