package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// linear writes the loops of linear layers.
func linear() {
	rows("blockDot", "func(n int, x *float32, y *float32, sums *float32)",
		"blockDot sets the vector sums to the sum of x*y.", func() {
			x, y := Load(Param("x"), GP64()), Load(Param("y"), GP64())
			sums := zeroed(4)
			loop(4, []reg.Register{x, y}, func(i int, at Mem) {
				v, other := YMM(), at
				other.Base = y
				VMOVUPS(at, v)
				VFMADD231PS(other, v, sums[i])
			})
			VADDPS(sums[1], sums[0], sums[0])
			VADDPS(sums[3], sums[2], sums[2])
			VADDPS(sums[2], sums[0], sums[0])
			VMOVUPS(sums[0], Mem{Base: Load(Param("sums"), GP64())})
		})
	rows("blockAddScaled", "func(n int, y *float32, x *float32, scale *float32)",
		"blockAddScaled adds x times the value scale to y.", func() {
			y, x := Load(Param("y"), GP64()), Load(Param("x"), GP64())
			scale := YMM()
			VBROADCASTSS(Mem{Base: Load(Param("scale"), GP64())}, scale)
			loop(4, []reg.Register{x, y}, func(_ int, at Mem) {
				v, to := YMM(), at
				to.Base = y
				VMOVUPS(to, v)
				VFMADD231PS(at, scale, v)
				VMOVUPS(v, to)
			})
		})
}
