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

func plainTokenMax(n int, y, x *float32) {
	to := floats(y, n)
	for i, v := range floats(x, n) {
		to[i] = max(to[i], v)
	}
}

func plainTokenScale(n int, y, x *float32) {
	to := floats(y, n)
	for i, v := range floats(x, n) {
		to[i] *= v
	}
}

func plainTokenExp(n int, y, sums, most *float32) {
	to, s, m := floats(y, n), floats(sums, n), floats(most, n)
	for i, v := range to {
		e := float32(math.Exp(max(float64(v-m[i]), -86)))
		to[i] = e
		s[i] += e
	}
}

func plainGELU(n int, y *float32) {
	to := floats(y, n)
	for i, v := range to {
		to[i] = float32(.5 * float64(v) * math.Erfc(-float64(v)/math.Sqrt2))
	}
}
