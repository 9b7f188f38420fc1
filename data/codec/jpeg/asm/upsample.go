package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// weave stores 16 words of even and 16 of odd samples, in turn, as bytes.
func weave(even, odd reg.VecVirtual, dst reg.Register) {
	VPSLLW(Imm(8), odd, odd)
	VPOR(odd, even, even)
	VMOVDQU(even, Mem{Base: dst})
}

// thrice gives 3*v.
func thrice(v reg.VecVirtual) reg.VecVirtual {
	t := YMM()
	VPADDW(v, v, t)
	VPADDW(v, t, t)
	return t
}

// constant loads sixteen words.
func constant(name string, v int16) reg.VecVirtual {
	r := YMM()
	VMOVDQU(pairs(name, v, v), r)
	return r
}

func across() {
	p, blocks := begin("acrossAVX2", "makes two samples of each from in[1] on, 16 a block.", "dst", "in")
	dst, in := p[0], p[1]
	one, two := constant("acrossOne", 1), constant("acrossTwo", 2)
	Label("loop")
	this := thrice(words(Mem{Base: in, Disp: 1}))
	even, odd := YMM(), YMM()
	VPADDW(one, this, even)
	VPADDW(words(Mem{Base: in}), even, even)
	VPADDW(two, this, odd)
	VPADDW(words(Mem{Base: in, Disp: 2}), odd, odd)
	VPSRLW(Imm(2), even, even)
	VPSRLW(Imm(2), odd, odd)
	weave(even, odd, dst)
	ADDQ(Imm(16), in)
	ADDQ(Imm(32), dst)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func both() {
	p, blocks := begin("bothAVX2", "makes two samples of each from near[1] and next[1] on, 16 a block.", "dst", "near", "next")
	dst, near, next := p[0], p[1], p[2]
	seven, eight := constant("bothSeven", 7), constant("bothEight", 8)
	sum := func(disp int) reg.VecVirtual {
		v := thrice(words(Mem{Base: near, Disp: disp}))
		VPADDW(words(Mem{Base: next, Disp: disp}), v, v)
		return v
	}
	Label("loop")
	this := thrice(sum(1))
	even, odd := sum(0), sum(2)
	VPADDW(eight, even, even)
	VPADDW(this, even, even)
	VPADDW(seven, odd, odd)
	VPADDW(this, odd, odd)
	VPSRLW(Imm(4), even, even)
	VPSRLW(Imm(4), odd, odd)
	weave(even, odd, dst)
	ADDQ(Imm(16), near)
	ADDQ(Imm(16), next)
	ADDQ(Imm(32), dst)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
