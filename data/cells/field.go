package cells

import (
	"fmt"
	"math"
	"math/rand/v2"

	"hpaflow/data"
)

// Field draws a square field of size pixels: planes red (microtubules), green
// (the protein), blue (nucleus) and yellow (endoplasmic reticulum), 8 bits. A
// field is about three cells wide, or fewer where they would be less than 48
// pixels wide. A label that has no pattern is an error.
func Field(seed uint64, size int, labels data.Labels) (*data.Image, error) {
	var proteins []pattern
	for _, n := range labels.Numbers() {
		if n >= len(patterns) {
			return nil, fmt.Errorf("no synthetic pattern for label %d", n)
		}
		proteins = append(proteins, patterns[n])
	}
	draw := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	pitch := max(minPitch, float64(size)/3)
	scene := scene{cells: drawCells(draw, float64(size), pitch), texture: newNoise(draw), grain: minPitch / pitch}
	im := data.NewImage(size, size, len(data.Colours), 8)
	for y := range size {
		for x := range size {
			s := scene.locate(float64(x), float64(y))
			protein := 0.0
			for _, p := range proteins {
				protein = max(protein, p(s))
			}
			i := y*size + x
			for c, v := range [...]float64{microtubules(s), protein, nucleus(s), reticulum(s)} {
				v = 235*v*s.level() + 8 + 5*draw.NormFloat64()
				im.Planes[c].U8[i] = uint8(min(max(v, 0), 255))
			}
		}
	}
	return im, nil
}

// minPitch is the least distance of cells, in pixels; that of nuclei is
// 0.4 times as much, and a body of a pixel 0.05 times the cell's radius.
const minPitch = 48

// scene is a field to be drawn.
type scene struct {
	cells   []cell
	texture *noise
	grain   float64 // coordinates times this are those of a field of the least pitch
}

// site is a pixel as the cell sees it that it lies deepest in. Lengths are in
// units of the cell's radius, but for rn.
type site struct {
	cell     *cell
	r        float64 // distance from the cell's centre; 1 at its membrane
	neighbor float64 // the same of the cell it lies second deepest in
	theta    float64 // around the cell's centre
	u, v     float64 // position along and across the cell's axis
	rn       float64 // distance from the nucleus' centre; 1 at its membrane
	angle    float64 // around the nucleus
	fine     float64 // texture of two pixels, 0..1
	coarse   float64 // texture of some ten pixels, 0..1
	bend     float64 // texture of almost a nucleus, 0..1
	strands  float64 // 1 on a fibre that leaves the nucleus, 0 between
}

// locate gives the pixel to the cell it lies deepest in.
func (f *scene) locate(x, y float64) *site {
	s := &site{r: math.Inf(1), neighbor: math.Inf(1)}
	for i := range f.cells {
		c := &f.cells[i]
		dx, dy := (x-c.x)/c.radius, (y-c.y)/c.radius
		if dx*dx+dy*dy > 2.2 {
			continue
		}
		u, v := dx*c.cos+dy*c.sin, (dy*c.cos-dx*c.sin)/c.squash
		distance := math.Sqrt(u*u + v*v)
		r := 0.0
		if distance > 0 {
			r = distance / c.outline(u/distance, v/distance)
		}
		if r >= s.r {
			s.neighbor = min(s.neighbor, r)
			continue
		}
		s.neighbor = s.r
		s.cell, s.r, s.u, s.v = c, r, u, v
	}
	if s.cell == nil {
		s.rn = math.Inf(1)
		return s
	}
	c := s.cell
	s.theta = math.Atan2(s.v, s.u)
	nu, nv := s.from(c.nucleus)
	s.rn, s.angle = math.Sqrt(nu*nu+nv*nv)/c.nsize, math.Atan2(nv, nu)
	x, y = x*f.grain, y*f.grain
	s.fine, s.coarse = f.texture.at(x/2, y/2), f.texture.at(x/11+50, y/11+50)
	s.bend = f.texture.at(x/17+90, y/17+90)
	s.strands = ridge(math.Sin(11*s.angle+9*s.bend)) * (0.4 + 0.6*ridge(math.Sin(3*s.angle+20*s.coarse)))
	return s
}
