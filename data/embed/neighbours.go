package embed

import (
	"math"
	"slices"
)

// Neighbours are the cells whose embeddings are nearest to that of one, the
// nearest first.
type Neighbours struct {
	ID   string
	Near []Neighbour
}

// Neighbour is one of them.
type Neighbour struct {
	ID     string
	Cosine float32 // of the angle between the two embeddings
}

// Unit scales a vector to length 1; one of zeros stays.
func Unit(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		v[i] = float32(float64(x) * scale)
	}
}

// Nearest keeps the k largest cosines that it has seen, of equals the first.
type Nearest struct {
	k    int
	list []near // the largest first
}

type near struct {
	at     int
	cosine float32
}

// NewNearest is for k of them.
func NewNearest(k int) *Nearest { return &Nearest{k: k} }

// Least is the cosine that one has to exceed to be among them.
func (n *Nearest) Least() float32 {
	if len(n.list) < n.k {
		return float32(math.Inf(-1))
	}
	return n.list[len(n.list)-1].cosine
}

// Add takes the cosine of the cell with a number, which is larger than those of
// all before it.
func (n *Nearest) Add(at int, cosine float32) {
	place := len(n.list)
	for place > 0 && n.list[place-1].cosine < cosine {
		place--
	}
	if place == n.k {
		return
	}
	if len(n.list) == n.k {
		n.list = n.list[:n.k-1]
	}
	n.list = slices.Insert(n.list, place, near{at, cosine})
}

// Each gives number and cosine of each, the nearest first.
func (n *Nearest) Each(do func(at int, cosine float32)) {
	for _, c := range n.list {
		do(c.at, c.cosine)
	}
}
