package kernels

import "math"

// Loops over one contiguous row. Sums run in eight lanes of float32, which are
// then added in float64: both fast and closer than one running sum.

func sumOf(x []float32) float64 {
	var s [8]float32
	for len(x) >= 8 {
		for i := range s {
			s[i] += x[i]
		}
		x = x[8:]
	}
	for i, v := range x {
		s[i] += v
	}
	return addLanes(&s)
}

func squaresAround(x []float32, mean float32) float64 {
	var s [8]float32
	for len(x) >= 8 {
		for i := range s {
			d := x[i] - mean
			s[i] += d * d
		}
		x = x[8:]
	}
	for i, v := range x {
		s[i] += (v - mean) * (v - mean)
	}
	return addLanes(&s)
}

// sumAndDot gives the sum of g, and of g times x-mean.
func sumAndDot(g, x []float32, mean float32) (sum, dot float64) {
	var s, d [8]float32
	x = x[:len(g)]
	for len(g) >= 8 && len(x) >= 8 {
		for i := range s {
			s[i] += g[i]
			d[i] += g[i] * (x[i] - mean)
		}
		g, x = g[8:], x[8:]
	}
	for i, v := range g {
		s[i] += v
		d[i] += v * (x[i] - mean)
	}
	return addLanes(&s), addLanes(&d)
}

func addLanes(s *[8]float32) float64 {
	var total float64
	for _, v := range s {
		total += float64(v)
	}
	return total
}

// affine sets y = max(x*scale+offset, floor).
func affine(y, x []float32, scale, offset, floor float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = max(v*scale+offset, floor)
	}
}

// affineAdd sets y = max(x*scale+offset+r, floor).
func affineAdd(y, x, r []float32, scale, offset, floor float32) {
	y, r = y[:len(x)], r[:len(x)]
	for i, v := range x {
		y[i] = max(v*scale+offset+r[i], floor)
	}
}

// cutWhereZero sets dx = dy where y > 0, else 0. y is never negative, so the
// sign of minus its bits is the mask; a branch would be guessed wrong half the
// time.
func cutWhereZero(dx, dy, y []float32) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		mask := uint32(-int32(math.Float32bits(v)) >> 31)
		dx[i] = math.Float32frombits(math.Float32bits(dy[i]) & mask)
	}
}

// blend sets g = g*scale + x*slope + offset.
func blend(g, x []float32, scale, slope, offset float32) {
	x = x[:len(g)]
	for i, v := range g {
		g[i] = v*scale + x[i]*slope + offset
	}
}
