package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func slide() {
	text("slide", "sum *uint16, add, drop *uint8, blocks int", "adds the bytes at add and takes off those at drop, 32 a block.")
	sum, add, drop := pointer("sum"), pointer("add"), pointer("drop")
	loop("slide", pointer("blocks"), func() {
		for i := range 2 {
			v, w := YMM(), YMM()
			VPMOVZXBW(at(add, 16*i), v)
			VPMOVZXBW(at(drop, 16*i), w)
			VPADDW(at(sum, 32*i), v, v)
			VPSUBW(w, v, v)
			VMOVDQU(v, at(sum, 32*i))
		}
		ADDQ(Imm(32), add)
		ADDQ(Imm(32), drop)
		ADDQ(Imm(64), sum)
	})
	finish()
}

// words fills a vector with a 16-bit parameter.
func words(param string) reg.VecVirtual {
	x, y := XMM(), YMM()
	VMOVD(Load(Param(param), GP32()), x)
	VPBROADCASTW(x, y)
	return y
}

// box divides by multiplying with an inverse that is rounded down; where that
// leaves a remainder of a whole divisor, the quotient is one more.
func box() {
	text("box", "dst *uint8, sum *uint16, blocks, size int, area, inverse uint16",
		"sets dst to the sums of size packed pixels in a row, divided by area and rounded, 32 bytes a block; inverse is 65536/area.")
	dst, sum, size := pointer("dst"), pointer("sum"), pointer("size")
	area, inverse := words("area"), words("inverse")
	half, most := YMM(), YMM()
	VPSRLW(Imm(1), area, half)
	VPCMPEQW(most, most, most)
	VPADDW(most, area, most)
	loop("box", pointer("blocks"), func() {
		v := ymms(2)
		for i := range v {
			VMOVDQA(half, v[i])
		}
		left, from := GP64(), GP64()
		MOVQ(size, left)
		MOVQ(sum, from)
		loop("tap", left, func() {
			for i := range v {
				VPADDW(at(from, 32*i), v[i], v[i])
			}
			ADDQ(Imm(8), from)
		})
		for i := range v {
			quotient, product := YMM(), YMM()
			VPMULHUW(inverse, v[i], quotient)
			VPMULLW(area, quotient, product)
			VPSUBW(product, v[i], product)
			VPCMPGTW(most, product, product)
			VPSUBW(product, quotient, v[i])
		}
		VPACKUSWB(v[1], v[0], v[0])
		VPERMQ(permuted, v[0], v[0])
		VMOVDQU(v[0], at(dst, 0))
		ADDQ(Imm(64), sum)
		ADDQ(Imm(32), dst)
	})
	finish()
}

// line divides by multiplying, and takes one off where the quotient was a tie
// and came out odd.
func line() {
	text("line", "dst *uint8, taps **uint8, blocks, size int, scale, even uint16",
		"sets dst to the mean of the bytes at size taps, 32 bytes a block; scale is 65536/size rounded up, and even is 1 "+
			"when size is, so that halves go to the even side.")
	dst, taps, size := pointer("dst"), pointer("taps"), pointer("size")
	scale, even := words("scale"), words("even")
	half, count := YMM(), YMM()
	{
		n, x := GP64(), XMM()
		MOVQ(size, n)
		VMOVD(n.As32(), x)
		VPBROADCASTW(x, count)
		VPSRLW(Imm(1), count, half)
	}
	at32 := GP64()
	XORQ(at32, at32)
	loop("line", pointer("blocks"), func() {
		sum := ymms(2)
		VMOVDQA(half, sum[0])
		VMOVDQA(half, sum[1])
		left, next := GP64(), GP64()
		MOVQ(size, left)
		MOVQ(taps, next)
		loop("cell", left, func() {
			p := GP64()
			MOVQ(at(next, 0), p)
			for i := range sum {
				v := YMM()
				VPMOVZXBW(Mem{Base: p, Index: at32, Scale: 1, Disp: 16 * i}, v)
				VPADDW(v, sum[i], sum[i])
			}
			ADDQ(Imm(8), next)
		})
		for i := range sum {
			quotient, tie := YMM(), YMM()
			VPMULHUW(scale, sum[i], quotient)
			VPMULLW(count, quotient, tie)
			VPCMPEQW(sum[i], tie, tie)
			VPAND(even, tie, tie)
			VPAND(quotient, tie, tie)
			VPSUBW(tie, quotient, sum[i])
		}
		VPACKUSWB(sum[1], sum[0], sum[0])
		VPERMQ(permuted, sum[0], sum[0])
		VMOVDQU(sum[0], Mem{Base: dst, Index: at32, Scale: 1})
		ADDQ(Imm(32), at32)
	})
	finish()
}
