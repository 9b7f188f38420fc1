package imagehash

import "math"

// dct is the unnormalised DCT-II of 32 values,
// X[k] = 2 * sum of x[n]*cos(pi*k*(2n+1)/64), as SciPy's fftpack.dct gives it.
//
// SciPy's pocketfft makes it of a real Fourier transform of sums and
// differences of neighbours, whose stages have radix 2, 4 and 4. The same
// operations in the same order give the same rounding, zeros included. The
// conversions keep a compiler from fusing products and sums.
func dct(x [side]float64) [side]float64 {
	x[0] *= 2
	x[side-1] *= 2
	for k := 1; k < side-1; k += 2 {
		x[k], x[k+1] = x[k+1]+x[k], x[k+1]-x[k]
	}
	var y [side]float64
	radix2(&y, &x)
	radix4(&x, &y, 4, 2)
	radix4(&y, &x, 1, 8)
	for k := 1; k < side/2; k++ {
		m := side - k
		a, b := quarter[k], quarter[m]
		t1 := float64(a*y[m]) + float64(b*y[k])
		t2 := float64(a*y[k]) - float64(b*y[m])
		y[k], y[m] = 0.5*(t1+t2), 0.5*(t1-t2)
	}
	y[side/2] *= quarter[side/2]
	return y
}

// rotate multiplies re+i*im by the twiddle t, conjugated as a backward
// transform asks.
func rotate(t complex128, re, im float64) (float64, float64) {
	return float64(real(t)*re) - float64(imag(t)*im), float64(real(t)*im) + float64(imag(t)*re)
}

// radix2 is the first stage: 2 halves of 16.
func radix2(out, in *[side]float64) {
	const n = side / 2
	a, b := in[:n], in[n:]
	top, low := out[:n], out[n:]
	top[0], low[0] = a[0]+b[n-1], a[0]-b[n-1]
	top[n-1], low[n-1] = 2*a[n-1], -2*b[0]
	for i := 2; i < n; i += 2 {
		m := n - i
		top[i-1] = a[i-1] + b[m-1]
		re := a[i-1] - b[m-1]
		im := a[i] + b[m]
		top[i] = a[i] - b[m]
		low[i-1], low[i] = rotate(turn[i/2], re, im)
	}
}

// radix4 is a later stage: groups of four runs of n values. The runs of a
// group become runs that lie groups runs apart.
func radix4(out, in *[side]float64, n, groups int) {
	const sqrt2 = math.Sqrt2
	for g := range groups {
		var c, h [4][]float64
		for j := range c {
			c[j] = in[n*(j+4*g):][:n]
			h[j] = out[n*(g+groups*j):][:n]
		}
		t2, t1 := c[0][0]+c[3][n-1], c[0][0]-c[3][n-1]
		t3, t4 := 2*c[1][n-1], 2*c[2][0]
		h[0][0], h[2][0] = t2+t3, t2-t3
		h[3][0], h[1][0] = t1+t4, t1-t4
		if n == 1 {
			continue
		}
		i1, i2 := c[3][0]+c[1][0], c[3][0]-c[1][0]
		r2, r1 := c[0][n-1]+c[2][n-1], c[0][n-1]-c[2][n-1]
		h[0][n-1], h[1][n-1] = r2+r2, sqrt2*(r1-i1)
		h[2][n-1], h[3][n-1] = i2+i2, -sqrt2*(r1+i1)
		for i := 2; i < n; i += 2 {
			m := n - i
			r2, r1 := c[0][i-1]+c[3][m-1], c[0][i-1]-c[3][m-1]
			i1, i2 := c[0][i]+c[3][m], c[0][i]-c[3][m]
			r4, i3 := c[2][i]+c[1][m], c[2][i]-c[1][m]
			r3, i4 := c[2][i-1]+c[1][m-1], c[2][i-1]-c[1][m-1]
			h[0][i-1], h[0][i] = r2+r3, i2+i3
			turned := [4]struct{ re, im float64 }{1: {r1 - r4, i1 + i4}, 2: {r2 - r3, i2 - i3}, 3: {r1 + r4, i1 - i4}}
			for j := 1; j < 4; j++ {
				h[j][i-1], h[j][i] = rotate(turn[j*groups*i/2], turned[j].re, turned[j].im)
			}
		}
	}
}
