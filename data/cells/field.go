package cells

import (
	"fmt"
	"math"
	"math/rand/v2"

	"hpaflow/data"
)

// Field draws a square field of size pixels: planes red (microtubules), green
// (the protein), blue (nucleus) and yellow (endoplasmic reticulum), 8 bits.
// A label that Patterns does not list is an error.
func Field(seed uint64, size int, labels data.Labels) (*data.Image, error) {
	var patterns []pattern
	for _, n := range labels.Numbers() {
		p, known := patternOf[n]
		if !known {
			return nil, fmt.Errorf("no synthetic pattern for label %d", n)
		}
		patterns = append(patterns, p)
	}
	draw := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	cells := drawCells(draw, float64(size))
	texture := newNoise(draw)
	im := data.NewImage(size, size, len(data.Colours), 8)
	for y := range size {
		for x := range size {
			s := locate(cells, float64(x), float64(y), texture)
			protein := 0.0
			for _, p := range patterns {
				protein = max(protein, p(s))
			}
			i := y*size + x
			for c, v := range [...]float64{microtubules(s), protein, nucleus(s), reticulum(s)} {
				v = 235*v + 8 + 5*draw.NormFloat64()
				im.Planes[c].U8[i] = uint8(min(max(v, 0), 255))
			}
		}
	}
	return im, nil
}

// cell is a wobbly ellipse with a nucleus in it.
type cell struct {
	x, y             float64 // of its centre, pixels
	radius           float64 // pixels
	squash, angle    float64
	wobble, phase    [3]float64 // of the outline, by harmonic
	nx, ny, nsize    float64    // the nucleus: offset and radius, in units of radius
	brightness       float64
	spotX, spotY     [5]float64 // small bodies inside the nucleus, in units of its radius
	centreX, centreY float64    // a body beside the nucleus, in units of radius
}

// drawCells lays cells out on a jittered grid.
func drawCells(draw *rand.Rand, size float64) []cell {
	pitch := max(24, size/3.2)
	var list []cell
	for gy := -pitch / 2; gy < size+pitch/2; gy += pitch {
		for gx := -pitch / 2; gx < size+pitch/2; gx += pitch {
			c := cell{
				x: gx + pitch*(0.5+0.5*(draw.Float64()-0.5)), y: gy + pitch*(0.5+0.5*(draw.Float64()-0.5)),
				radius: pitch * (0.46 + 0.16*draw.Float64()), squash: 0.75 + 0.25*draw.Float64(), angle: math.Pi * draw.Float64(),
				nx: 0.3 * (draw.Float64() - 0.5), ny: 0.3 * (draw.Float64() - 0.5), nsize: 0.38 + 0.1*draw.Float64(),
				brightness: 0.75 + 0.25*draw.Float64(),
			}
			for i := range c.wobble {
				c.wobble[i], c.phase[i] = 0.08*draw.NormFloat64(), 2*math.Pi*draw.Float64()
			}
			for i := range c.spotX {
				c.spotX[i], c.spotY[i] = 1.1*(draw.Float64()-0.5), 1.1*(draw.Float64()-0.5)
			}
			toward := 2 * math.Pi * draw.Float64()
			c.centreX, c.centreY = c.nx+1.25*c.nsize*math.Cos(toward), c.ny+1.25*c.nsize*math.Sin(toward)
			list = append(list, c)
		}
	}
	return list
}

// site is a pixel as a cell sees it.
type site struct {
	cell    *cell
	r       float64 // distance from the cell's centre; 1 at its membrane
	rn      float64 // distance from the nucleus' centre; 1 at its membrane
	u, v    float64 // position in units of the cell's radius
	angle   float64 // around the nucleus
	fine    float64 // texture of a few pixels, 0..1
	coarse  float64 // texture of some ten pixels, 0..1
	strands float64 // 1 on a fibre, 0 between
}

// locate gives the pixel to the cell it lies deepest in.
func locate(cells []cell, x, y float64, texture *noise) site {
	var s site
	s.r, s.rn = math.Inf(1), math.Inf(1)
	for i := range cells {
		c := &cells[i]
		dx, dy := (x-c.x)/c.radius, (y-c.y)/c.radius
		if dx*dx+dy*dy > 3 {
			continue
		}
		sin, cos := math.Sincos(c.angle)
		u, v := dx*cos+dy*sin, (dy*cos-dx*sin)/c.squash
		theta := math.Atan2(v, u)
		outline := 1.0
		for k, a := range c.wobble {
			outline += a * math.Cos(float64(k+2)*theta+c.phase[k])
		}
		if r := math.Hypot(u, v) / outline; r < s.r {
			s.cell, s.r, s.u, s.v = c, r, u, v
		}
	}
	if s.cell == nil {
		return s
	}
	c := s.cell
	s.rn = math.Hypot(s.u-c.nx, s.v-c.ny) / c.nsize
	s.angle = math.Atan2(s.v-c.ny, s.u-c.nx)
	s.fine, s.coarse = texture.at(x/2.5, y/2.5), texture.at(x/11+50, y/11+50)
	bend := texture.at(x/17+90, y/17+90)
	s.strands = ridge(math.Sin(14*s.angle+9*bend)) * (0.4 + 0.6*ridge(math.Sin(3*s.angle+20*s.coarse)))
	return s
}

func ridge(v float64) float64 { return math.Exp(-v * v * 6) }
