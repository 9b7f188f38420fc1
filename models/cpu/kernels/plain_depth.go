package kernels

import "math"

func plainDepthTile(pixels int) func(x *float32, xrow int, w, bias, y *float32) {
	return func(x *float32, xrow int, w, bias, y *float32) {
		for p := range pixels {
			sum := *vec(bias, 0)
			for k := range depthTaps {
				from, by := vec(x, k/depthSide*xrow+(p+k%depthSide)*laneBytes), vec(w, k*laneBytes)
				for l := range sum {
					sum[l] += from[l] * by[l]
				}
			}
			*vec(y, p*laneBytes) = sum
		}
	}
}

func plainDepthGrad(pairs int, x, dy, sums *float32) {
	for p := range 2 * pairs {
		g := vec(dy, p*laneBytes)
		for k := range depthSide {
			to, from := vec(sums, (2*k+p%2)*laneBytes), vec(x, (p+k)*laneBytes)
			for l := range to {
				to[l] += from[l] * g[l]
			}
		}
	}
}

func plainGELUTo(n int, y, x *float32) {
	copy(floats(y, n), floats(x, n))
	plainGELU(n, y)
}

func plainGELUBack(n int, dx, dy, x *float32) {
	to, by := floats(dx, n), floats(dy, n)
	for i, v := range floats(x, n) {
		w := float64(v)
		to[i] = float32(float64(by[i]) * (.5*math.Erfc(-w/math.Sqrt2) + w*math.Exp(-w*w/2)/math.Sqrt(2*math.Pi)))
	}
}

func plainNormSums(n int, one, two, dy, x, mean, scale, gamma, sums *float32) {
	a, b, g, m, s, by := floats(one, n), floats(two, n), floats(dy, n), floats(mean, n), floats(scale, n), floats(gamma, 1)
	to := floats(sums, 2)
	for i, v := range floats(x, n) {
		h, l := (v-m[i])*s[i], i%Lanes
		to[l] += g[i] * h
		to[Lanes+l] += g[i]
		a[i] += g[i] * by[l]
		b[i] += g[i] * by[l] * h
	}
}

func plainNormBack(n int, dx, dy, x, mean, scale, gamma, one, two *float32) {
	to, g, m, s, by, a, b := floats(dx, n), floats(dy, n), floats(mean, n), floats(scale, n), floats(gamma, 1), floats(one, n), floats(two, n)
	for i, v := range floats(x, n) {
		to[i] = s[i] * (g[i]*by[i%Lanes] - a[i] - (v-m[i])*s[i]*b[i])
	}
}
