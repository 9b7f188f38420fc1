package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// convTile computes blocks*8 output channels at some pixels of a row, for tiles of
// a row. All sums of a tile stay in registers: a step, one input channel at one tap, is blocks loads,
// pixels broadcasts and blocks*pixels multiply-adds. Beside another thread on its core, a tile is as fast as it has
// few instructions and loads of whole vectors: so eight steps follow each other, and 3 blocks by 4 pixels are the best.
func convTile(blocks, pixels int) {
	TEXT(fmt.Sprintf("convTile%dx%d", blocks, pixels), NOSPLIT,
		"func(tiles int, xnext int, ynext int, n int, offsets *int, lanes int, x *float32, xstep int, w *float32, y *float32, ystep int, yblock int, bias *float32, res *float32, flags int, ahead *float32, lines int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("convTile%dx%d is convTiles of %d blocks of channels and %d pixels.", blocks, pixels, blocks, pixels))
	Label("tile")
	n := Load(Param("n"), GP64())
	offsets := Load(Param("offsets"), GP64())
	x := Load(Param("x"), GP64())
	step := Load(Param("xstep"), GP64())
	w := Load(Param("w"), GP64())

	acc := make([][]reg.VecVirtual, pixels)
	for i := range acc {
		acc[i] = vectors(blocks)
	}
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef("zero"))
	for i := range acc {
		for j, v := range acc[i] {
			VMOVUPS(Mem{Base: bias, Disp: 32 * j}, v)
		}
	}
	JMP(LabelRef("taps"))
	Label("zero")
	for i := range acc {
		for _, v := range acc[i] {
			VXORPS(v, v, v)
		}
	}

	Label("taps")
	steps := stepsOf(step, pixels)
	weights, spread, turns := vectors(blocks), vectors(pixels), vectors(min(2, 16-blocks*pixels-min(blocks, pixels)))
	base, lanes := GP64(), GP64()
	LEAQ(Mem{Base: offsets, Index: n, Scale: 8}, offsets)
	NEGQ(n) // counts up to zero, so that one instruction less is needed
	row := func(c int) {
		weight := func(j int, v reg.VecVirtual) { VMOVUPS(Mem{Base: w, Disp: 32 * (c*blocks + j)}, v) }
		pixel := func(i int, v reg.VecVirtual) {
			at := steps(i)
			at.Base, at.Disp = base, 4*c
			VBROADCASTSS(at, v)
		}
		// The fewer of both stay in registers, and the others come in turn.
		if blocks <= pixels {
			for j, v := range weights {
				weight(j, v)
			}
			for i := range pixels {
				s := turns[i%len(turns)]
				pixel(i, s)
				for j, v := range weights {
					VFMADD231PS(s, v, acc[i][j])
				}
			}
			return
		}
		for i, v := range spread {
			pixel(i, v)
		}
		for j := range blocks {
			weight(j, turns[0])
			for i, v := range spread {
				VFMADD231PS(v, turns[0], acc[i][j])
			}
		}
	}
	loop := func(label string, rows int) {
		Label(label)
		MOVQ(Mem{Base: offsets, Index: n, Scale: 8}, base)
		ADDQ(x, base)
		for c := range rows {
			row(c)
		}
		ADDQ(U32(rows*32*blocks), w)
		INCQ(n)
		JNZ(LabelRef(label))
	}
	Load(Param("lanes"), lanes)
	CMPQ(lanes, Imm(4))
	JE(LabelRef("four"))
	loop("eight", 8)
	JMP(LabelRef("summed"))
	loop("four", 4)
	Label("summed")

	y := Load(Param("y"), GP64())
	ystep := Load(Param("ystep"), GP64())
	yblock := Load(Param("yblock"), GP64())
	flags := Load(Param("flags"), GP64())
	each := func(base reg.Register, do func(m Mem, v reg.VecVirtual)) {
		p := GP64()
		MOVQ(base, p)
		for i := range acc {
			for j, v := range acc[i] {
				m := Mem{Base: p}
				if j > 0 { // of three blocks at most
					m.Index, m.Scale = yblock, uint8(j)
				}
				do(m, v)
			}
			if i < pixels-1 {
				ADDQ(ystep, p)
			}
		}
	}
	add := func(m Mem, v reg.VecVirtual) { VADDPS(m, v, v) }
	TESTQ(U32(1), flags)
	JZ(LabelRef("residual"))
	each(y, add)
	Label("residual")
	res := Load(Param("res"), GP64())
	TESTQ(res, res)
	JZ(LabelRef("cut"))
	each(res, add)
	Label("cut")
	TESTQ(U32(2), flags)
	JZ(LabelRef("store"))
	zero := zeroed(1)[0]
	for i := range acc {
		for _, v := range acc[i] {
			VMAXPS(v, zero, v) // this way round a NaN stays one
		}
	}
	Label("store")
	each(y, func(m Mem, v reg.VecVirtual) { VMOVUPS(v, m) })
	fetch()
	next := GP64()
	Load(Param("xnext"), next)
	ADDQ(next, argument("x"))
	Load(Param("ynext"), next)
	ADDQ(next, argument("y"))
	TESTQ(res, res)
	JZ(LabelRef("next"))
	ADDQ(next, argument("res"))
	Label("next")
	DECQ(argument("tiles"))
	JNZ(LabelRef("tile"))
	done()
}

