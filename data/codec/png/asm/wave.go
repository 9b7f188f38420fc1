package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// wave undoes the filters of 32 rows, a byte of each in a step. The vectors
// are skewed: a row is lag bytes, a pixel, behind the row above it, and row 16
// two pixels, so that what crosses the lanes is a step old and costs no waiting.
// So the byte above is what the neighbouring lane gave lag steps before, and
// the one above and to the left what it gave 2*lag steps before.
//
// With pixel, lag is 1 and the last vectors stay in registers; otherwise they
// are read back from t.
func wave(name string, pixel bool) {
	signature := "func(t, above *byte, masks *[4][32]byte, lag, steps int)"
	if pixel {
		signature = "func(t, above *byte, masks *[4][32]byte, steps int)"
	}
	TEXT(name+"AVX2", NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + "AVX2 undoes the filters of steps vectors at t, in place. Before t lie three vectors of zeros for each byte of a pixel, " +
		"before above 16 bytes and a pixel of zeros. Masks tell for each row whether its filter is Sub, Up, Average or Paeth.")
	t := Load(Param("t"), GP64())
	above := Load(Param("above"), GP64())
	maskAt := Load(Param("masks"), GP64())
	var lag reg.Register
	if !pixel {
		lag = Load(Param("lag"), GP64())
	}
	steps := Load(Param("steps"), GP64())

	masks := make([]reg.VecVirtual, 4)
	for i := range masks {
		masks[i] = YMM()
		VMOVDQU(Mem{Base: maskAt, Disp: 32 * i}, masks[i])
	}
	sub, up, average, paeth := masks[0], masks[1], masks[2], masks[3]
	one := YMM()
	VPCMPEQB(one, one, one)
	VPABSB(one, one)

	var left, before, upLeft reg.VecVirtual
	back, back2, back3, aboveBack := GP64(), GP64(), GP64(), GP64()
	if pixel {
		left, before, upLeft = YMM(), YMM(), YMM()
		for _, v := range []reg.VecVirtual{left, before, upLeft} {
			VPXOR(v, v, v)
		}
	} else {
		MOVQ(above, aboveBack)
		SUBQ(lag, aboveBack)
		SHLQ(Imm(5), lag)
		for _, p := range []reg.GPVirtual{back, back2, back3} {
			MOVQ(t, p)
		}
		SUBQ(lag, back)
		SUBQ(lag, back2)
		SUBQ(lag, back2)
		SUBQ(lag, back3)
		SUBQ(lag, back3)
		SUBQ(lag, back3)
	}

	Label("loop")
	b := YMM()
	VMOVDQU(Mem{Base: above, Disp: -15}, b.AsX())
	var a, c reg.VecVirtual
	if pixel {
		a, c = left, upLeft
		VINSERTI128(Imm(1), before.AsX(), b, b)
	} else {
		a, c = YMM(), YMM()
		VMOVDQU(Mem{Base: back}, a)
		VINSERTI128(Imm(1), Mem{Base: back2}, b, b)
		VMOVDQU(Mem{Base: aboveBack, Disp: -15}, c.AsX())
		VINSERTI128(Imm(1), Mem{Base: back3}, c, c)
		behind := YMM()
		VMOVDQU(Mem{Base: back2}, behind)
		VPALIGNR(Imm(15), c, behind, c)
	}
	VPALIGNR(Imm(15), b, a, b)

	// What is stored, and what the other filters add.
	sum, tmp, tmp2 := YMM(), YMM(), YMM()
	VPAND(a, sub, sum)
	VPAND(b, up, tmp)
	VPOR(tmp, sum, sum)
	VPAVGB(a, b, tmp)
	VPXOR(a, b, tmp2)
	VPAND(one, tmp2, tmp2)
	VPSUBB(tmp2, tmp, tmp)
	VPAND(average, tmp, tmp)
	VPOR(tmp, sum, sum)
	VPADDB(Mem{Base: t}, sum, sum)

	// Paeth. With pa=|b-c| and pb=|a-c|, |a+b-2c| is |pa-pb| where c lies between
	// a and b; where it does not, c is never chosen.
	inside, pa, pb, pc := YMM(), YMM(), YMM(), YMM()
	VPMAXUB(a, b, tmp)
	VPMINUB(a, b, tmp2)
	VPMINUB(c, tmp, tmp)
	VPMAXUB(tmp, tmp2, tmp)
	VPCMPEQB(tmp, c, inside)
	VPSUBUSB(c, b, pa)
	VPSUBUSB(b, c, tmp)
	VPOR(tmp, pa, pa)
	VPSUBUSB(c, a, pb)
	VPSUBUSB(a, c, tmp)
	VPOR(tmp, pb, pb)
	VPSUBUSB(pa, pb, pc)
	VPSUBUSB(pb, pa, tmp)
	VPOR(tmp, pc, pc)
	VPMINUB(pa, pb, tmp)  // the lesser
	VPCMPEQB(tmp, pa, pa) // where a is chosen over b
	VPMAXUB(tmp, pc, tmp)
	VPCMPEQB(tmp, pc, tmp)
	VPANDN(inside, tmp, tmp) // where c is chosen
	pickB := YMM()
	VPAND(a, paeth, pb)
	VPAND(b, paeth, pickB)
	VPBLENDVB(pa, pb, pickB, pb)
	VPAND(c, paeth, pc)
	VPBLENDVB(tmp, pc, pb, pb)
	if pixel {
		VMOVDQA(a, before)
		VMOVDQA(b, upLeft)
		VPADDB(pb, sum, left)
		VMOVDQU(left, Mem{Base: t})
	} else {
		VPADDB(pb, sum, sum)
		VMOVDQU(sum, Mem{Base: t})
		for _, p := range []reg.GPVirtual{back, back2, back3} {
			ADDQ(Imm(32), p)
		}
		INCQ(aboveBack)
	}
	ADDQ(Imm(32), t)
	INCQ(above)
	DECQ(steps)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
