// Command depth writes the loops of depthwise 7x7 convolutions over blocks of
// channels: each lane is a channel, and a vector is one position, or two
// neighbouring ones.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	side  = 7  // of the kernel
	bytes = 32 // of a position
)

func main() {
	ConstraintExpr("!purego")
	for _, pixels := range []int{1, 2, 4, 8} {
		avx2.tile("depthTile", pixels)
	}
	for _, pixels := range []int{2, 4, 8, 16} {
		avx512.tile("wideDepthTile", pixels)
	}
	gradient()
	wideGradient()
	Generate()
}

// vectors are of so many positions.
type vectors struct {
	positions int
	register  func() reg.VecVirtual
	spread    func(from, to Op) // one position to all of a vector
}

var (
	avx2   = vectors{1, YMM, func(from, to Op) { VMOVUPS(from, to) }}
	avx512 = vectors{2, ZMM, func(from, to Op) { VBROADCASTF32X8(from, to) }}
)

// load gives a vector from a position on.
func (v vectors) load(base reg.Register, position int) reg.VecVirtual {
	to := v.register()
	VMOVUPS(Mem{Base: base, Disp: position * bytes}, to)
	return to
}

// same gives a vector that has one position in all places.
func (v vectors) same(base reg.Register, position int) reg.VecVirtual {
	to := v.register()
	v.spread(Mem{Base: base, Disp: position * bytes}, to)
	return to
}

// end stores vectors beside each other, and ends the function.
func (v vectors) end(sums []reg.VecVirtual, to reg.Register) {
	for i, sum := range sums {
		VMOVUPS(sum, Mem{Base: to, Disp: i * v.positions * bytes})
	}
	VZEROUPPER()
	RET()
}

// tile sums a few neighbouring positions of a row in registers. Each source vector
// is read once for all of them. Each sum has the same terms in the same order,
// whatever the vectors.
func (v vectors) tile(name string, pixels int) {
	name = fmt.Sprintf("%s%d", name, pixels)
	TEXT(name, NOSPLIT, "func(x *float32, xrow int, w *float32, bias *float32, y *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes %d positions of a row: bias, and the sum over 7 rows and columns of x*w.", name, pixels))
	x, row, w, bias := Load(Param("x"), GP64()), Load(Param("xrow"), GP64()), Load(Param("w"), GP64()), Load(Param("bias"), GP64())
	sums := make([]reg.VecVirtual, pixels/v.positions)
	for i := range sums {
		sums[i] = v.same(bias, 0)
	}
	n := GP64()
	MOVQ(U32(side), n)
	Label("loop")
	weights := make([]reg.VecVirtual, side)
	for k := range weights {
		weights[k] = v.same(w, k)
	}
	for d := range pixels + side - v.positions {
		from := v.load(x, d)
		for i := range sums {
			if k := d - i*v.positions; k >= 0 && k < side {
				VFMADD231PS(from, weights[k], sums[i])
			}
		}
	}
	ADDQ(row, x)
	ADDQ(U32(side*bytes), w)
	DECQ(n)
	JNZ(LabelRef("loop"))
	v.end(sums, Load(Param("y"), GP64()))
}

// beginGradient begins a function that adds to so many sums of a row of the kernel.
func (v vectors) beginGradient(name, doc string, count int) (n, x, dy, to reg.Register, sums []reg.VecVirtual) {
	TEXT(name, NOSPLIT, "func(pairs int, x *float32, dy *float32, sums *float32)")
	Pragma("noescape")
	Doc(name + " " + doc)
	n, x, dy, to = Load(Param("pairs"), GP64()), Load(Param("x"), GP64()), Load(Param("dy"), GP64()), Load(Param("sums"), GP64())
	for i := range count {
		sums = append(sums, v.load(to, i*v.positions))
	}
	return n, x, dy, to, sums
}

// gradient sums a row for the seven weights of a row of the kernel, even positions
// and odd ones apart, as pairs of them are summed.
func gradient() {
	n, x, dy, to, sums := avx2.beginGradient("depthGrad", // weight k's of the even positions at 2*k
		"adds x*dy of twice so many positions to sums: by weight, that of the even ones and that of the odd ones.", 2*side)
	Label("loop")
	for i := range 2 {
		g := avx2.load(dy, i)
		for k := range side {
			VFMADD231PS(Mem{Base: x, Disp: (i + k) * bytes}, g, sums[2*k+i])
		}
	}
	ADDQ(U32(2*bytes), x)
	ADDQ(U32(2*bytes), dy)
	DECQ(n)
	JNZ(LabelRef("loop"))
	avx2.end(sums, to)
}

// wideGradient is gradient for AVX-512, four pairs at a time, which share what they
// read.
func wideGradient() {
	n, x, dy, to, sums := avx512.beginGradient("wideDepthGrad", "is depthGrad.", side)
	add := func(pairs int) {
		g := make([]reg.VecVirtual, pairs)
		for i := range g {
			g[i] = avx512.load(dy, 2*i)
		}
		for d := range side + 2*(pairs-1) {
			v := avx512.load(x, d)
			for i := range g {
				if k := d - 2*i; k >= 0 && k < side {
					VFMADD231PS(v, g[i], sums[k])
				}
			}
		}
		ADDQ(U32(2*pairs*bytes), x)
		ADDQ(U32(2*pairs*bytes), dy)
	}
	SUBQ(U32(4), n)
	JL(LabelRef("tail"))
	Label("loop")
	add(4)
	SUBQ(U32(4), n)
	JGE(LabelRef("loop"))
	Label("tail")
	ADDQ(U32(4), n)
	JZ(LabelRef("end"))
	Label("single")
	add(1)
	DECQ(n)
	JNZ(LabelRef("single"))
	Label("end")
	avx512.end(sums, to)
}
