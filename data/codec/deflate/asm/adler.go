package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func adler() {
	TEXT("adlerAVX2", NOSPLIT, "func(p *byte, n int) (sum, weighted uint32)")
	Pragma("noescape")
	Doc("adlerAVX2 gives the sum of n bytes and that of each byte times its place counted from the end, the last being 1. " +
		"n is a multiple of 32, at most 5536, so that nothing overflows.")
	p := Load(Param("p"), GP64())
	n := Load(Param("n"), GP64())
	weights := GLOBL("adlerWeights", RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(32-i))
	}
	ones := GLOBL("adlerOnes", RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, U16(1))
	}
	zero, weight, one := YMM(), YMM(), YMM()
	VPXOR(zero, zero, zero)
	VMOVDQU(weights, weight)
	VMOVDQU(ones, one)
	sum, earlier, weighted := YMM(), YMM(), YMM()
	for _, v := range []reg.VecVirtual{sum, earlier, weighted} {
		VPXOR(v, v, v)
	}
	Label("loop")
	b, t := YMM(), YMM()
	VMOVDQU(Mem{Base: p}, b)
	VPADDD(sum, earlier, earlier)
	VPSADBW(zero, b, t)
	VPADDD(t, sum, sum)
	VPMADDUBSW(weight, b, t)
	VPMADDWD(one, t, t)
	VPADDD(t, weighted, weighted)
	ADDQ(Imm(32), p)
	SUBQ(Imm(32), n)
	JNZ(LabelRef("loop"))
	VPSLLD(Imm(5), earlier, earlier)
	VPADDD(earlier, weighted, weighted)
	for _, r := range []struct {
		v    reg.VecVirtual
		name string
	}{{sum, "sum"}, {weighted, "weighted"}} {
		x := XMM()
		VEXTRACTI128(Imm(1), r.v, x)
		VPADDD(r.v.AsX(), x, x)
		y := XMM()
		VPSHUFD(Imm(0x4e), x, y)
		VPADDD(y, x, x)
		VPSHUFD(Imm(0xb1), x, y)
		VPADDD(y, x, x)
		total := GP32()
		VMOVD(x, total)
		Store(total, Return(r.name))
	}
	VZEROUPPER()
	RET()
}
