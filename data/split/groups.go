package split

import (
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/data/duplicates"
	"hpaflow/data/table"
)

// Group is samples that go to one fold, and share their labels.
type Group struct {
	Rows   []int // numbers of rows, smallest first
	Labels data.Labels
}

// Groups joins the rows of samples by the tables of duplicates: groups there
// that share an Id become one, whatever table they are in. Rows in none are
// groups of one. They come in the order of their first rows.
//
// Of the labels of joined groups, those count that contain all others; if none
// do, those of the group with the most Ids, the first of equals. A row that is joined
// with no other keeps its own. Ids without a row take no part; unknown is how many
// there were.
func Groups(rows []table.Row, tables ...[]duplicates.Group) (groups []Group, unknown int) {
	number := make(map[string]int, len(rows))
	for i, r := range rows {
		number[r.ID] = i
	}
	sets := duplicates.NewUnion(len(rows))
	var parts []part
	missing := map[string]bool{}
	for _, t := range tables {
		for _, g := range t {
			p := part{first: -1, labels: g.Labels}
			for _, id := range g.IDs {
				i, known := number[id]
				if !known {
					missing[id] = true
					continue
				}
				if p.ids++; p.first < 0 {
					p.first = i
				}
				sets.Join(p.first, i)
			}
			if p.ids > 0 {
				parts = append(parts, p)
			}
		}
	}

	place := make([]int, len(rows)) // of the group whose first row this is, from 1
	for i := range rows {
		first := sets.Find(i)
		if place[first] == 0 {
			groups = append(groups, Group{Labels: rows[i].Labels})
			place[first] = len(groups)
		}
		g := &groups[place[first]-1]
		g.Rows = append(g.Rows, i)
	}
	joined := make([][]part, len(groups))
	for _, p := range parts {
		g := place[sets.Find(p.first)] - 1
		joined[g] = append(joined[g], p)
	}
	for i, list := range joined {
		if len(list) > 0 && len(groups[i].Rows) > 1 {
			groups[i].Labels = mergedLabels(list)
		}
	}
	return groups, len(missing)
}

// Check refuses a table of duplicates that was made from other labels than the rows
// have: where all samples of a group have rows, the group's are those of some of them
// together.
func Check(rows []table.Row, groups []duplicates.Group) error {
	labels := make(map[string]data.Labels, len(rows))
	for _, r := range rows {
		labels[r.ID] = r.Labels
	}
	for _, g := range groups {
		var together data.Labels
		all := len(g.IDs) > 1
		for _, id := range g.IDs {
			of, known := labels[id]
			all = all && known
			if of&^g.Labels == 0 {
				together |= of
			}
		}
		if all && together != g.Labels {
			var few []string
			for _, id := range g.IDs[:min(len(g.IDs), 3)] {
				few = append(few, fmt.Sprintf("%s has %q", id, labels[id]))
			}
			return fmt.Errorf("of one picture, %s, and the table has %q for them: labels have changed since it was made; run duplicates.flow again",
				strings.Join(few, ", "), g.Labels)
		}
	}
	return nil
}

// part is a group of a duplicates table, as far as its Ids have rows.
type part struct {
	first  int // row
	ids    int
	labels data.Labels
}

func mergedLabels(parts []part) data.Labels {
	var all data.Labels
	largest := parts[0]
	for _, p := range parts {
		all |= p.labels
		if p.ids > largest.ids {
			largest = p
		}
	}
	for _, p := range parts {
		if p.labels == all {
			return all
		}
	}
	return largest.labels
}
