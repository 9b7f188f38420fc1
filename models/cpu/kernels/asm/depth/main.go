// Command depth writes the loops of depthwise 7x7 convolutions over blocks of
// channels: a vector is one position, and each lane its own channel.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	side   = 7  // of the kernel
	vector = 32 // bytes
)

func main() {
	ConstraintExpr("!purego")
	for _, pixels := range []int{1, 2, 4, 8} {
		tile(pixels)
	}
	for _, pixels := range []int{2, 4, 8, 16} {
		wideTile(pixels)
	}
	gradient()
	wideGradient()
	Generate()
}

// begin begins a tile's function.
func begin(name string, pixels int) (x, row, w, bias reg.Register) {
	name = fmt.Sprintf("%s%d", name, pixels)
	TEXT(name, NOSPLIT, "func(x *float32, xrow int, w *float32, bias *float32, y *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes %d positions of a row: bias, and the sum over 7 rows and columns of x*w.", name, pixels))
	return Load(Param("x"), GP64()), Load(Param("xrow"), GP64()), Load(Param("w"), GP64()), Load(Param("bias"), GP64())
}

// tile sums a few neighbouring positions of a row in registers. Each source vector
// is read once for all of them.
func tile(pixels int) {
	x, row, w, bias := begin("depthTile", pixels)
	sums := make([]reg.VecVirtual, pixels)
	for i := range sums {
		sums[i] = YMM()
		VMOVUPS(Mem{Base: bias}, sums[i])
	}
	n := GP64()
	MOVQ(U32(side), n)
	Label("loop")
	weights := make([]reg.VecVirtual, side)
	for k := range weights {
		weights[k] = YMM()
		VMOVUPS(Mem{Base: w, Disp: k * vector}, weights[k])
	}
	for d := range pixels + side - 1 {
		v := YMM()
		VMOVUPS(Mem{Base: x, Disp: d * vector}, v)
		for i := range sums {
			if k := d - i; k >= 0 && k < side {
				VFMADD231PS(v, weights[k], sums[i])
			}
		}
	}
	ADDQ(row, x)
	ADDQ(U32(side*vector), w)
	DECQ(n)
	JNZ(LabelRef("loop"))
	y := Load(Param("y"), GP64())
	for i := range sums {
		VMOVUPS(sums[i], Mem{Base: y, Disp: i * vector})
	}
	VZEROUPPER()
	RET()
}

// gradient sums a row for the seven weights of a row of the kernel, even positions
// and odd ones apart, as pairs of them are summed.
func gradient() {
	TEXT("depthGrad", NOSPLIT, "func(pairs int, x *float32, dy *float32, sums *float32)")
	Pragma("noescape")
	Doc("depthGrad adds x*dy of twice so many positions to sums: by weight, that of the even ones and that of the odd ones.")
	n, x, dy, to := Load(Param("pairs"), GP64()), Load(Param("x"), GP64()), Load(Param("dy"), GP64()), Load(Param("sums"), GP64())
	var sums [2 * side]reg.VecVirtual // weight k's of the even positions at 2*k
	for i := range sums {
		sums[i] = YMM()
		VMOVUPS(Mem{Base: to, Disp: i * vector}, sums[i])
	}
	Label("loop")
	for i := range 2 {
		g := YMM()
		VMOVUPS(Mem{Base: dy, Disp: i * vector}, g)
		for k := range side {
			VFMADD231PS(Mem{Base: x, Disp: (i + k) * vector}, g, sums[2*k+i])
		}
	}
	ADDQ(U32(2*vector), x)
	ADDQ(U32(2*vector), dy)
	DECQ(n)
	JNZ(LabelRef("loop"))
	for i := range sums {
		VMOVUPS(sums[i], Mem{Base: to, Disp: i * vector})
	}
	VZEROUPPER()
	RET()
}

// wideTile is tile for AVX-512: a vector is two neighbouring positions, and each sum
// has the same terms in the same order.
func wideTile(pixels int) {
	x, row, w, bias := begin("wideDepthTile", pixels)
	sums := make([]reg.VecVirtual, pixels/2)
	for i := range sums {
		sums[i] = ZMM()
		VBROADCASTF32X8(Mem{Base: bias}, sums[i])
	}
	n := GP64()
	MOVQ(U32(side), n)
	Label("loop")
	weights := make([]reg.VecVirtual, side)
	for k := range weights {
		weights[k] = ZMM()
		VBROADCASTF32X8(Mem{Base: w, Disp: k * vector}, weights[k])
	}
	for d := range pixels + side - 2 {
		v := ZMM()
		VMOVUPS(Mem{Base: x, Disp: d * vector}, v)
		for i := range sums {
			if k := d - 2*i; k >= 0 && k < side {
				VFMADD231PS(v, weights[k], sums[i])
			}
		}
	}
	ADDQ(row, x)
	ADDQ(U32(side*vector), w)
	DECQ(n)
	JNZ(LabelRef("loop"))
	y := Load(Param("y"), GP64())
	for i := range sums {
		VMOVUPS(sums[i], Mem{Base: y, Disp: 2 * i * vector})
	}
	VZEROUPPER()
	RET()
}

// wideGradient is gradient for AVX-512, two pairs at a time, which share what they
// read.
func wideGradient() {
	TEXT("wideDepthGrad", NOSPLIT, "func(pairs int, x *float32, dy *float32, sums *float32)")
	Pragma("noescape")
	Doc("wideDepthGrad is depthGrad.")
	n, x, dy, to := Load(Param("pairs"), GP64()), Load(Param("x"), GP64()), Load(Param("dy"), GP64()), Load(Param("sums"), GP64())
	var sums [side]reg.VecVirtual
	for i := range sums {
		sums[i] = ZMM()
		VMOVUPS(Mem{Base: to, Disp: 2 * i * vector}, sums[i])
	}
	add := func(pairs int) {
		g := make([]reg.VecVirtual, pairs)
		for i := range g {
			g[i] = ZMM()
			VMOVUPS(Mem{Base: dy, Disp: 2 * i * vector}, g[i])
		}
		for d := range side + 2*(pairs-1) {
			v := ZMM()
			VMOVUPS(Mem{Base: x, Disp: d * vector}, v)
			for i := range g {
				if k := d - 2*i; k >= 0 && k < side {
					VFMADD231PS(v, g[i], sums[k])
				}
			}
		}
		ADDQ(U32(2*pairs*vector), x)
		ADDQ(U32(2*pairs*vector), dy)
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
	for i := range sums {
		VMOVUPS(sums[i], Mem{Base: to, Disp: 2 * i * vector})
	}
	VZEROUPPER()
	RET()
}
