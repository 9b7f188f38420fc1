package kernels

import (
	"math"
	"unsafe"
)

// floats are n vectors from p on.
func floats(p *float32, n int) []float32 { return unsafe.Slice(p, n*Lanes) }

func plainSquares(n int, sums, x, mean *float32) {
	s, m := floats(sums, n), floats(mean, n)
	for i, v := range floats(x, n) {
		d := v - m[i]
		s[i] += d * d
	}
}

func plainNorm(n int, y, x, mean, scale, gamma, beta *float32) {
	to, m, s, g, b := floats(y, n), floats(mean, n), floats(scale, n), floats(gamma, 1), floats(beta, 1)
	for i, v := range floats(x, n) {
		to[i] = (v-m[i])*s[i]*g[i%Lanes] + b[i%Lanes]
	}
}

func plainTokenScale(n int, y, x *float32) {
	to := floats(y, n)
	for i, v := range floats(x, n) {
		to[i] *= v
	}
}

func plainSoftmax(tokens, blocks int, scores *float32, width int, own *float32) {
	x, rows := floats(scores, blocks*tokens), floats(own, (2+width)*tokens)
	for t := range tokens {
		each := func(rows []float32, do func(v *float32, lane int)) { // value of the token
			for at := t * Lanes; at < len(rows); at += tokens * Lanes {
				for l := range Lanes {
					do(&rows[at+l], l)
				}
			}
		}
		exp := func(v float32) float32 { return float32(math.Exp(max(float64(v), -86))) }
		before := rows[t*Lanes]
		most := before
		each(x, func(v *float32, _ int) { most = max(most, *v) })
		fill(rows[t*Lanes:][:Lanes], most)
		factor := exp(before - most)
		each(rows[tokens*Lanes:], func(v *float32, _ int) { *v *= factor })
		sums := rows[(tokens+t)*Lanes:][:Lanes]
		each(x, func(v *float32, lane int) {
			*v = exp(*v - most)
			sums[lane] += *v
		})
	}
}

func plainGELU(n int, y *float32) {
	to := floats(y, n)
	for i, v := range to {
		to[i] = float32(.5 * float64(v) * math.Erfc(-float64(v)/math.Sqrt2))
	}
}
