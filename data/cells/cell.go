package cells

import (
	"math"
	"math/rand/v2"
)

// cell is a wobbly ellipse with a nucleus in it. Positions inside it are in
// units of its radius, along and across its axis.
type cell struct {
	x, y       float64  // of its centre, pixels
	radius     float64  // pixels
	squash     float64  // width across the axis over that along it
	cos, sin   float64  // of the axis
	wobble     [3]point // of the outline: amplitude times cosine and sine of the phase, by harmonic
	brightness float64

	nucleus point
	nsize   float64   // radius of the nucleus
	bodies  [5]point  // inside the nucleus, around its centre, in units of its radius
	toward  float64   // the direction in which the centrosome lies, seen from the nucleus
	centre  point     // the centrosome
	spread  [36]point // places all over the cytoplasm, in random order
	near    [14]point // places in the cytoplasm close to the nucleus
	tilt    [4]float64
}

type point struct{ x, y float64 }

// drawCells lays cells out on a jittered grid.
func drawCells(draw *rand.Rand, size, pitch float64) []cell {
	var list []cell
	begin := -pitch * draw.Float64()
	for gy := begin; gy < size+pitch/2; gy += pitch {
		for gx := begin; gx < size+pitch/2; gx += pitch {
			x, y := gx+pitch*(0.5+0.4*(draw.Float64()-0.5)), gy+pitch*(0.5+0.4*(draw.Float64()-0.5))
			list = append(list, drawCell(draw, x, y, pitch*(0.5+0.1*draw.Float64())))
		}
	}
	return list
}

func drawCell(draw *rand.Rand, x, y, radius float64) cell {
	c := cell{
		x: x, y: y, radius: radius, squash: 0.78 + 0.22*draw.Float64(), brightness: 0.75 + 0.25*draw.Float64(),
		nucleus: point{0.25 * (draw.Float64() - 0.5), 0.25 * (draw.Float64() - 0.5)}, nsize: 0.4 + 0.08*draw.Float64(),
		toward: 2 * math.Pi * draw.Float64(),
	}
	c.sin, c.cos = math.Sincos(math.Pi * draw.Float64())
	for i := range c.wobble {
		sin, cos := math.Sincos(2 * math.Pi * draw.Float64())
		a := 0.06 * draw.NormFloat64()
		c.wobble[i] = point{a * cos, a * sin}
	}
	for i := range c.bodies { // apart from each other: each in a sector of its own
		a, r := 2*math.Pi*(float64(i)+0.7*draw.Float64())/float64(len(c.bodies)), 0.35+0.3*draw.Float64()
		c.bodies[i] = point{r * math.Cos(a), r * math.Sin(a)}
	}
	c.centre = c.outside(c.toward, 0.12)
	for i := range c.spread {
		c.spread[i] = c.outside(2*math.Pi*draw.Float64(), 0.08+0.34*draw.Float64())
	}
	for i := range c.near {
		c.near[i] = c.outside(c.toward+2.2*(draw.Float64()-0.5), 0.06+0.16*draw.Float64())
	}
	for i := range c.tilt {
		c.tilt[i] = math.Pi * draw.Float64()
	}
	return c
}

// outside is the place so far from the nuclear membrane, in a direction.
func (c *cell) outside(direction, distance float64) point {
	sin, cos := math.Sincos(direction)
	d := c.nsize + distance
	return point{c.nucleus.x + d*cos, c.nucleus.y + d*sin}
}

// outline is how far the membrane is in a direction, given by its cosine and
// sine: a circle with harmonics 2, 3 and 4.
func (c *cell) outline(cos, sin float64) float64 {
	d := 1.0
	ck, sk := cos, sin
	for _, w := range c.wobble {
		ck, sk = ck*cos-sk*sin, sk*cos+ck*sin
		d += w.x*ck - w.y*sk
	}
	return d
}
