package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	gradCombos = 6 // weights of one output channel that a gradTile sums
	gradCols   = 4 // columns at once, where they follow each other
)

// gradTile adds to acc the sum of dy*x over rows and columns of positions, for
// blocks*8 output channels and six places relative to the position.
func (k kind) gradTile(blocks int) {
	name := k.name(fmt.Sprintf("gradTile%d", blocks))
	TEXT(name, NOSPLIT,
		"func(rows int, cols int, x *float32, offsets *int, xstep int, xrow int, dy *float32, dyrow int, acc *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is a gradTile of %d blocks of channels.", name, blocks))
	x := Load(Param("x"), GP64())
	offsets := Load(Param("offsets"), GP64())
	from := make([]reg.GPVirtual, gradCombos)
	for i := range from {
		from[i] = GP64()
		MOVQ(Mem{Base: offsets, Disp: 8 * i}, from[i])
		ADDQ(x, from[i])
	}
	sums := make([][]reg.VecVirtual, gradCombos)
	for i := range sums {
		sums[i] = k.strip(blocks)
		for _, v := range sums[i] {
			VXORPS(v, v, v)
		}
	}
	dy, spread := k.strip(blocks), k.singles(blocks, 2)
	step := Load(Param("xstep"), GP64())
	row := Load(Param("dy"), GP64())
	at, index, left := GP64(), GP64(), GP64()
	cols := func(label string, n int) {
		Label(label)
		for c := range n {
			for j := range dy {
				VMOVUPS(Mem{Base: at, Disp: 32*c*blocks + k.bytes()*j}, dy[j])
			}
			for i := range from {
				s := spread[i%2]
				VBROADCASTSS(Mem{Base: from[i], Index: index, Scale: 1, Disp: 32 * c}, s)
				for j := range dy {
					VFMADD231PS(like(s, dy[j]), dy[j], sums[i][j])
				}
			}
		}
		ADDQ(U32(uint32(32*blocks*n)), at)
	}

	Label("row")
	MOVQ(row, at)
	XORQ(index, index)
	Load(Param("cols"), left)
	CMPQ(step, Imm(32))
	JNE(LabelRef("col"))
	SUBQ(Imm(gradCols), left)
	JB(LabelRef("few"))
	cols("near", gradCols) // columns that follow each other take fewer additions
	ADDQ(U32(32*gradCols), index)
	SUBQ(Imm(gradCols), left)
	JAE(LabelRef("near"))
	Label("few")
	ADDQ(Imm(gradCols), left)
	JZ(LabelRef("end"))
	cols("col", 1)
	ADDQ(step, index)
	DECQ(left)
	JNZ(LabelRef("col"))
	Label("end")

	next := GP64()
	Load(Param("xrow"), next)
	for i := range from {
		ADDQ(next, from[i])
	}
	Load(Param("dyrow"), next)
	ADDQ(next, row)
	DECQ(argument("rows"))
	JNZ(LabelRef("row"))

	acc := Load(Param("acc"), GP64())
	for i := range sums {
		for j, v := range sums[i] {
			m := Mem{Base: acc, Disp: 32*i*blocks + k.bytes()*j}
			VADDPS(m, v, v)
			VMOVUPS(v, m)
		}
	}
	done()
}
