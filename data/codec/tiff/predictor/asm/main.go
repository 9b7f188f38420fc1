// Command asm writes the assembly of package predictor: run go generate there. It
// is a module of its own because the generator's dependencies are not those of
// the program.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	sum(1)
	sum(2)
	sum(4)
	swap(2)
	swap(4)
	swap(8)
	Generate()
}

// sum is the running sum of numbers of so many bytes. Each vector is summed by
// itself; only its total goes on to the next, so that one addition a vector is all
// that waits.
func sum(size int) {
	name := fmt.Sprintf("sum%dAVX2", 8*size)
	TEXT(name, NOSPLIT, "func(p *byte, n int)")
	Pragma("noescape")
	Doc(name + " sets each number to the sum of those up to it. n is in bytes, a multiple of 32.")
	p := Load(Param("p"), GP64())
	n := Load(Param("n"), GP64())
	table := GLOBL(name+"Last", RODATA|NOPTR) // the last number of a lane, in all its places
	for i := range 32 {
		DATA(i, U8(16-size+i%size))
	}
	last, carry := YMM(), YMM()
	VMOVDQU(table, last)
	VPXOR(carry, carry, carry)
	add := map[int]func(...Op){
		1: func(o ...Op) { VPADDB(o[0], o[1], o[2]) },
		2: func(o ...Op) { VPADDW(o[0], o[1], o[2]) },
		4: func(o ...Op) { VPADDD(o[0], o[1], o[2]) },
	}[size]
	Label("loop")
	x, t := YMM(), YMM()
	VMOVDQU(Mem{Base: p}, x)
	for shift := size; shift < 16; shift *= 2 {
		VPSLLDQ(Imm(uint64(shift)), x, t)
		add(t, x, x)
	}
	VPERM2I128(Imm(0x08), x, x, t) // the lower lane in the upper, and nothing below
	VPSHUFB(last, t, t)
	add(t, x, x)
	VPERM2I128(Imm(0x11), x, x, t)
	VPSHUFB(last, t, t)
	add(carry, x, x)
	add(t, carry, carry)
	VMOVDQU(x, Mem{Base: p})
	ADDQ(Imm(32), p)
	SUBQ(Imm(32), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// swap turns the bytes of numbers around.
func swap(size int) {
	name := fmt.Sprintf("swap%dAVX2", 8*size)
	TEXT(name, NOSPLIT, "func(dst, src *byte, n int)")
	Pragma("noescape")
	Doc(name + " turns the bytes of each number around. n is in bytes, a multiple of 32; dst may be src.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	table := GLOBL(name+"Order", RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(i%16/size*size+size-1-i%size))
	}
	order := YMM()
	VMOVDQU(table, order)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	var x reg.VecVirtual = YMM()
	VMOVDQU(Mem{Base: src, Index: i, Scale: 1}, x)
	VPSHUFB(order, x, x)
	VMOVDQU(x, Mem{Base: dst, Index: i, Scale: 1})
	ADDQ(Imm(32), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
