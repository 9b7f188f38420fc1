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
	if len(members) == 0 {
		return nil, errors.New("an ensemble of no tables")
	}
	first := members[0].Table
	if order == nil {
		for _, r := range first.Rows {
			order = append(order, r.ID)
		}
	}
	out := &Table{Classes: first.Classes}
	place := make(map[string]*data.Prediction, len(order))
	for _, id := range order {
		r := &data.Prediction{ID: id, P: make([]float64, first.Classes)}
		place[id] = r
		out.Rows = append(out.Rows, r)
	}
	var faults []error
	var sum float64
	for _, m := range members {
		if !(m.Weight >= 0 && m.Weight*0 == 0) {
			faults = append(faults, fmt.Errorf("%s has weight %v", m.Name, m.Weight))
		}
		sum += m.Weight
		if m.Table.Classes != out.Classes {
			faults = append(faults, fmt.Errorf("%s is of %d labels, %s of %d", m.Name, m.Table.Classes, members[0].Name, out.Classes))
			continue
		}
		out.Labeled = out.Labeled || m.Table.Labeled
		faults = append(faults, m.addTo(place, order)...)
	}
	if sum == 0 {
		faults = append(faults, errors.New("all weights are 0"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	for _, r := range out.Rows {
		for n := range r.P {
			r.P[n] /= sum
		}
	}
	return out, nil
}

// addTo adds the member's rows, times its weight, where their Ids stand.
func (m Member) addTo(place map[string]*data.Prediction, order []string) (faults []error) {
	var missing, excess, contrary []string
	seen := make(map[string]bool, len(m.Table.Rows))
	for _, r := range m.Table.Rows {
		to := place[r.ID]
		if to == nil {
			excess = append(excess, r.ID)
			continue
		}
		seen[r.ID] = true
		to.Split = cmp.Or(to.Split, r.Split)
		for n, p := range r.P {
			to.P[n] += float64(m.Weight * p) // converted, so that no machine fuses it with the sum
		}
		switch {
		case r.Labeled && to.Labeled && r.Labels != to.Labels:
			contrary = append(contrary, r.ID)
		case r.Labeled:
			to.Labels, to.Labeled = r.Labels, true
		}
	}
	for _, id := range order {
		if !seen[id] {
			missing = append(missing, id)
		}
	}
	for _, f := range []struct {
		ids  []string
		what string
	}{{missing, "lacks"}, {excess, "has, and the others do not,"}, {contrary, "has other labels for"}} {
		if f.ids != nil {
			faults = append(faults, fmt.Errorf("%s %s %s", m.Name, f.what, data.Enumerate(f.ids)))
		}
	}
	return faults
}
