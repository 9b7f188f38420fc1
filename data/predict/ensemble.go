package predict

import (
	"cmp"
	"errors"
	"fmt"

	"hpaflow/data"
)

// Member is a table that takes part in an ensemble.
type Member struct {
	Name   string // for errors, such as the file's name
	Table  *Table
	Weight float64
}

// Ensemble gives the weighted mean of the members' probabilities, sum(w*p) /
// sum(w), summed in the order of the members in float64. Rows are joined by Id
// and come in the order of the first member, or of order where it is given,
// which then says which Ids there are to be. Labels and splits are those of any
// member that has them.
//
// An Id that a member lacks or has in excess, members of different numbers of
// labels, labels that contradict each other and weights that are not finite,
// below 0 or all 0 are errors, and all of them are reported.
func Ensemble(members []Member, order []string) (*Table, error) {
	s := Sum{Order: order}
	for _, m := range members {
		s.Add(m)
	}
	return s.Mean()
}

// Sum is an Ensemble whose members come one by one, and row by row, so that
// they need not be in memory.
type Sum struct {
	Order []string // the Ids there are to be; nil: those of the first member

	out    *Table
	first  string         // the first member's name
	grows  bool           // the first member's rows make the order
	place  map[string]int // of each Id among the rows
	weight float64
	faults []error
}

// Add adds a member, which is not kept.
func (s *Sum) Add(m Member) {
	j := s.Join(m.Name, m.Table.Classes, m.Weight)
	for _, r := range m.Table.Rows {
		j.Row(r)
	}
	j.End()
}

// Joining is a member whose rows are being added.
type Joining struct {
	sum                       *Sum
	name                      string
	weight                    float64
	fits                      bool    // it is of as many labels as the others
	lines                     []int32 // by row of the sum: where this member has it; -1: somewhere; 0: nowhere
	missing, excess, contrary []string
}

// Join begins a member of so many labels; Row adds its rows, and End ends it.
func (s *Sum) Join(name string, classes int, weight float64) *Joining {
	if s.out == nil {
		s.begin(name, classes)
	} else {
		s.grows = false
	}
	if !(weight >= 0 && weight*0 == 0) {
		s.faults = append(s.faults, fmt.Errorf("%s has weight %v", name, weight))
	}
	s.weight += weight
	j := &Joining{sum: s, name: name, weight: weight, fits: classes == s.out.Classes, lines: make([]int32, len(s.out.Rows))}
	if !j.fits {
		s.faults = append(s.faults, fmt.Errorf("%s is of %d labels, %s of %d", name, classes, s.first, s.out.Classes))
	}
	return j
}

// begin makes the rows of the result, where it is known which there will be.
func (s *Sum) begin(name string, classes int) {
	s.out, s.first, s.grows = &Table{Classes: classes}, name, s.Order == nil
	s.place = make(map[string]int, len(s.Order))
	values := make([]float64, len(s.Order)*classes)
	rows := make([]data.Prediction, len(s.Order))
	for i, id := range s.Order {
		r := &rows[i]
		r.ID, r.P = id, values[i*classes:][:classes:classes]
		s.place[id] = i
		s.out.Rows = append(s.out.Rows, r)
	}
}

// Row adds a row, times the member's weight, where its Id stands.
func (j *Joining) Row(r *data.Prediction) {
	s := j.sum
	if !j.fits {
		return
	}
	at, known := s.place[r.ID]
	if !known && !s.grows {
		j.excess = append(j.excess, r.ID)
		return
	}
	if !known {
		at = len(s.out.Rows)
		s.place[r.ID] = at
		s.out.Rows = append(s.out.Rows, &data.Prediction{ID: r.ID, P: make([]float64, len(r.P))})
		j.lines = append(j.lines, 0)
	}
	j.lines[at] = -1
	s.out.Labeled = s.out.Labeled || r.Labeled
	if j.add(s.out.Rows[at], r) {
		j.contrary = append(j.contrary, r.ID)
	}
}

// add adds a row to one of the sum's, and says whether their labels contradict
// each other.
func (j *Joining) add(to, r *data.Prediction) (contrary bool) {
	to.Split = cmp.Or(to.Split, r.Split)
	for n, p := range r.P {
		to.P[n] += float64(j.weight * p) // converted, so that no machine fuses it with the sum
	}
	switch {
	case r.Labeled && to.Labeled:
		return r.Labels != to.Labels
	case r.Labeled:
		to.Labels, to.Labeled = r.Labels, true
	}
	return false
}

// End looks at what the member lacks, and has in excess.
func (j *Joining) End() {
	if !j.fits {
		return
	}
	for i, r := range j.sum.out.Rows {
		if j.lines[i] == 0 {
			j.missing = append(j.missing, r.ID)
		}
	}
	for _, f := range []struct {
		ids  []string
		what string
	}{{j.missing, "lacks"}, {j.excess, "has, and the others do not,"}, {j.contrary, "has other labels for"}} {
		if f.ids != nil {
			j.sum.faults = append(j.sum.faults, fmt.Errorf("%s %s %s", j.name, f.what, data.Enumerate(f.ids)))
		}
	}
}

// Mean is the mean of the members so far. It ends the sum.
func (s *Sum) Mean() (*Table, error) {
	if s.out == nil {
		return nil, errors.New("an ensemble of no tables")
	}
	if s.weight == 0 {
		s.faults = append(s.faults, errors.New("all weights are 0"))
	}
	if err := errors.Join(s.faults...); err != nil {
		return nil, err
	}
	for _, r := range s.out.Rows {
		for n := range r.P {
			r.P[n] /= s.weight
		}
	}
	return s.out, nil
}
