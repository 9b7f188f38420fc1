package cells

import "math"

// microtubules leave the nucleus in all directions. They are the red channel.
func microtubules(s *site) float64 { return s.cytoplasm() * s.strands * (1.1 - 0.6*s.r) }

// microtubuleEnds are dots far out on the microtubules.
func microtubuleEnds(s *site) float64 {
	return s.cytoplasm() * math.Pow(ridge(math.Sin(11*s.angle+9*s.bend)), 2) * above(s.r, 0.5) *
		ridge(math.Sin(14*s.r+8*s.bend))
}

// intermediateFilaments wind around the nucleus.
func intermediateFilaments(s *site) float64 {
	return s.cytoplasm() * ridge(math.Sin(7*s.rn+2*s.angle+7*s.bend)) * min(1, max(0, 1.5-s.r))
}

// actinFilaments are parallel and straight, from end to end of the cell.
func actinFilaments(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	sin, cos := math.Sincos(s.cell.tilt[2])
	return inside(s.r) * ridge(math.Sin(13*(s.v*cos-s.u*sin)+s.bend))
}

// focalAdhesions are short dashes inside the membrane that point outward.
func focalAdhesions(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	return math.Pow(ridge(math.Sin(4*s.theta+s.cell.tilt[3])), 2) * around(s.r, 0.82, 0.13)
}

// cytokineticBridge is a bar across the membrane, to a neighbour.
func cytokineticBridge(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	sin, cos := math.Sincos(s.cell.toward)
	middle := s.cell.outline(cos, sin)
	along, across := s.u*cos+s.v*sin-middle, s.v*cos-s.u*sin
	bar := around(across, 0, 0.09) * inside(math.Abs(along)/0.32)
	return max(0.75*bar, around(math.Hypot(along, across), 0, 0.14))
}

// organizingCenter is a body beside the nucleus, with rays.
func organizingCenter(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	x, y := s.from(s.cell.centre)
	d := math.Hypot(x, y)
	rays := ridge(math.Sin(3*math.Atan2(y, x)+s.cell.tilt[0])) * math.Exp(-d/0.28)
	return max(around(d, 0, 0.13), rays)
}

// centrosome is two small bodies beside the nucleus.
func centrosome(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	sin, cos := math.Sincos(s.cell.tilt[1])
	c := s.cell.centre
	return s.dots([]point{{c.x + 0.1*cos, c.y + 0.1*sin}, {c.x - 0.1*cos, c.y - 0.1*sin}}, 0.085)
}
