package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// warp works on eight pixels. Positions are worked out and mirrored as
// vectors; then each pixel is one load of 8 bytes, itself and its right
// neighbour in four channels, from its row and one from the row below.
//
// Vectors are filled so that no value ever crosses a lane: pixels 0, 1 and 4, 5
// first, then 2, 3 and 6, 7.
func warp() {
	text("warp", "dst, src *uint8, blocks int, dx, dy *int32, x0, y0, xEnd, yEnd, xLast, yLast, width int32",
		"makes a row, 8 packed pixels a block. Pixel i lies at ((x0+dx[i])>>5, (y0+dy[i])>>5) of the source in 1/32 "+
			"pixels, mirrored at 0 and at xEnd and yEnd; a pixel's square begins at xLast, yLast at most.")
	dst, src, blocks := pointer("dst"), pointer("src"), pointer("blocks")
	dx, dy := pointer("dx"), pointer("dy")
	x0, y0, xEnd, yEnd := spread("x0"), spread("y0"), spread("xEnd"), spread("yEnd")
	offsets := AllocLocal(32)
	limits := AllocLocal(96)
	for i, name := range []string{"xLast", "yLast", "width"} {
		VMOVDQU(spread(name), limits.Offset(32*i))
	}
	below := GP64()
	MOVLQSX(Load(Param("width"), GP32()), below)
	LEAQ(Mem{Base: src, Index: below, Scale: 4}, below)
	pairs := constant("pairs", 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15)
	full := constant("full", 32, 0, 0, 0)  // a weight of 1
	round := constant("round", 0, 2, 0, 0) // 1/2 in 1/1024

	// place gives the first pixel of the pair along one axis, and the weight
	// of the second, 0..32.
	place := func(delta reg.Register, start, end reg.VecVirtual, last int) (first, weight reg.VecVirtual) {
		first, weight = YMM(), YMM()
		VPADDD(at(delta, 0), start, weight)
		VPSRAD(Imm(5), weight, weight)
		VPABSD(weight, weight)
		VPSUBD(weight, end, weight)
		VPABSD(weight, weight)
		VPSUBD(weight, end, weight)
		VPSRAD(Imm(5), weight, first)
		VPMINSD(limits.Offset(32*last), first, first)
		t := YMM()
		VPSLLD(Imm(5), first, t)
		VPSUBD(t, weight, weight)
		return first, weight
	}
	loop("warp", blocks, func() {
		x, wx := place(dx, x0, xEnd, 0)
		y, wy := place(dy, y0, yEnd, 1)
		VPMULLD(limits.Offset(64), y, y)
		VPADDD(y, x, x)
		VPSLLD(Imm(2), x, x)
		VMOVDQU(x, offsets)

		t := YMM()
		VPSLLD(Imm(8), wx, t) // bytes 32-w and w, twice
		VPSUBD(wx, t, wx)
		VPADDD(full, wx, wx)
		VPSLLD(Imm(16), wx, t)
		VPOR(t, wx, wx)
		VPSLLD(Imm(16), wy, t) // words 32-w and w
		VPSUBD(wy, t, wy)
		VPADDD(full, wy, wy)

		var words [2]reg.VecVirtual
		for half := range words {
			rows := [2]reg.VecVirtual{YMM(), YMM()}
			other := [2]reg.VecVirtual{XMM(), XMM()}
			for i, pixel := range []int{2 * half, 2*half + 1, 2*half + 4, 2*half + 5} {
				offset := GP64()
				MOVL(offsets.Offset(4*pixel), offset.As32())
				for r, base := range []reg.Register{src, below} {
					m := Mem{Base: base, Index: offset, Scale: 1}
					into := rows[r].AsX()
					if i >= 2 {
						into = other[r].AsX()
					}
					if i%2 == 0 {
						VMOVQ(m, into)
					} else {
						VMOVHPS(m, into, into)
					}
				}
			}
			w := YMM()
			VPSHUFD(U8([]uint8{0b01_01_00_00, 0b11_11_10_10}[half]), wx, w)
			for r := range rows {
				VINSERTI128(Imm(1), other[r], rows[r], rows[r])
				VPSHUFB(pairs, rows[r], rows[r])
				VPMADDUBSW(w, rows[r], rows[r])
			}
			lo, hi := YMM(), YMM()
			VPUNPCKLWD(rows[1], rows[0], lo)
			VPUNPCKHWD(rows[1], rows[0], hi)
			for i, v := range []reg.VecVirtual{lo, hi} {
				w := YMM()
				VPSHUFD(U8([]uint8{0, 0b01_01_01_01, 0b10_10_10_10, 0b11_11_11_11}[2*half+i]), wy, w)
				VPMADDWD(w, v, v)
				VPADDD(round, v, v)
				VPSRLD(Imm(10), v, v)
			}
			VPACKUSDW(hi, lo, lo)
			words[half] = lo
		}
		VPACKUSWB(words[1], words[0], words[0])
		VMOVDQU(words[0], at(dst, 0))
		for _, p := range []reg.Register{dst, dx, dy} {
			ADDQ(Imm(32), p)
		}
	})
	finish()
}
