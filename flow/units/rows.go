package units

import "slices"

// A plan names what components have about its records, such as their rows of a
// table, and is never changed. Where rows are others by now, a plan of these alone
// is added, and holds for the plans before it.

// takeRows has units that are not done made from the rows that there are now. Its
// caller has the results for itself.
func (f *Flow) takeRows() error {
	about, err := f.abouts()
	if err != nil {
		return err
	}
	status, err := f.Status()
	if err != nil {
		return err
	}
	var others []entry
	for _, unit := range status.Missing {
		_, _, names, err := f.records(unit)
		if err != nil {
			return err
		}
		for _, e := range names {
			if now := about(e.name); now != e.about {
				others = append(others, entry{e.name, now})
			}
		}
	}
	if len(others) == 0 {
		return nil
	}
	p := newPlan(f.Unit, 0)
	p.Rows = len(others)
	return f.add(p, f.chain[0], others)
}

// entriesOf are a plan's records with what holds of them: what plans behind it say of
// their rows, else what it says itself.
func (f *Flow) entriesOf(p *Plan) ([]entry, error) {
	if list, known := f.entries[p]; known {
		return list, nil
	}
	list, err := f.namesOf(p)
	if err != nil {
		return nil, err
	}
	rows := map[string]string{}
	for _, later := range f.chain[slices.Index(f.chain, p):] {
		if later.Rows == 0 {
			continue
		}
		names, err := f.namesOf(later)
		if err != nil {
			return nil, err
		}
		for _, e := range names {
			rows[e.name] = e.about
		}
	}
	if len(rows) > 0 {
		list = slices.Clone(list)
		for i, e := range list {
			if now, other := rows[e.name]; other {
				list[i].about = now
			}
		}
	}
	f.entries[p] = list
	return list, nil
}
