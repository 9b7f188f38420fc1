package cells

import (
	"maps"
	"math"
	"slices"
)

// pattern is how bright something is at a site, 0..1.
type pattern func(site) float64

// patternOf is where the protein of a label lies.
var patternOf = map[int]pattern{
	0:  func(s site) float64 { return inside(s.rn) * (0.65 + 0.3*s.coarse) * s.level() },
	1:  func(s site) float64 { return around(s.rn, 1, 0.1) * 0.95 * s.level() },
	2:  func(s site) float64 { return s.spots(4, 0.24) * inside(s.rn) * s.level() },
	5:  func(s site) float64 { return s.spots(5, 0.11) * inside(s.rn) * s.level() },
	6:  func(s site) float64 { return reticulum(s) },
	14: func(s site) float64 { return microtubules(s) },
	19: func(s site) float64 { return s.beside(0.09) * s.level() },
	21: func(s site) float64 { return around(s.r, 0.95, 0.05) * s.level() },
	23: func(s site) float64 { return s.cytoplasm() * ridge(3*(s.fine-0.5)) * (1.1 - s.r) * s.level() },
	25: func(s site) float64 { return s.cytoplasm() * (0.5 + 0.3*s.coarse) * s.level() },
}

// Patterns lists the labels that can be drawn, smallest first.
func Patterns() []int { return slices.Sorted(maps.Keys(patternOf)) }

func nucleus(s site) float64 {
	return inside(s.rn) * (0.55 + 0.4*s.coarse) * s.level()
}

func reticulum(s site) float64 {
	return s.cytoplasm() * math.Pow(max(0, 1.05-s.r), 0.8) * (0.45 + 0.6*s.fine) * s.level()
}

func microtubules(s site) float64 {
	return s.cytoplasm() * s.strands * (1.1 - 0.6*s.r) * s.level()
}

func (s site) level() float64 {
	if s.cell == nil {
		return 0
	}
	return s.cell.brightness
}

// cytoplasm is 1 between the nucleus and the membrane.
func (s site) cytoplasm() float64 {
	if s.cell == nil {
		return 0
	}
	return inside(s.r) * (1 - inside(s.rn))
}

// spots is 1 on the first n small bodies of the nucleus.
func (s site) spots(n int, radius float64) float64 {
	if s.cell == nil {
		return 0
	}
	c, most := s.cell, 0.0
	for i := range n {
		u, v := (s.u-c.nx)/c.nsize, (s.v-c.ny)/c.nsize
		most = max(most, spot(u-c.spotX[i], v-c.spotY[i], radius))
	}
	return most
}

// beside is 1 on the body next to the nucleus.
func (s site) beside(radius float64) float64 {
	if s.cell == nil {
		return 0
	}
	return spot(s.u-s.cell.centreX, s.v-s.cell.centreY, radius)
}

// inside falls smoothly from 1 to 0 where r passes 1.
func inside(r float64) float64 { return 1 / (1 + math.Exp((r-1)*28)) }

// around is 1 where r is at, and falls off within a width.
func around(r, at, width float64) float64 {
	d := (r - at) / width
	return math.Exp(-d * d)
}

func spot(dx, dy, radius float64) float64 { return math.Exp(-(dx*dx + dy*dy) / (radius * radius)) }
