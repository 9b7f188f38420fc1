package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// batchNorm writes the loops over the vectors of one block of channels at n
// positions. Constants are vectors: a value for each channel.
func batchNorm() {
	rows("blockSums", "func(n int, x *float32, shift *float32, sums *float32)",
		"blockSums sets sums to the sum of x-shift and of its squares.", func() {
			x := Load(Param("x"), GP64())
			shift := constant("shift")
			sums := zeroed(4)
			loop(2, []reg.Register{x}, func(i int, at Mem) {
				v := YMM()
				VMOVUPS(at, v)
				VSUBPS(shift, v, v)
				VADDPS(v, sums[i], sums[i])
				VFMADD231PS(v, v, sums[2+i])
			})
			storeSums(sums)
		})
	rows("blockApply", "func(n int, y *float32, x *float32, res *float32, scale *float32, offset *float32, floor *float32)",
		"blockApply sets y to max(x*scale+offset+res, floor); res may be nil.", func() {
			x, y := Load(Param("x"), GP64()), Load(Param("y"), GP64())
			res := Load(Param("res"), GP64())
			scale, offset, floor := constant("scale"), constant("offset"), constant("floor")
			index := GP64()
			XORQ(index, index)
			n := Load(Param("n"), GP64())
			TESTQ(res, res)
			JNZ(LabelRef("residual"))
			for _, with := range []bool{false, true} {
				if with {
					Label("residual")
				}
				label := map[bool]string{false: "plain", true: "sum"}[with]
				Label(label)
				v := YMM()
				VMOVUPS(Mem{Base: x, Index: index, Scale: 1}, v)
				VFMADD213PS(offset, scale, v)
				if with {
					VADDPS(Mem{Base: res, Index: index, Scale: 1}, v, v)
				}
				VMAXPS(v, floor, v)
				VMOVUPS(v, Mem{Base: y, Index: index, Scale: 1})
				ADDQ(Imm(32), index)
				DECQ(n)
				JNZ(LabelRef(label))
				if !with {
					done()
				}
			}
		})
	rows("blockGradSums", "func(n int, dy *float32, x *float32, scale *float32, offset *float32, floor *float32, mean *float32, sums *float32)",
		"blockGradSums sets sums to the sum of g and of g*(x-mean), where g is dy where x*scale+offset > floor, else 0.", func() {
			dy, x := Load(Param("dy"), GP64()), Load(Param("x"), GP64())
			scale, offset, floor, mean := constant("scale"), constant("offset"), constant("floor"), constant("mean")
			sums := zeroed(4)
			loop(2, []reg.Register{dy, x}, func(i int, at Mem) {
				v, g := YMM(), YMM()
				from := at
				from.Base = x
				VMOVUPS(from, v)
				masked(g, v, at, scale, offset, floor)
				VADDPS(g, sums[i], sums[i])
				VSUBPS(mean, v, v)
				VFMADD231PS(g, v, sums[2+i])
			})
			storeSums(sums)
		})
	for _, add := range []bool{false, true} {
		name, does := "blockGrad", "sets dx to"
		if add {
			name, does = "blockGradAdd", "adds to dx"
		}
		rows(name, "func(n int, dx *float32, dy *float32, x *float32, scale *float32, offset *float32, floor *float32, k *float32, slope *float32, level *float32)",
			name+" "+does+" g*k + x*slope + level, where g is dy where x*scale+offset > floor, else 0.", func() {
				dx, dy, x := Load(Param("dx"), GP64()), Load(Param("dy"), GP64()), Load(Param("x"), GP64())
				scale, offset, floor := constant("scale"), constant("offset"), constant("floor")
				k, slope, level := constant("k"), constant("slope"), constant("level")
				loop(2, []reg.Register{dy, x, dx}, func(_ int, at Mem) {
					v, g := YMM(), YMM()
					from, to := at, at
					from.Base, to.Base = x, dx
					VMOVUPS(from, v)
					masked(g, v, at, scale, offset, floor)
					VFMADD213PS(level, slope, v)
					VFMADD231PS(g, k, v)
					if add {
						VADDPS(to, v, v)
					}
					VMOVUPS(v, to)
				})
			})
	}
	rows("blockCut", "func(n int, dx *float32, dy *float32, y *float32)",
		"blockCut sets dx to dy where y > 0, else 0.", func() {
			dx, dy, y := Load(Param("dx"), GP64()), Load(Param("dy"), GP64()), Load(Param("y"), GP64())
			zero := zeroed(1)[0]
			loop(2, []reg.Register{dy, y, dx}, func(_ int, at Mem) {
				v := YMM()
				from, to := at, at
				from.Base, to.Base = y, dx
				VMOVUPS(from, v)
				VCMPPS(Imm(greater), zero, v, v)
				VANDPS(at, v, v)
				VMOVUPS(v, to)
			})
		})
	rows("blockAdd", "func(n int, y *float32, x *float32)",
		"blockAdd adds x to y.", func() {
			y, x := Load(Param("y"), GP64()), Load(Param("x"), GP64())
			loop(2, []reg.Register{x, y}, func(_ int, at Mem) {
				v := YMM()
				to := at
				to.Base = y
				VMOVUPS(at, v)
				VADDPS(to, v, v)
				VMOVUPS(v, to)
			})
		})
}

// greater is the comparison a > b, false where either is NaN, as VCMPPS takes it.
const greater = 0x1e

// masked loads the gradient at m and cuts it where v*scale+offset is not above floor.
func masked(g, v reg.VecVirtual, m Mem, scale, offset, floor reg.VecVirtual) {
	VMOVAPS(v, g)
	VFMADD213PS(offset, scale, g)
	VCMPPS(Imm(greater), floor, g, g)
	VANDPS(m, g, g)
}

func rows(name, signature, doc string, body func()) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(doc)
	body()
	done()
}

func constant(name string) reg.VecVirtual {
	v := YMM()
	VMOVUPS(Mem{Base: Load(Param(name), GP64())}, v)
	return v
}

// loop runs body for each of n vectors, unrolled; the first pointer is the one
// that body's operand stands on, and all move on.
func loop(unroll int, pointers []reg.Register, body func(i int, at Mem)) {
	n := Load(Param("n"), GP64())
	advance := func(by int) {
		for _, p := range pointers {
			ADDQ(U32(32*by), p)
		}
	}
	SUBQ(U32(unroll), n)
	JL(LabelRef("tail"))
	Label("loop")
	for i := range unroll {
		body(i, Mem{Base: pointers[0], Disp: 32 * i})
	}
	advance(unroll)
	SUBQ(U32(unroll), n)
	JGE(LabelRef("loop"))
	Label("tail")
	ADDQ(U32(unroll), n)
	JZ(LabelRef("end"))
	Label("single")
	body(0, Mem{Base: pointers[0]})
	advance(1)
	DECQ(n)
	JNZ(LabelRef("single"))
	Label("end")
}

func storeSums(sums []reg.VecVirtual) {
	to := Load(Param("sums"), GP64())
	VADDPS(sums[1], sums[0], sums[0])
	VADDPS(sums[3], sums[2], sums[2])
	VMOVUPS(sums[0], Mem{Base: to})
	VMOVUPS(sums[2], Mem{Base: to, Disp: 32})
}
