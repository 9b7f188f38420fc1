package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The tiles of AVX-512. A register holds two blocks of channels, so that a tile
// is of up to four blocks and, with 32 registers, of 14 pixels.
const (
	wideBlocks = 4
	widePixels = 14
	wideCombos = 12
	ahead      = 16 // rows of weights that are fetched before they are used
)

// strip is the sums of a tile at one pixel: a register for every two blocks, and
// half of one for a last odd block.
func strip(blocks int) []reg.VecVirtual {
	var list []reg.VecVirtual
	for ; blocks >= 2; blocks -= 2 {
		list = append(list, ZMM())
	}
	if blocks == 1 {
		list = append(list, YMM())
	}
	return list
}

// single is a register as wide as the widest of a strip: beside one of 16 values,
// those of eight are multiplied by one unit alone.
func single(blocks int) reg.VecVirtual { return strip(blocks)[0] }

// like is s, as wide as v.
func like(s, v reg.VecVirtual) reg.VecVirtual {
	if v.Size() == 32 && s.Size() == 64 {
		return s.AsY().(reg.VecVirtual)
	}
	return s
}

// clearWide makes v zeros.
func clearWide(v reg.VecVirtual) { VXORPS(v, v, v) }

// halves calls do for each block of a strip: i is its number.
func halves(strip []reg.VecVirtual, do func(i int, v reg.VecVirtual, upper bool)) {
	for j, v := range strip {
		do(2*j, v, false)
		if v.Size() == 64 {
			do(2*j+1, v, true)
		}
	}
}

// store puts a block of a register at m.
func store(v reg.VecVirtual, upper bool, m Mem) {
	switch {
	case upper:
		VEXTRACTF32X8(Imm(1), v, m)
	default:
		VMOVUPS(v.AsY(), m)
	}
}

// gather fills a register from where its blocks lie.
func gather(v reg.VecVirtual, upper bool, m Mem) {
	if upper {
		VINSERTF32X8(Imm(1), m, v, v)
	} else {
		VMOVUPS(m, v.AsY())
	}
}

// blockAt is where block i lies, step bytes apart from base.
func blockAt(base, step, third reg.Register, i int) Mem {
	switch i {
	case 0:
		return Mem{Base: base}
	case 3:
		return Mem{Base: base, Index: third, Scale: 1}
	}
	return Mem{Base: base, Index: step, Scale: uint8(i)}
}

// triple is three times step.
func triple(step reg.Register) reg.Register {
	r := GP64()
	LEAQ(Mem{Base: step, Index: step, Scale: 2}, r)
	return r
}

