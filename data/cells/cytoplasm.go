package cells

import "math"

// reticulum is a net, densest at the nucleus. It is the yellow channel.
func reticulum(s *site) float64 {
	return s.cytoplasm() * math.Pow(max(0, 1.05-s.r), 0.8) * (0.45 + 0.6*s.fine)
}

// golgi is a crescent of ribbons on one side of the nucleus.
func golgi(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	away := math.Remainder(s.angle-s.cell.toward, 2*math.Pi)
	return around(s.rn, 1.32, 0.17) * around(away, 0, 0.65) * (0.55 + 0.5*s.fine)
}

// peroxisomes are many, tiny, everywhere.
func peroxisomes(s *site) float64 { return s.scattered(36, 0.045) }

// endosomes are some, of middle size, everywhere.
func endosomes(s *site) float64 { return s.scattered(10, 0.085) }

// cytoplasmicBodies are few and large.
func cytoplasmicBodies(s *site) float64 { return s.scattered(4, 0.14) }

func (s *site) scattered(n int, radius float64) float64 {
	if s.cell == nil {
		return 0
	}
	return inside(s.r) * s.dots(s.cell.spread[:n], radius)
}

// lysosomes crowd on one side of the nucleus.
func lysosomes(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	return s.dots(s.cell.near[:], 0.07)
}

// lipidDroplets are hollow.
func lipidDroplets(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	return inside(s.r) * s.rings(s.cell.spread[:7], 0.12, 0.045)
}

// mitochondria are threads.
func mitochondria(s *site) float64 {
	return s.cytoplasm() * ridge(4*(s.fine-0.5)) * (1.1 - 0.8*s.r)
}

// aggresome is one large body at the nucleus.
func aggresome(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	x, y := s.from(s.cell.centre)
	return inside(math.Hypot(x, y)/(0.2+0.1*s.fine)) * (0.75 + 0.25*s.coarse)
}

// cytosol is even.
func cytosol(s *site) float64 { return s.cytoplasm() * (0.5 + 0.2*s.coarse) }

// rodsAndRings are two rods and a ring.
func rodsAndRings(s *site) float64 {
	if s.cell == nil {
		return 0
	}
	c := s.cell
	ring := s.rings(c.spread[:1], 0.2, 0.05)
	return max(ring, s.rod(c.spread[1], c.tilt[0], 0.5, 0.07), s.rod(c.spread[2], c.tilt[1], 0.5, 0.07))
}

func plasmaMembrane(s *site) float64 { return around(s.r, 0.95, 0.05) }

// cellJunctions are where two cells meet.
func cellJunctions(s *site) float64 {
	if s.cell == nil || math.IsInf(s.neighbor, 1) {
		return 0
	}
	return around(s.neighbor-s.r, 0, 0.1) * around(s.r, 0.95, 0.25)
}
