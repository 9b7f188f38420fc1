package cells

import "math"

// nucleus is the DNA stain.
func nucleus(s *site) float64 { return inside(s.rn) * (0.55 + 0.4*s.coarse) }

// nucleoplasm is even.
func nucleoplasm(s *site) float64 { return inside(s.rn) * (0.65 + 0.2*s.coarse) }

func nuclearMembrane(s *site) float64 { return 0.95 * around(s.rn, 1, 0.1) }

// nucleoli are three large bodies.
func nucleoli(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	return s.inNucleus(s.cell.bodies[:3], 0.27)
}

// fibrillarCenters are clusters of small bodies, where nucleoli are.
func fibrillarCenters(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	most := 0.0
	for i, b := range s.cell.bodies[:3] {
		for k := range 3 {
			sin, cos := math.Sincos(s.cell.tilt[0] + float64(i) + 2*math.Pi/3*float64(k))
			most = max(most, s.inNucleus([]point{{b.x + 0.2*cos, b.y + 0.2*sin}}, 0.1))
		}
	}
	return most
}

// nuclearSpeckles are many and irregular.
func nuclearSpeckles(s *site) float64 { return inside(s.rn*1.08) * above(s.fine, 0.6) }

// nuclearBodies are a few small ones.
func nuclearBodies(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	return s.inNucleus(s.cell.bodies[:4], 0.16)
}

// inNucleus is 1 on places in the nucleus; the radius is in units of its own.
func (s *site) inNucleus(places []point, radius float64) float64 {
	c, most := s.cell, 0.0
	x, y := s.from(c.nucleus)
	for _, p := range places {
		dx, dy := x/c.nsize-p.x, y/c.nsize-p.y
		most = max(most, math.Exp(-(dx*dx+dy*dy)/(radius*radius)))
	}
	return most
}

// mitoticSpindle is fibres between two poles, bulging between them.
func mitoticSpindle(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	x, y := s.from(s.cell.nucleus)
	sin, cos := math.Sincos(s.cell.tilt[1])
	along, across := (x*cos+y*sin)/s.cell.nsize, (y*cos-x*sin)/s.cell.nsize
	bulge := 0.75 * (1 - along*along)
	poles := max(around(math.Hypot(along-1, across), 0, 0.17), around(math.Hypot(along+1, across), 0, 0.17))
	if bulge <= 0.02 {
		return poles
	}
	return max(poles, inside(math.Abs(across)/bulge)*(0.35+0.65*ridge(math.Sin(6*across/bulge))))
}
