package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// store packs two vectors of 16 words to 32 bytes, held at 0 and 255.
func store(low, high reg.VecVirtual, m Mem) {
	VPACKUSWB(high, low, low)
	VPERMQ(Imm(0xd8), low, low)
	VMOVDQU(low, m)
}

// product gives (x*a + y*b + 1<<15) >> 16 of words, x and y being interleaved
// with a and b; add, if any, is added to the products.
func product(x, y reg.VecVirtual, factors Mem, add func(low, high reg.VecVirtual)) reg.VecVirtual {
	low, high := YMM(), YMM()
	VPUNPCKLWD(y, x, low)
	VPUNPCKHWD(y, x, high)
	VPMADDWD(factors, low, low)
	VPMADDWD(factors, high, high)
	add(low, high)
	VPSRAD(Imm(16), low, low)
	VPSRAD(Imm(16), high, high)
	VPACKSSDW(high, low, low)
	return low
}

// colours takes 1<<16 out of factors that words do not hold: 91881 is
// 65536+26345, 116130 is 2*65536-14942, -46802 is -65536+18734.
func colours() {
	p, blocks := begin("coloursAVX2", "turns YCbCr to RGB, 32 pixels a block.", "red", "green", "blue", "luma", "cb", "cr")
	red, blue := pairs("coloursRed", 26345, 26345), pairs("coloursBlue", -14942, -14942)
	green, half := pairs("coloursGreen", -22554, 18734), doubles("coloursHalf", 1<<15)
	middle, one := constant("coloursMiddle", 128), constant("coloursOne", 1)
	// scaled gives (2*x*factor >> 16 + 1) >> 1, which is (x*factor + 1<<15) >> 16.
	scaled := func(twice reg.VecVirtual, factor Mem) reg.VecVirtual {
		t := YMM()
		VPMULHW(factor, twice, t)
		VPADDW(one, t, t)
		VPSRAW(Imm(1), t, t)
		return t
	}
	i := GP64()
	XORQ(i, i)
	Label("loop")
	var out [3][2]reg.VecVirtual
	for k := range 2 {
		at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 1, Disp: 16 * k} }
		y, cb, cr := words(at(p[3])), words(at(p[4])), words(at(p[5]))
		VPSUBW(middle, cb, cb)
		VPSUBW(middle, cr, cr)
		g := product(cb, cr, green, func(low, high reg.VecVirtual) {
			VPADDD(half, low, low)
			VPADDD(half, high, high)
		})
		VPSUBW(cr, g, g)
		VPADDW(y, g, g)
		twice := YMM()
		VPADDW(cr, cr, twice)
		r := scaled(twice, red)
		VPADDW(cr, r, r)
		VPADDW(y, r, r)
		VPADDW(cb, cb, twice)
		b := scaled(twice, blue)
		VPADDW(twice, b, b)
		VPADDW(y, b, b)
		out[0][k], out[1][k], out[2][k] = r, g, b
	}
	for c, v := range out {
		store(v[0], v[1], Mem{Base: p[c], Index: i, Scale: 1})
	}
	ADDQ(Imm(32), i)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// greys takes 1<<16 out of green's factor: 38470 is 65536-27066.
func greys() {
	p, blocks := begin("greysAVX2", "turns RGB to grey, 32 pixels a block.", "dst", "red", "green", "blue")
	others, rest := pairs("greysOthers", 19595, -27066), pairs("greysRest", 7471, 1<<14)
	two := constant("greysTwo", 2)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	var out [2]reg.VecVirtual
	for k := range out {
		at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 1, Disp: 16 * k} }
		r, g, b := words(at(p[1])), words(at(p[2])), words(at(p[3]))
		out[k] = product(r, g, others, func(low, high reg.VecVirtual) {
			l, h := YMM(), YMM()
			VPUNPCKLWD(two, b, l)
			VPUNPCKHWD(two, b, h)
			VPMADDWD(rest, l, l)
			VPMADDWD(rest, h, h)
			VPADDD(l, low, low)
			VPADDD(h, high, high)
		})
		VPADDW(g, out[k], out[k])
	}
	store(out[0], out[1], Mem{Base: p[0], Index: i, Scale: 1})
	ADDQ(Imm(32), i)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
