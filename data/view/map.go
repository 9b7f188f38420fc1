package view

import (
	"cmp"
	"math"
	"slices"
)

// Map is embeddings: places in the plane, and what neighbours are found by.
type Map struct {
	Name   string
	Shares [2]float64 // of the variance, in its directions
	Cells  int        // there were; more than have a place, if those were drawn by lot

	x, y     []float32 // NaN: the row has no place
	features [][]float32
	rows     []uint32 // of features
	at       map[uint32]int
}

// Put gives a row its place.
func (m *Map) Put(row int, x, y float64) {
	m.grow(row + 1)
	m.x[row], m.y[row] = float32(x), float32(y)
}

// Embed keeps what a row's neighbours are found by, of length 1.
func (m *Map) Embed(row int, unit []float32) {
	if m.at == nil {
		m.at = map[uint32]int{}
	}
	if _, twice := m.at[uint32(row)]; twice {
		return
	}
	m.at[uint32(row)] = len(m.rows)
	m.rows = append(m.rows, uint32(row))
	m.features = append(m.features, unit)
}

func (m *Map) grow(rows int) { m.x, m.y = grown(m.x, rows, none), grown(m.y, rows, none) }

// Point is a row on the map.
type Point struct {
	Row  int
	X, Y float32
}

// Points are those of rows, which come in no order.
func (m *Map) Points(yield func(Point) bool) {
	for row := range m.x {
		if m.x[row] == m.x[row] && !yield(Point{row, m.x[row], m.y[row]}) {
			return
		}
	}
}

// Near is a neighbour.
type Near struct {
	Row    int
	Cosine float32
}

// Nearest are the k rows whose embeddings are nearest to that of a row, the nearest
// first; nil where it has none.
func (m *Map) Nearest(row, k int) []Near {
	at, ok := m.at[uint32(row)]
	if !ok {
		return nil
	}
	mine := m.features[at]
	list := make([]Near, 0, len(m.rows))
	for i, f := range m.features {
		if i == at || len(f) != len(mine) {
			continue
		}
		var dot float32
		for c, v := range f {
			dot += v * mine[c]
		}
		list = append(list, Near{int(m.rows[i]), dot})
	}
	slices.SortFunc(list, func(a, b Near) int {
		if c := cmp.Compare(b.Cosine, a.Cosine); c != 0 {
			return c
		}
		return cmp.Compare(a.Row, b.Row)
	})
	return list[:min(k, len(list))]
}

// Lasso is a polygon on the map: x, y, x, y and so on.
type Lasso []float32

// has says whether a point is in it, by the even-odd rule.
func (l Lasso) has(x, y float32) bool {
	in := false
	n := len(l) / 2
	for i := range n {
		j := (i + n - 1) % n
		xi, yi, xj, yj := l[2*i], l[2*i+1], l[2*j], l[2*j+1]
		if (yi > y) != (yj > y) && x < (xj-xi)*(y-yi)/(yj-yi)+xi {
			in = !in
		}
	}
	return in
}

// finite says whether all its numbers are.
func (l Lasso) finite() bool {
	return !slices.ContainsFunc(l, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}
