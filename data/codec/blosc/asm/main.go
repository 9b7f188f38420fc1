// Command asm writes the assembly of package blosc: run go generate there. It is a
// module of its own because the generator's dependencies are not those of the program.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func main() {
	ConstraintExpr("!purego")
	unshuffle2()
	Generate()
}

// unshuffle2 takes 32 elements at a time.
func unshuffle2() {
	TEXT("unshuffle2AVX2", NOSPLIT, "func(dst, low, high *byte, n int)")
	Pragma("noescape")
	Doc("unshuffle2AVX2 puts a byte of low and one of high in turn. n is elements, a multiple of 32.")
	dst := Load(Param("dst"), GP64())
	low := Load(Param("low"), GP64())
	high := Load(Param("high"), GP64())
	n := Load(Param("n"), GP64())
	i := GP64()
	XORQ(i, i)
	Label("loop")
	a, b, lo, hi, first, second := YMM(), YMM(), YMM(), YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: low, Index: i, Scale: 1}, a)
	VMOVDQU(Mem{Base: high, Index: i, Scale: 1}, b)
	VPUNPCKLBW(b, a, lo) // elements 0 to 7, and 16 to 23
	VPUNPCKHBW(b, a, hi)
	VPERM2I128(Imm(0x20), hi, lo, first)
	VPERM2I128(Imm(0x31), hi, lo, second)
	VMOVDQU(first, Mem{Base: dst, Index: i, Scale: 2})
	VMOVDQU(second, Mem{Base: dst, Index: i, Scale: 2, Disp: 32})
	ADDQ(Imm(32), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
