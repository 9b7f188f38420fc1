// Command asm writes the assembly of package kernels: run go generate there.
// It is a module of its own because the generator's dependencies are not
// those of the program.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	tile(isa{"AVX2", 8, YMM, 6, 2})
	tile(isa{"AVX512", 16, ZMM, 8, 2})
	Generate()
}

// isa is how a tile is laid out in the registers of an instruction set.
type isa struct {
	name  string
	lanes int // float32 in a vector
	vec   func() reg.VecVirtual
	rows  int
	width int // vectors in a row
}

// tile writes C (rows, width*lanes) = A*B or += A*B. A is packed as k columns
// of rows values, B as k rows of width*lanes values. All of C stays in
// registers while k runs: a step is width loads, rows broadcasts and
// rows*width multiply-adds.
func tile(s isa) {
	TEXT("tile"+s.name, NOSPLIT, "func(k int, a, b, c *float32, ldc int, add bool)")
	Pragma("noescape")
	Doc(fmt.Sprintf("tile%s sets c, %d rows of %d values that lie ldc apart, to the product of a and b over k, or adds it.",
		s.name, s.rows, s.width*s.lanes))
	k := Load(Param("k"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	c := Load(Param("c"), GP64())
	ldc := Load(Param("ldc"), GP64())
	SHLQ(Imm(2), ldc)

	acc := make([]reg.VecVirtual, s.rows*s.width)
	for i := range acc {
		acc[i] = s.vec()
		if s.lanes == 16 {
			VPXORD(acc[i], acc[i], acc[i])
		} else {
			VXORPS(acc[i], acc[i], acc[i])
		}
	}
	bs := make([]reg.VecVirtual, s.width)
	for i := range bs {
		bs[i] = s.vec()
	}
	spread := []reg.VecVirtual{s.vec(), s.vec()}
	step := func(at int) {
		for j := range bs {
			VMOVUPS(Mem{Base: b, Disp: 4 * s.lanes * (at*s.width + j)}, bs[j])
		}
		for i := range s.rows {
			x := spread[i%2]
			VBROADCASTSS(Mem{Base: a, Disp: 4 * (at*s.rows + i)}, x)
			for j := range bs {
				VFMADD231PS(x, bs[j], acc[i*s.width+j])
			}
		}
	}
	advance := func(steps int) {
		ADDQ(Imm(uint64(4*s.rows*steps)), a)
		ADDQ(U32(4*s.lanes*s.width*steps), b)
	}

	const unroll = 4
	SUBQ(Imm(unroll), k)
	JL(LabelRef("tail"))
	Label("loop")
	for u := range unroll {
		step(u)
	}
	advance(unroll)
	SUBQ(Imm(unroll), k)
	JGE(LabelRef("loop"))
	Label("tail")
	ADDQ(Imm(unroll), k)
	JZ(LabelRef("store"))
	Label("single")
	step(0)
	advance(1)
	DECQ(k)
	JNZ(LabelRef("single"))

	Label("store")
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JZ(LabelRef("set"))
	for i := range s.rows {
		for j := range s.width {
			m := Mem{Base: c, Disp: 4 * s.lanes * j}
			VADDPS(m, acc[i*s.width+j], acc[i*s.width+j])
			VMOVUPS(acc[i*s.width+j], m)
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
	Label("set")
	for i := range s.rows {
		for j := range s.width {
			VMOVUPS(acc[i*s.width+j], Mem{Base: c, Disp: 4 * s.lanes * j})
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}
