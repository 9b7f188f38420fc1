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
	gradient()
	Generate()
}

// tile sums a few neighbouring positions of a row in registers. Each source vector
// is read once for all of them.
func tile(pixels int) {
	name := fmt.Sprintf("depthTile%d", pixels)
	TEXT(name, NOSPLIT, "func(x *float32, xrow int, w *float32, bias *float32, y *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes %d positions of a row: bias, and the sum over 7 rows and columns of x*w.", name, pixels))
	x, row, w := Load(Param("x"), GP64()), Load(Param("xrow"), GP64()), Load(Param("w"), GP64())
	bias := Load(Param("bias"), GP64())
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
// and odd ones apart.
func gradient() {
	TEXT("depthGrad", NOSPLIT, "func(pairs int, x *float32, dy *float32, sums *float32)")
	Pragma("noescape")
	Doc("depthGrad adds x*dy of twice so many positions to sums: those of the even ones, by weight, then those of the odd ones.")
	n, x, dy, to := Load(Param("pairs"), GP64()), Load(Param("x"), GP64()), Load(Param("dy"), GP64()), Load(Param("sums"), GP64())
	var sums [2 * side]reg.VecVirtual
	for i := range sums {
		sums[i] = YMM()
		VMOVUPS(Mem{Base: to, Disp: i * vector}, sums[i])
	}
	Label("loop")
	for i := range 2 {
		g := YMM()
		VMOVUPS(Mem{Base: dy, Disp: i * vector}, g)
		for k := range side {
			VFMADD231PS(Mem{Base: x, Disp: (i + k) * vector}, g, sums[i*side+k])
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
