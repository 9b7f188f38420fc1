package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// moves writes the loop over vectors that are moved.
func moves() {
	TEXT("moveVectors", NOSPLIT, "func(n int, to *float32, toStep int, from *float32, fromStep int)")
	Pragma("noescape")
	Doc("moveVectors copies n vectors that lie fromStep bytes apart to where they lie toStep apart.")
	n := Load(Param("n"), GP64())
	to, from := Load(Param("to"), GP64()), Load(Param("from"), GP64())
	toStep, fromStep := Load(Param("toStep"), GP64()), Load(Param("fromStep"), GP64())
	Label("loop")
	v := YMM()
	VMOVUPS(Mem{Base: from}, v)
	VMOVUPS(v, Mem{Base: to})
	ADDQ(fromStep, from)
	ADDQ(toStep, to)
	DECQ(n)
	JNZ(LabelRef("loop"))
	done()
}

// moveRuns writes the loop that brings vectors of a tile together.
func moveRuns() {
	TEXT("moveRuns", NOSPLIT, "func(runs int, n int, to *float32, toStep int, from *float32, fromStep int)")
	Pragma("noescape")
	Doc("moveRuns copies runs of n vectors each, which begin fromStep bytes apart, to where they begin toStep apart.")
	runs, n := Load(Param("runs"), GP64()), Load(Param("n"), GP64())
	to, from := Load(Param("to"), GP64()), Load(Param("from"), GP64())
	step, toStep := Load(Param("fromStep"), GP64()), Load(Param("toStep"), GP64())
	at, left, there := GP64(), GP64(), GP64()
	Label("run")
	MOVQ(from, at)
	MOVQ(to, there)
	MOVQ(n, left)
	Label("vector")
	v := YMM()
	VMOVUPS(Mem{Base: at}, v)
	VMOVUPS(v, Mem{Base: there})
	ADDQ(Imm(vectorBytes), at)
	ADDQ(Imm(vectorBytes), there)
	DECQ(left)
	JNZ(LabelRef("vector"))
	ADDQ(step, from)
	ADDQ(toStep, to)
	DECQ(runs)
	JNZ(LabelRef("run"))
	done()
}

// fetchRows writes the loop that asks for what will be read later.
func fetchRows() {
	TEXT("fetchRows", NOSPLIT, "func(rows int, lines int, from *float32, step int)")
	Pragma("noescape")
	Doc("fetchRows asks for so many cache lines of rows that lie step bytes apart, to be in the second cache.")
	rows, from, step := Load(Param("rows"), GP64()), Load(Param("from"), GP64()), Load(Param("step"), GP64())
	at, left := GP64(), GP64()
	Label("row")
	MOVQ(from, at)
	Load(Param("lines"), left)
	fetchLines(at, left)
	ADDQ(step, from)
	DECQ(rows)
	JNZ(LabelRef("row"))
	RET()
}

// interleave writes the loop that lays four planes out as pixels of four.
func interleave() {
	TEXT("interleave4", NOSPLIT, "func(n int, to *float32, from *float32, plane int)")
	Pragma("noescape")
	Doc("interleave4 sets to to n times eight pixels of four values, one of each of four planes, plane bytes apart.")
	n := Load(Param("n"), GP64())
	to, from := Load(Param("to"), GP64()), Load(Param("from"), GP64())
	plane := Load(Param("plane"), GP64())
	planes := stepsOf(plane, 4)
	Label("loop")
	x, y := vectors(4), vectors(4)
	for i := range x {
		at := planes(i)
		at.Base = from
		VMOVUPS(at, x[i])
	}
	for i := range 2 { // y[2i] has pixels 0, 1, 4, 5 of planes 2i and 2i+1, y[2i+1] the others
		VUNPCKLPS(x[2*i+1], x[2*i], y[2*i])
		VUNPCKHPS(x[2*i+1], x[2*i], y[2*i+1])
	}
	z := vectors(4)
	for i := range 2 { // z[2i] has pixels 2i and 2i+4, z[2i+1] those after them
		VSHUFPS(Imm(0x44), y[2+i], y[i], z[2*i])
		VSHUFPS(Imm(0xee), y[2+i], y[i], z[2*i+1])
	}
	for i := range 2 {
		low, high := YMM(), YMM()
		VPERM2F128(Imm(0x20), z[2*i+1], z[2*i], low)
		VPERM2F128(Imm(0x31), z[2*i+1], z[2*i], high)
		VMOVUPS(low, Mem{Base: to, Disp: 32 * i})
		VMOVUPS(high, Mem{Base: to, Disp: 64 + 32*i})
	}
	ADDQ(Imm(32), from)
	ADDQ(U32(128), to)
	DECQ(n)
	JNZ(LabelRef("loop"))
	done()
}

// transpose writes the loop over tiles of 8x8 values: pairs of rows are
// interleaved, then pairs of those, then halves are put together.
func transpose() {
	TEXT("transpose", NOSPLIT, "func(n int, out *float32, outRow, outNext int, in *float32, inRow, inNext int)")
	Pragma("noescape")
	Doc("transpose turns n tiles of 8x8 values, whose rows lie row bytes apart and tiles next bytes apart.")
	n := Load(Param("n"), GP64())
	out := Load(Param("out"), GP64())
	in := Load(Param("in"), GP64())
	outRow := Load(Param("outRow"), GP64())
	inRow := Load(Param("inRow"), GP64())
	outNext := Load(Param("outNext"), GP64())
	inNext := Load(Param("inNext"), GP64())
	walk := func(base, row reg.Register, do func(i int, m Mem)) {
		third, far := GP64(), GP64()
		LEAQ(Mem{Base: row, Index: row, Scale: 2}, third)
		LEAQ(Mem{Base: base, Index: row, Scale: 4}, far)
		for i, b := range []reg.Register{base, far} {
			do(4*i, Mem{Base: b})
			do(4*i+1, Mem{Base: b, Index: row, Scale: 1})
			do(4*i+2, Mem{Base: b, Index: row, Scale: 2})
			do(4*i+3, Mem{Base: b, Index: third, Scale: 1})
		}
	}
	Label("tile")
	x, y := vectors(8), vectors(8)
	walk(in, inRow, func(i int, m Mem) { VMOVUPS(m, x[i]) })
	for i := 0; i < 8; i += 2 { // y[i] has columns 0, 1, 4, 5 of rows i and i+1, y[i+1] the others
		VUNPCKLPS(x[i+1], x[i], y[i])
		VUNPCKHPS(x[i+1], x[i], y[i+1])
	}
	x = vectors(8)
	for i := 0; i < 8; i += 4 { // x[i+c] has columns c and c+4 of rows i..i+3
		for c := range 2 {
			VSHUFPS(Imm(0x44), y[i+2+c], y[i+c], x[i+2*c])
			VSHUFPS(Imm(0xee), y[i+2+c], y[i+c], x[i+2*c+1])
		}
	}
	y = vectors(8)
	for c := range 4 {
		VPERM2F128(Imm(0x20), x[4+c], x[c], y[c])
		VPERM2F128(Imm(0x31), x[4+c], x[c], y[4+c])
	}
	walk(out, outRow, func(i int, m Mem) { VMOVUPS(y[i], m) })
	ADDQ(outNext, out)
	ADDQ(inNext, in)
	DECQ(n)
	JNZ(LabelRef("tile"))
	done()
}
