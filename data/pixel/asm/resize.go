package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func stretch() {
	text("stretch", "dst *int16, src *uint8, offsets *int32, weights *[2]int16, blocks int",
		"mixes each packed pixel with its right neighbour, 4 results a block, in 1/128.")
	dst, src, offsets, weights := pointer("dst"), pointer("src"), pointer("offsets"), pointer("weights")
	pairs := constant("channelPairs", 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15)
	split := constant("split", 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7)
	loop("stretch", pointer("blocks"), func() {
		v := ymms(2)
		for i := range v {
			x := XMM()
			for j := range 2 {
				offset := GP64()
				MOVLQSX(at(offsets, 8*i+4*j), offset)
				m := Mem{Base: src, Index: offset, Scale: 1}
				if j == 0 {
					VMOVQ(m, x)
				} else {
					VMOVHPS(m, x, x)
				}
			}
			w := YMM()
			VPSHUFB(pairs.AsX(), x, x)
			VPMOVZXBW(x, v[i])
			VPBROADCASTQ(at(weights, 8*i), w)
			VPSHUFB(split, w, w)
			VPMADDWD(w, v[i], v[i])
			VPSRAD(Imm(4), v[i], v[i])
		}
		VPACKSSDW(v[1], v[0], v[0])
		VPERMQ(permuted, v[0], v[0])
		VMOVDQU(v[0], at(dst, 0))
		ADDQ(Imm(16), offsets)
		ADDQ(Imm(16), weights)
		ADDQ(Imm(32), dst)
	})
	finish()
}

func blend() {
	text("blend", "dst *uint8, top, bottom *int16, wTop, wBottom uint16, blocks int",
		"mixes two rows that stretch has made, 32 bytes a block.")
	dst, top, bottom := pointer("dst"), pointer("top"), pointer("bottom")
	wTop, wBottom := words("wTop"), words("wBottom")
	two := constant("two", 2, 0)
	loop("blend", pointer("blocks"), func() {
		v := ymms(2)
		for i := range v {
			w := YMM()
			VPMULHW(at(top, 32*i), wTop, v[i])
			VPMULHW(at(bottom, 32*i), wBottom, w)
			VPADDW(w, v[i], v[i])
			VPADDW(two, v[i], v[i])
			VPSRLW(Imm(2), v[i], v[i])
		}
		VPACKUSWB(v[1], v[0], v[0])
		VPERMQ(permuted, v[0], v[0])
		VMOVDQU(v[0], at(dst, 0))
		ADDQ(Imm(32), dst)
		ADDQ(Imm(64), top)
		ADDQ(Imm(64), bottom)
	})
	finish()
}

func halve() {
	text("halve", "dst, top, bottom *uint8, blocks int", "averages 2x2 packed pixels, 8 results a block.")
	dst, top, bottom := pointer("dst"), pointer("top"), pointer("bottom")
	pairs := constant("neighbours", 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15)
	ones, two := constant("ones", 1), constant("twoWords", 2, 0)
	loop("halve", pointer("blocks"), func() {
		v := ymms(2)
		for i := range v {
			w := YMM()
			for j, p := range []reg.Register{top, bottom} {
				into := []reg.VecVirtual{v[i], w}[j]
				VMOVDQU(at(p, 32*i), into)
				VPSHUFB(pairs, into, into)
				VPMADDUBSW(ones, into, into)
			}
			VPADDW(w, v[i], v[i])
			VPADDW(two, v[i], v[i])
			VPSRLW(Imm(2), v[i], v[i])
		}
		VPACKUSWB(v[1], v[0], v[0])
		VPERMQ(permuted, v[0], v[0])
		VMOVDQU(v[0], at(dst, 0))
		ADDQ(Imm(32), dst)
		ADDQ(Imm(64), top)
		ADDQ(Imm(64), bottom)
	})
	finish()
}

// mix multiplies in 16 bits: a weight of 22 bits and more is a high part and a
// low one of 11 bits, summed apart.
func mix() {
	text("mix", "dst *uint8, dstStride int, src *uint8, stride int, plan *int, rows, blocks int",
		"makes rows of bytes, each by its mixture (plan is the start of the first) of source rows, which lie stride apart; 32 columns a block.")
	dst, src, stride := pointer("dst"), pointer("src"), pointer("stride")
	plan, rows := pointer("plan"), pointer("rows")
	round := constant("mixRound", 0, 0, 0x20, 0) // 1/2 in 1/2^22
	zero := YMM()
	VPXOR(zero, zero, zero)
	loop("mixRow", rows, func() {
		to, from, blocks := GP64(), GP64(), GP64()
		MOVQ(dst, to)
		MOVQ(at(plan, 0), from) // mixture.start
		IMULQ(stride, from)
		ADDQ(src, from)
		Load(Param("blocks"), blocks)
		loop("mixBlock", blocks, func() { mixBlock(to, from, stride, plan, round, zero) })
		ADDQ(Imm(32), plan)
		ADDQ(Load(Param("dstStride"), GP64()), dst)
	})
	finish()
}

// mixBlock makes 32 columns, and moves on by as many.
func mixBlock(to, from, stride, plan reg.Register, round, zero reg.VecVirtual) {
	high, low := ymms(4), ymms(4)
	for i := range high {
		VPXOR(high[i], high[i], high[i])
		VMOVDQA(round, low[i])
	}
	left, row, weight := GP64(), GP64(), GP64()
	MOVQ(from, row)
	MOVQ(at(plan, 8), left)    // mixture.pairs
	MOVQ(at(plan, 16), weight) // mixture.weights
	loop("mixPair", left, func() {
		a, b, wHigh, wLow := YMM(), YMM(), YMM(), YMM()
		VPBROADCASTD(at(weight, 0), wHigh)
		VPBROADCASTD(at(weight, 4), wLow)
		VMOVDQU(at(row, 0), a)
		VPUNPCKHBW(Mem{Base: row, Index: stride, Scale: 1}, a, b)
		VPUNPCKLBW(Mem{Base: row, Index: stride, Scale: 1}, a, a)
		LEAQ(Mem{Base: row, Index: stride, Scale: 2}, row)
		for i := range high {
			v, half := YMM(), []reg.VecVirtual{a, b}[i/2]
			if i%2 == 0 {
				VPUNPCKLBW(zero, half, v)
			} else {
				v = half
				VPUNPCKHBW(zero, half, v)
			}
			product := YMM()
			VPMADDWD(wHigh, v, product)
			VPADDD(product, high[i], high[i])
			VPMADDWD(wLow, v, v)
			VPADDD(v, low[i], low[i])
		}
		ADDQ(Imm(8), weight)
	})
	for i := range high {
		VPSLLD(Imm(11), high[i], high[i])
		VPADDD(low[i], high[i], high[i])
		VPSRAD(Imm(22), high[i], high[i])
	}
	VPACKSSDW(high[1], high[0], high[0])
	VPACKSSDW(high[3], high[2], high[2])
	VPACKUSWB(high[2], high[0], high[0])
	VMOVDQU(high[0], at(to, 0))
	ADDQ(Imm(32), from)
	ADDQ(Imm(32), to)
}