// wideConvTile is convTile for AVX-512, with the sums of each value in the same
// order.
func wideConvTile(blocks, pixels int) {
	TEXT(fmt.Sprintf("wideConvTile%dx%d", blocks, pixels), NOSPLIT,
		"func(n int, offsets *int, lanes int, x *float32, xstep int, w *float32, y *float32, ystep int, yblock int, bias *float32, res *float32, flags int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("wideConvTile%dx%d is a convTile of %d blocks of channels and %d pixels.", blocks, pixels, blocks, pixels))
	n := Load(Param("n"), GP64())
	offsets := Load(Param("offsets"), GP64())
	x := Load(Param("x"), GP64())
	step := Load(Param("xstep"), GP64())
	w := Load(Param("w"), GP64())

	acc := make([][]reg.VecVirtual, pixels)
	for i := range acc {
		acc[i] = strip(blocks)
	}
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef("zero"))
	for i := range acc {
		for j, v := range acc[i] {
			VMOVUPS(Mem{Base: bias, Disp: 64 * j}, v)
		}
	}
	JMP(LabelRef("taps"))
	Label("zero")
	for i := range acc {
		for _, v := range acc[i] {
			clearWide(v)
		}
	}

	Label("taps")
	ws := strip(blocks)
	spread := []reg.VecVirtual{single(blocks), single(blocks)}
	near := GP64()
	var far reg.GPVirtual // the eighth pixel
	step3 := triple(step)
	step5 := GP64()
	LEAQ(Mem{Base: step, Index: step, Scale: 4}, step5)
	if pixels > 7 {
		far = GP64()
	}
	pixel := func(i int) Mem {
		m := Mem{Base: near}
		if i >= 7 {
			m.Base = far
			i -= 7
		}
		switch i {
		case 1, 2, 4:
			m.Index, m.Scale = step, uint8(i)
		case 3, 6:
			m.Index, m.Scale = step3, uint8(i/3)
		case 5:
			m.Index, m.Scale = step5, 1
		}
		return m
	}
	quads := GP64()
	Label("tap")
	MOVQ(Mem{Base: offsets}, near)
	ADDQ(Imm(8), offsets)
	ADDQ(x, near)
	if pixels > 7 {
		LEAQ(Mem{Base: near, Index: step3, Scale: 2}, far)
		ADDQ(step, far)
	}
	Load(Param("lanes"), quads)
	SHRQ(Imm(2), quads)
	Label("quad")
	for c := range 4 {
		for j := range ws {
			VMOVUPS(Mem{Base: w, Disp: 32*c*blocks + 64*j}, ws[j])
			PREFETCHT0(Mem{Base: w, Disp: 32*c*blocks + 64*j + ahead*32*blocks})
		}
		for i := range pixels {
			s := spread[i%2]
			at := pixel(i)
			at.Disp = 4 * c
			VBROADCASTSS(at, s)
			for j, v := range ws {
				VFMADD231PS(like(s, v), v, acc[i][j])
			}
		}
	}
	ADDQ(Imm(16), near)
	if pixels > 7 {
		ADDQ(Imm(16), far)
	}
	ADDQ(U32(4*32*blocks), w)
	DECQ(quads)
	JNZ(LabelRef("quad"))
	DECQ(n)
	JNZ(LabelRef("tap"))

	y := Load(Param("y"), GP64())
	ystep := Load(Param("ystep"), GP64())
	yblock := Load(Param("yblock"), GP64())
	yblock3 := triple(yblock)
	flags := Load(Param("flags"), GP64())
	each := func(base reg.Register, do func(v reg.VecVirtual, upper bool, m Mem)) {
		p := GP64()
		MOVQ(base, p)
		for i := range acc {
			halves(acc[i], func(b int, v reg.VecVirtual, upper bool) { do(v, upper, blockAt(p, yblock, yblock3, b)) })
			if i < pixels-1 {
				ADDQ(ystep, p)
			}
		}
	}
	add := func(base reg.Register) {
		held := ws // a register filled by halves counts as in use all the time
		p := GP64()
		MOVQ(base, p)
		for i := range acc {
			halves(held, func(b int, v reg.VecVirtual, upper bool) { gather(v, upper, blockAt(p, yblock, yblock3, b)) })
			for j, v := range held {
				VADDPS(v, acc[i][j], acc[i][j])
			}
			if i < pixels-1 {
				ADDQ(ystep, p)
			}
		}
	}
	TESTQ(U32(1), flags)
	JZ(LabelRef("residual"))
	add(y)
	Label("residual")
	res := Load(Param("res"), GP64())
	TESTQ(res, res)
	JZ(LabelRef("cut"))
	add(res)
	Label("cut")
	TESTQ(U32(2), flags)
	JZ(LabelRef("store"))
	zero := single(blocks)
	clearWide(zero)
	for i := range acc {
		for _, v := range acc[i] {
			VMAXPS(v, like(zero, v), v) // this way round a NaN stays one
		}
	}
	Label("store")
	each(y, store)
	done()
}

// wideGradTile is gradTile for AVX-512, of twelve places: three offsets of four
// lanes each.
func wideGradTile(blocks int) {
	TEXT(fmt.Sprintf("wideGradTile%d", blocks), NOSPLIT,
		"func(rows int, cols int, x *float32, offsets *int, xstep int, xrow int, dy *float32, dyrow int, acc *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("wideGradTile%d is a gradTile of %d blocks of channels. Its places come in fours that follow each other.", blocks, blocks))
	x := Load(Param("x"), GP64())
	offsets := Load(Param("offsets"), GP64())
	from := make([]reg.GPVirtual, wideCombos/4)
	for i := range from {
		from[i] = GP64()
		MOVQ(Mem{Base: offsets, Disp: 32 * i}, from[i])
		ADDQ(x, from[i])
	}
	sums := make([][]reg.VecVirtual, wideCombos)
	for i := range sums {
		sums[i] = strip(blocks)
		for _, v := range sums[i] {
			clearWide(v)
		}
	}
	dy := strip(blocks)
	spread := []reg.VecVirtual{single(blocks), single(blocks)}
	step := Load(Param("xstep"), GP64())
	row := Load(Param("dy"), GP64())
	at, index, left := GP64(), GP64(), GP64()

	Label("row")
	MOVQ(row, at)
	XORQ(index, index)
	Load(Param("cols"), left)
	Label("col")
	for j, v := range dy {
		VMOVUPS(Mem{Base: at, Disp: 64 * j}, v)
	}
	for i := range sums {
		s := spread[i%2]
		VBROADCASTSS(Mem{Base: from[i/4], Index: index, Scale: 1, Disp: 4 * (i % 4)}, s)
		for j, v := range dy {
			VFMADD231PS(like(s, v), v, sums[i][j])
		}
	}
	ADDQ(U32(32*blocks), at)
	ADDQ(step, index)
	DECQ(left)
	JNZ(LabelRef("col"))

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
			m := Mem{Base: acc, Disp: 32*i*blocks + 64*j}
			VADDPS(m, v, v)
			VMOVUPS(v, m)
		}
	}
	done()
}
