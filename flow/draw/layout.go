package draw

import (
	"cmp"
	"slices"
)

// layout is where the boxes of a drawing stand: in rows from top to bottom,
// each below everything it reads. An edge that passes rows has a joint in each
// of them, which takes part in the ordering as a box does, so that edges do
// not run through boxes.
type layout struct {
	spots []*spot // the boxes, then the joints
	rows  [][]*spot
	paths [][]*spot // of every arrow: box, joints, box
}

// spot is a box or a joint.
type spot struct {
	row   int
	place int     // in the row, from 0
	x     float64 // of the middle
	width float64
	above []*spot
	below []*spot
}

// How often the rows are put in order, and how often they are moved so that
// chains stand straight: as often as a flow that a person would draw needs.
const (
	sweeps    = 12
	settlings = 300
)

// arrange lays the drawing out; widths are those of the boxes, gap is kept
// between neighbours.
func (d *drawing) arrange(widths []float64, gap float64) *layout {
	l := &layout{}
	for i := range d.nodes {
		l.spots = append(l.spots, &spot{width: widths[i]})
	}
	d.assignRows(l.spots)
	for _, e := range d.edges {
		l.join(l.spots[e.from], l.spots[e.to], gap)
	}
	for _, s := range l.spots {
		for len(l.rows) <= s.row {
			l.rows = append(l.rows, nil)
		}
		l.rows[s.row] = append(l.rows[s.row], s)
	}
	l.order()
	l.spread(gap)
	return l
}

// assignRows puts every box below what it reads, and a box that reads nothing
// right above its first reader.
func (d *drawing) assignRows(spots []*spot) {
	for range spots { // an edge can lengthen a path once a round, at most
		for _, e := range d.edges {
			spots[e.to].row = max(spots[e.to].row, spots[e.from].row+1)
		}
	}
	for i, s := range spots {
		first, reads := -1, false
		for _, e := range d.edges {
			reads = reads || e.to == i
			if row := spots[e.to].row; e.from == i && (first < 0 || row < first) {
				first = row
			}
		}
		if !reads && first > 0 {
			s.row = first - 1
		}
	}
}

// join draws an edge's path through the rows.
func (l *layout) join(from, to *spot, width float64) {
	path := []*spot{from}
	for row := from.row + 1; row < to.row; row++ {
		joint := &spot{row: row, width: width}
		l.spots = append(l.spots, joint)
		path = append(path, joint)
	}
	path = append(path, to)
	for i := range path[1:] {
		path[i].below = append(path[i].below, path[i+1])
		path[i+1].above = append(path[i+1].above, path[i])
	}
	l.paths = append(l.paths, path)
}

// order sorts each row by the mean place of its neighbours in the row before,
// down and up in turns, which removes most crossings.
func (l *layout) order() {
	l.number()
	for sweep := range sweeps {
		for i := range l.rows {
			row, neighbours := l.rows[i], func(s *spot) []*spot { return s.above }
			if sweep%2 == 1 {
				row, neighbours = l.rows[len(l.rows)-1-i], func(s *spot) []*spot { return s.below }
			}
			key := map[*spot]float64{}
			for _, s := range row {
				key[s] = mean(neighbours(s), func(n *spot) float64 { return float64(n.place) }, float64(s.place))
			}
			slices.SortStableFunc(row, func(a, b *spot) int { return cmp.Compare(key[a], key[b]) })
			l.number()
		}
	}
}

func (l *layout) number() {
	for _, row := range l.rows {
		for i, s := range row {
			s.place = i
		}
	}
}

// spread finds the places across: each spot as near as it can to the middle of
// its neighbours.
func (l *layout) spread(gap float64) {
	wish := map[*spot]float64{}
	for sweep := range settlings {
		for i := range l.rows {
			row := l.rows[i]
			if sweep%2 == 1 {
				row = l.rows[len(l.rows)-1-i]
			}
			for _, s := range row {
				wish[s] = mean(slices.Concat(s.above, s.below), func(n *spot) float64 { return n.x }, s.x)
			}
			settle(row, wish, gap)
		}
	}
	left := l.spots[0].x
	for _, s := range l.spots {
		left = min(left, s.x-s.width/2)
	}
	for _, s := range l.spots {
		s.x -= left
	}
}

// settle places a row in its order, without overlaps, with the least squared
// distance to the wishes: neighbours that push each other merge into a group,
// which stands at the mean of what its members want.
func settle(row []*spot, wish map[*spot]float64, gap float64) {
	type group struct {
		start, sum float64 // of the first member; of what members want of it
		members    int
	}
	var groups []group
	offset := make([]float64, len(row)) // from the first spot of the row
	for i, s := range row {
		if i > 0 {
			offset[i] = offset[i-1] + (row[i-1].width+s.width)/2 + gap
		}
		want := wish[s] - offset[i]
		groups = append(groups, group{want, want, 1})
		for n := len(groups); n > 1 && groups[n-2].start > groups[n-1].start; n = len(groups) {
			a, b := groups[n-2], groups[n-1]
			merged := group{sum: a.sum + b.sum, members: a.members + b.members}
			merged.start = merged.sum / float64(merged.members)
			groups = append(groups[:n-2], merged)
		}
	}
	i := 0
	for _, g := range groups {
		for range g.members {
			row[i].x = g.start + offset[i]
			i++
		}
	}
}

func mean(spots []*spot, of func(*spot) float64, otherwise float64) float64 {
	if len(spots) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, s := range spots {
		sum += of(s)
	}
	return sum / float64(len(spots))
}
