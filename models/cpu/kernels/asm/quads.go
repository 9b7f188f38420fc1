package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

const (
	quadPixels = 12 // of a tile, at most: the registers but for weights and a source
	quadTaps   = 3  // of a row of the kernel
)

// quadTile computes eight output channels at some pixels of a row, of which each four
// have four input channels to themselves, for tiles of a row. Lane c of each half of a
// source vector is brought to all lanes of its half once, for all taps of a row.
func quadTile(pixels int) {
	TEXT(fmt.Sprintf("quadTile%d", pixels), NOSPLIT, "func(tiles int, rows int, x *float32, row int, w, y, bias, res *float32, relu int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("quadTile%d is quadTiles of %d pixels.", pixels, pixels))
	row := Load(Param("row"), GP64())
	sums, weights, same := vectors(pixels), vectors(quadTaps), YMM()
	x, w, left := GP64(), GP64(), GP64()
	Label("tile")
	VMOVUPS(Mem{Base: Load(Param("bias"), GP64())}, sums[0])
	for _, s := range sums[1:] {
		VMOVAPS(sums[0], s)
	}
	Load(Param("x"), x)
	Load(Param("w"), w)
	Load(Param("rows"), left)
	Label("row")
	for c := range 4 {
		for t, v := range weights {
			VMOVUPS(Mem{Base: w, Disp: vectorBytes * (c*quadTaps + t)}, v)
		}
		for i := range pixels + quadTaps - 1 {
			VPERMILPS(Imm(uint64(0x55*c)), Mem{Base: x, Disp: vectorBytes * i}, same)
			for t, v := range weights {
				if p := i - t; p >= 0 && p < pixels {
					VFMADD231PS(same, v, sums[p])
				}
			}
		}
	}
	ADDQ(row, x)
	ADDQ(U32(4*quadTaps*vectorBytes), w)
	DECQ(left)
	JNZ(LabelRef("row"))
	each := func(base Mem, do func(m Mem, i int)) {
		for i := range sums {
			m := base
			m.Disp = vectorBytes * i
			do(m, i)
		}
	}
	res := Load(Param("res"), GP64())
	TESTQ(res, res)
	JZ(LabelRef("cut"))
	each(Mem{Base: res}, func(m Mem, i int) { VADDPS(m, sums[i], sums[i]) })
	ADDQ(U32(uint32(vectorBytes*pixels)), argument("res"))
	Label("cut")
	relu := Load(Param("relu"), GP64())
	TESTQ(relu, relu)
	JZ(LabelRef("store"))
	zero := zeroed(1)[0]
	for _, s := range sums {
		VMAXPS(s, zero, s) // this way round a NaN stays one
	}
	Label("store")
	y := Load(Param("y"), GP64())
	each(Mem{Base: y}, func(m Mem, i int) { VMOVUPS(sums[i], m) })
	ADDQ(U32(uint32(vectorBytes*pixels)), argument("y"))
	ADDQ(U32(uint32(vectorBytes*pixels)), argument("x"))
	DECQ(argument("tiles"))
	JNZ(LabelRef("tile"))
	done()
}
