package augment

import (
	"math"
	"math/rand/v2"

	"hpaflow/data/pixel"
)

// elasticAffine moves three points of the image, and everything else with
// them: the corner c+q, (c_x+q, c_y-q) and c-q, where c is (height, width)/2 and
// q a third of the shorter side, all in whole pixels.
func (c *canvas) elasticAffine(moves [3][2]float64) {
	im := c.image()
	width, height := im.Size()
	cx, cy, q := float32(height/2), float32(width/2), float32(min(width, height)/3)
	from := [3][2]float32{{cx + q, cy + q}, {cx + q, cy - q}, {cx - q, cy - q}}
	to := from
	for i := range to {
		for j := range to[i] {
			to[i][j] += float32(moves[i][j])
		}
	}
	if q > 0 {
		im.Warp(affine(from, to))
	}
}

// affine is the map that takes three points to three others.
func affine(from, to [3][2]float32) pixel.Affine {
	side := func(p [3][2]float32, i, j int) float64 { return float64(p[i][j]) - float64(p[0][j]) }
	x1, y1, x2, y2 := side(from, 1, 0), side(from, 1, 1), side(from, 2, 0), side(from, 2, 1)
	determinant := float64(x1*y2) - float64(x2*y1)
	var m pixel.Affine
	for j := range 2 {
		u1, u2 := side(to, 1, j), side(to, 2, j)
		a := (float64(u1*y2) - float64(u2*y1)) / determinant
		b := (float64(x1*u2) - float64(x2*u1)) / determinant
		m[3*j], m[3*j+1] = a, b
		m[3*j+2] = float64(to[0][j]) - float64(a*float64(from[0][0])) - float64(b*float64(from[0][1]))
	}
	return m
}

// seen is the least shift that a remap tells from none: half of 1/32 pixel.
const seen = 1.0 / 64

// elasticField moves each pixel by alpha times noise of -1..1 that a Gaussian
// of deviation sigma has smoothed, drawn anew for each axis.
func (c *canvas) elasticField(r *rand.Rand, alpha, sigma float64) {
	im := c.image()
	width, height := im.Size()
	dx, dy := newField(r, width, height, alpha, sigma), newField(r, width, height, alpha, sigma)
	if max(most(dx.values), most(dy.values)) < seen {
		return
	}
	im.Displace(func(y int, x, yShift []float32) bool {
		movesX, movesY := dx.row(y, x), dy.row(y, yShift)
		return movesX || movesY
	})
}

// field is smoothed noise over an image. It is made on a grid as coarse as its
// smoothness allows, sigma/2, and interpolated: a grid point's noise is the mean
// of the pixels around it, so that the field has the deviation,
// alpha/(sigma*sqrt(12*pi)), and the correlation of one made pixel by pixel.
type field struct {
	columns, rows int
	apartX        float64 // pixels between grid points
	apartY        float64
	values        []float64
	blended       []float64    // a row between two of the grid's
	places        []neighbours // of the columns
}

// neighbours is a place between two grid points.
type neighbours struct {
	first, second int
	weight        float64 // of the second
}

func newField(r *rand.Rand, width, height int, alpha, sigma float64) *field {
	spacing := max(1, sigma/2)
	f := &field{columns: gridPoints(width, spacing), rows: gridPoints(height, spacing)}
	f.apartX, f.apartY = float64(width)/float64(f.columns), float64(height)/float64(f.rows)
	f.values = make([]float64, f.columns*f.rows)
	deviation := alpha / math.Sqrt(3*f.apartX*f.apartY)
	for i := range f.values {
		f.values[i] = deviation * r.NormFloat64()
	}
	f.blended, f.places = make([]float64, f.columns), make([]neighbours, width)
	for x := range f.places {
		f.places[x] = around(x, f.apartX, f.columns)
	}
	smooth(f.values, f.columns, 1, f.columns, f.rows, sigma/f.apartX)
	smooth(f.values, f.rows, f.columns, 1, f.columns, sigma/f.apartY)
	return f
}

func gridPoints(length int, spacing float64) int { return int(math.Ceil(float64(length) / spacing)) }

// smooth convolves lines of values with a Gaussian, mirrored at their ends. A
// line has n values, step apart; lines begin next apart.
func smooth(values []float64, n, step, next, lines int, sigma float64) {
	reach := int(4*sigma + .5)
	weights := make([]float64, 2*reach+1)
	sum := 0.0
	for i := range weights {
		d := float64(i-reach) / sigma
		weights[i] = math.Exp(-d * d / 2)
		sum += weights[i]
	}
	padded := make([]float64, n+2*reach)
	for line := range lines {
		at := line * next
		for i := range padded {
			from := (i - reach) % (2 * n)
			if from < 0 {
				from += 2 * n
			}
			padded[i] = values[at+step*min(from, 2*n-1-from)]
		}
		for i := range n {
			var v float64
			for k, w := range weights {
				v += w * padded[i+k]
			}
			values[at+step*i] = v / sum
		}
	}
}

// most is the largest shift in some grid points, and so between them, in pixels.
func most(values []float64) (most float64) {
	for _, v := range values {
		most = max(most, math.Abs(v))
	}
	return most
}

// row interpolates the values of row y, and says whether any is seen.
func (f *field) row(y int, dst []float32) bool {
	at := around(y, f.apartY, f.rows)
	top, bottom := f.values[at.first*f.columns:], f.values[at.second*f.columns:]
	for i := range f.blended {
		f.blended[i] = top[i]*(1-at.weight) + bottom[i]*at.weight
	}
	if most(f.blended) < seen {
		clear(dst)
		return false
	}
	for x, b := range f.places {
		dst[x] = float32(f.blended[b.first]*(1-b.weight) + f.blended[b.second]*b.weight)
	}
	return true
}

// around finds the grid points on both sides of a pixel.
func around(at int, apart float64, n int) neighbours {
	p := min(max((float64(at)+.5)/apart-.5, 0), float64(n-1))
	first := int(p)
	return neighbours{first, min(first+1, n-1), p - float64(first)}
}
