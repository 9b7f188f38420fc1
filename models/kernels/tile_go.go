package kernels

import "unsafe"

const (
	goRows = 4
	goCols = 4
)

// tileGo is the plain Go twin of the assembly tiles.
func tileGo(k int, a, b, c *float32, ldc int, add bool) {
	var c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33 float32
	as := unsafe.Slice(a, k*goRows)
	bs := unsafe.Slice(b, k*goCols)
	for len(as) >= goRows && len(bs) >= goCols {
		a0, a1, a2, a3 := as[0], as[1], as[2], as[3]
		b0, b1, b2, b3 := bs[0], bs[1], bs[2], bs[3]
		c00 += a0 * b0
		c01 += a0 * b1
		c02 += a0 * b2
		c03 += a0 * b3
		c10 += a1 * b0
		c11 += a1 * b1
		c12 += a1 * b2
		c13 += a1 * b3
		c20 += a2 * b0
		c21 += a2 * b1
		c22 += a2 * b2
		c23 += a2 * b3
		c30 += a3 * b0
		c31 += a3 * b1
		c32 += a3 * b2
		c33 += a3 * b3
		as, bs = as[goRows:], bs[goCols:]
	}
	cs := unsafe.Slice(c, (goRows-1)*ldc+goCols)
	for i, row := range [goRows][goCols]float32{
		{c00, c01, c02, c03}, {c10, c11, c12, c13}, {c20, c21, c22, c23}, {c30, c31, c32, c33},
	} {
		for j, v := range row {
			if add {
				v += cs[i*ldc+j]
			}
			cs[i*ldc+j] = v
		}
	}
}