// stepsOf gives the index of each pixel, so many steps from the first.
func stepsOf(step reg.Register, pixels int) func(pixel int) Mem {
	odd := map[int]reg.Register{1: step}
	for k := 3; k < pixels; k += 2 {
		r := GP64()
		LEAQ(Mem{Base: odd[k-2], Index: step, Scale: 2}, r)
		odd[k] = r
	}
	return func(pixel int) Mem {
		if pixel == 0 {
			return Mem{}
		}
		scale := pixel & -pixel
		return Mem{Index: odd[pixel/scale], Scale: uint8(scale)}
	}
}

// fetch asks for the lines that come with a tile.
func fetch() {
	left, ahead := Load(Param("lines"), GP64()), GP64()
	TESTQ(left, left)
	JZ(LabelRef("fetched"))
	Load(Param("ahead"), ahead)
	Label("fetch")
	PREFETCHT1(Mem{Base: ahead})
	ADDQ(Imm(64), ahead)
	DECQ(left)
	JNZ(LabelRef("fetch"))
	MOVQ(ahead, argument("ahead"))
	Label("fetched")
}

const (
	gradCombos = 6 // weights of one output channel that a gradTile sums
	gradCols   = 4 // columns at once, where they follow each other
)

// gradTile adds to acc the sum of dy*x over rows and columns of positions, for
// blocks*8 output channels and six places relative to the position.
func gradTile(blocks int) {
	TEXT(fmt.Sprintf("gradTile%d", blocks), NOSPLIT,
		"func(rows int, cols int, x *float32, offsets *int, xstep int, xrow int, dy *float32, dyrow int, acc *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("gradTile%d is a gradTile of %d blocks of channels.", blocks, blocks))
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
		sums[i] = zeroed(blocks)
	}
	dy := vectors(blocks)
	spread := vectors(2)
	step := Load(Param("xstep"), GP64())
	row := Load(Param("dy"), GP64())
	at, index, left := GP64(), GP64(), GP64()
	cols := func(label string, n int) {
		Label(label)
		for c := range n {
			for j := range dy {
				VMOVUPS(Mem{Base: at, Disp: 32 * (c*blocks + j)}, dy[j])
			}
			for i := range from {
				s := spread[i%2]
				VBROADCASTSS(Mem{Base: from[i], Index: index, Scale: 1, Disp: 32 * c}, s)
				for j := range dy {
					VFMADD231PS(s, dy[j], sums[i][j])
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
			m := Mem{Base: acc, Disp: 32 * (i*blocks + j)}
			VADDPS(m, v, v)
			VMOVUPS(v, m)
		}
	}
	done()
}
