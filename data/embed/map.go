package embed

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"gonum.org/v1/gonum/mat"
)

// Point is a cell on the map of embeddings.
type Point struct {
	ID, Location string
	X, Y         float64 // its first two principal components
}

// Map is cells by the two directions in which their embeddings differ most.
type Map struct {
	Points []Point    // by Id
	Shares [2]float64 // of the variance, in these directions
	Cells  int        // there were; where that is more, Points were drawn by lot
}

// Drawn chooses, of any number of rows, so many that the same rows always give
// the same.
type Drawn struct {
	Most int
	seen int
	lots lots
}

// Add takes a row.
func (d *Drawn) Add(r *Row) {
	d.seen++
	l := lot{xxhash.Sum64String(r.ID), r}
	if len(d.lots) < d.Most {
		heap.Push(&d.lots, l)
	} else if d.lots[0].number > l.number {
		d.lots[0] = l
		heap.Fix(&d.lots, 0)
	}
}

type lot struct {
	number uint64
	row    *Row
}

// lots are a heap, the largest number first.
type lots []lot

func (l lots) Len() int           { return len(l) }
func (l lots) Less(i, j int) bool { return l[i].number > l[j].number }
func (l lots) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *lots) Push(v any)        { *l = append(*l, v.(lot)) }
func (l *lots) Pop() any          { v := (*l)[len(*l)-1]; *l = (*l)[:len(*l)-1]; return v }

// Map makes the map of the rows that were drawn.
func (d *Drawn) Map() *Map {
	rows := make([]*Row, len(d.lots))
	for i, l := range d.lots {
		rows[i] = l.row
	}
	slices.SortFunc(rows, func(a, b *Row) int { return strings.Compare(a.ID, b.ID) })
	m := &Map{Cells: d.seen}
	places, shares := principal(rows)
	m.Shares = shares
	for i, r := range rows {
		m.Points = append(m.Points, Point{r.ID, r.Location, places[i][0], places[i][1]})
	}
	return m
}

// How directions are found: by a subspace of some more, turned towards the
// largest variance so many times.
const (
	subspace   = 10
	iterations = 15
)

// principal gives the first two principal components of rows, and the share of
// the variance that each has. Each direction's largest part is positive.
func principal(rows []*Row) (places [][2]float64, shares [2]float64) {
	places = make([][2]float64, len(rows))
	if len(rows) < 2 {
		return places, shares
	}
	n, d := len(rows), len(rows[0].Features)
	x := mat.NewDense(n, d, nil)
	mean := make([]float64, d)
	for _, r := range rows {
		for c, v := range r.Features[:d] {
			mean[c] += float64(v) / float64(n)
		}
	}
	var variance float64
	for i, r := range rows {
		for c, v := range r.Features[:d] {
			v := float64(v) - mean[c]
			x.Set(i, c, v)
			variance += v * v
		}
	}
	if variance == 0 {
		return places, shares
	}
	k := min(subspace, n, d)
	random := rand.New(rand.NewPCG(1, 2))
	directions := mat.NewDense(d, k, nil)
	directions.Apply(func(int, int, float64) float64 { return random.NormFloat64() }, directions)
	var seen mat.Dense
	for range iterations {
		var qr mat.QR
		qr.Factorize(directions)
		var q mat.Dense
		qr.QTo(&q)
		directions.Copy(q.Slice(0, d, 0, k))
		seen.Reset()
		seen.Mul(x, directions)
		directions.Mul(x.T(), &seen)
	}
	var svd mat.SVD
	if !svd.Factorize(directions, mat.SVDThin) { // of X'XQ, whose left vectors are the directions
		return places, shares
	}
	var left mat.Dense
	svd.UTo(&left)
	for c := range min(2, k) {
		column := mat.Col(nil, c, &left)
		if slices.Max(column) < -slices.Min(column) {
			for i := range column {
				column[i] = -column[i]
			}
		}
		var along mat.VecDense
		along.MulVec(x, mat.NewVecDense(d, column))
		for i := range places {
			places[i][c] = along.AtVec(i)
		}
		shares[c] = math.Min(1, mat.Dot(&along, &along)/variance)
	}
	return places, shares
}
