package cells

import (
	"math"
	"math/rand/v2"
)

// noise is smooth value noise: random numbers on a grid, blended between.
type noise struct{ lattice [256]float64 }

func newNoise(draw *rand.Rand) *noise {
	n := &noise{}
	for i := range n.lattice {
		n.lattice[i] = draw.Float64()
	}
	return n
}

// at is the noise at a point, 0..1.
func (n *noise) at(x, y float64) float64 {
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := smooth(x-x0), smooth(y-y0)
	ix, iy := int(x0), int(y0)
	top := n.knot(ix, iy)*(1-fx) + n.knot(ix+1, iy)*fx
	bottom := n.knot(ix, iy+1)*(1-fx) + n.knot(ix+1, iy+1)*fx
	return top*(1-fy) + bottom*fy
}

func (n *noise) knot(x, y int) float64 {
	h := uint32(x)*0x85ebca6b ^ uint32(y)*0xc2b2ae35
	h ^= h >> 15
	h *= 0x2c1b3c6d
	return n.lattice[h>>24]
}

func smooth(t float64) float64 { return t * t * (3 - 2*t) }
