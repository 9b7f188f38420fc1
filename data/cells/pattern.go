package cells

import "math"

// pattern is how bright something is at a site, 0..1, in a cell of full
// brightness.
type pattern func(*site) float64

// patterns are where the protein of each label lies, by number.
var patterns = [...]pattern{
	nucleoplasm, nuclearMembrane, nucleoli, fibrillarCenters, nuclearSpeckles, nuclearBodies, // 0..5
	reticulum, golgi, peroxisomes, endosomes, lysosomes, // 6..10
	intermediateFilaments, actinFilaments, focalAdhesions, microtubules, microtubuleEnds, // 11..15
	cytokineticBridge, mitoticSpindle, organizingCenter, centrosome, // 16..19
	lipidDroplets, plasmaMembrane, cellJunctions, mitochondria, aggresome, cytosol, cytoplasmicBodies, rodsAndRings, // 20..27
}

func (s *site) level() float64 {
	if s.cell == nil {
		return 0
	}
	return s.cell.brightness
}

// cytoplasm is 1 between the nucleus and the membrane.
func (s *site) cytoplasm() float64 {
	if s.cell == nil {
		return 0
	}
	return inside(s.r) * (1 - inside(s.rn))
}

// from is where the site lies, seen from a place in its cell.
func (s *site) from(p point) (x, y float64) { return s.u - p.x, s.v - p.y }

// dots is 1 on each of some places, round and soft.
func (s *site) dots(places []point, radius float64) float64 {
	most := 0.0
	for _, p := range places {
		x, y := s.from(p)
		if d := x*x + y*y; d < 9*radius*radius {
			most = max(most, math.Exp(-d/(radius*radius)))
		}
	}
	return most
}

// rings is 1 on circles around some places.
func (s *site) rings(places []point, radius, width float64) float64 {
	most := 0.0
	for _, p := range places {
		x, y := s.from(p)
		most = max(most, around(math.Hypot(x, y), radius, width))
	}
	return most
}

// rod is 1 on a straight line with its middle at a place.
func (s *site) rod(p point, tilt, length, width float64) float64 {
	x, y := s.from(p)
	sin, cos := math.Sincos(tilt)
	along, across := x*cos+y*sin, y*cos-x*sin
	return around(across, 0, width) * inside(math.Abs(along)/(length/2))
}

// inside falls smoothly from 1 to 0 where r passes 1.
func inside(r float64) float64 { return 1 / (1 + math.Exp((r-1)*28)) }

// around is 1 where r is at, and falls off within a width.
func around(r, at, width float64) float64 {
	d := (r - at) / width
	return math.Exp(-d * d)
}

// ridge is 1 where v is 0 and falls off towards 1 and -1.
func ridge(v float64) float64 { return math.Exp(-v * v * 6) }

// above rises smoothly from 0 to 1 where v passes least.
func above(v, least float64) float64 { return 1 / (1 + math.Exp((least-v)*25)) }
