package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// convTile computes blocks*8 output channels at some pixels of a row, for tiles of
// a row. All sums of a tile stay in registers: a step, one input channel at one tap, is a load for each
// of the registers that blocks take, a broadcast for each pixel and the multiply-adds of both. Beside another thread on
// its core, a tile is as fast as it has few instructions and loads of whole vectors: so eight steps follow each other,
// and 3 registers by 4 pixels are the best of 16 registers, 4 by 6 of 32.
func (k kind) convTile(blocks, pixels int) {
	TEXT(k.name(fmt.Sprintf("convTile%dx%d", blocks, pixels)), NOSPLIT,
		"func(tiles int, xnext int, ynext int, n int, offsets *int, lanes int, x *float32, xstep int, w *float32, y *float32, ystep int, yblock int, bias *float32, res *float32, flags int, ahead *float32, lines int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is convTiles of %d blocks of channels and %d pixels.", k.name(fmt.Sprintf("convTile%dx%d", blocks, pixels)), blocks, pixels))
	Label("tile")
	n := Load(Param("n"), GP64())
	offsets := Load(Param("offsets"), GP64())
	x := Load(Param("x"), GP64())
	step := Load(Param("xstep"), GP64())
	w := Load(Param("w"), GP64())

	acc := make([][]reg.VecVirtual, pixels)
	for i := range acc {
		acc[i] = k.strip(blocks)
	}
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef("zero"))
	for i := range acc {
		for j, v := range acc[i] {
			VMOVUPS(Mem{Base: bias, Disp: k.bytes() * j}, v)
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
	weights := k.strip(blocks)
	spread, turns := k.singles(blocks, pixels), k.singles(blocks, min(2, k.registers-len(weights)*pixels-min(len(weights), pixels)))
	base, lanes := GP64(), GP64()
	LEAQ(Mem{Base: offsets, Index: n, Scale: 8}, offsets)
	NEGQ(n) // counts up to zero, so that one instruction less is needed
	row := func(c int) {
		weight := func(j int, v reg.VecVirtual) { VMOVUPS(Mem{Base: w, Disp: 32*c*blocks + k.bytes()*j}, v) }
		pixel := func(i int, v reg.VecVirtual) {
			at := steps(i)
			at.Base, at.Disp = base, 4*c
			VBROADCASTSS(at, v)
		}
		// The fewer of both stay in registers, and the others come in turn.
		if len(weights) <= pixels {
			for j, v := range weights {
				weight(j, v)
			}
			for i := range pixels {
				s := turns[i%len(turns)]
				pixel(i, s)
				for j, v := range weights {
					VFMADD231PS(like(s, v), v, acc[i][j])
				}
			}
			return
		}
		for i, v := range spread {
			pixel(i, v)
		}
		for j, v := range weights {
			held := like(turns[0], v)
			weight(j, held)
			for i, s := range spread {
				VFMADD231PS(like(s, held), held, acc[i][j])
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
	blockAt := stepsOf(yblock, blocks)
	each := func(base reg.Register, do func(sums []reg.VecVirtual, at func(block int) Mem)) {
		p := GP64()
		MOVQ(base, p)
		for i, sums := range acc {
			do(sums, func(block int) Mem {
				m := blockAt(block)
				m.Base = p
				return m
			})
			if i < pixels-1 {
				ADDQ(ystep, p)
			}
		}
	}
	add := func(sums []reg.VecVirtual, at func(int) Mem) { k.add(sums, weights, at) }
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
	zero := k.singles(blocks, 1)[0]
	VXORPS(zero, zero, zero)
	for i := range acc {
		for _, v := range acc[i] {
			VMAXPS(v, like(zero, v), v) // this way round a NaN stays one
		}
	}
	Label("store")
	each(y, k.store)
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
	fetchLines(ahead, left)
	MOVQ(ahead, argument("ahead"))
	Label("fetched")
}

// fetchLines is the loop that asks for so many lines, one at least, from at on.
func fetchLines(at, left reg.Register) {
	Label("fetch")
	PREFETCHT1(Mem{Base: at})
	ADDQ(Imm(64), at)
	DECQ(left)
	JNZ(LabelRef("fetch"))
}
