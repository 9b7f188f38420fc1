// Command asm writes the assembly of package lzw: run go generate there. It is a
// module of its own because the generator's dependencies are not those of the program.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	quick()
	Generate()
}

// quick is Decoder.quickGo until the width grows: a code is taken, its text written as
// eight bytes, and the text that it completes defined.
func quick() {
	TEXT("quickBMI2", NOSPLIT, "func(texts *[4096][2]uint64, src, lastIn, begin, dst, lastOut *byte, word, have, width, next, grow, head, length uint64)"+
		" (newSrc, newDst *byte, newWord, newHave, newNext, newHead, newLength uint64)")
	Pragma("noescape")
	Doc("quickBMI2 decodes codes while src is at most lastIn, dst at most lastOut, and next less than grow less four.")
	texts := Load(Param("texts"), GP64())
	src := Load(Param("src"), GP64())
	dst := Load(Param("dst"), GP64())
	word := Load(Param("word"), GP64())
	have := Load(Param("have"), GP64())
	width := Load(Param("width"), GP64())
	next := Load(Param("next"), GP64())
	head := Load(Param("head"), GP64())
	length := Load(Param("length"), GP64())
	lastIn, _ := Param("lastIn").Resolve()
	lastOut, _ := Param("lastOut").Resolve()
	begin, _ := Param("begin").Resolve()
	grow, _ := Param("grow").Resolve()
	down := GP64() // 64 less the width: a shift counts its lowest six bits
	MOVQ(width, down)
	NEGQ(down)

	Label("turn")
	CMPQ(src, lastIn.Addr)
	JHI(LabelRef("done"))
	CMPQ(dst, lastOut.Addr)
	JHI(LabelRef("done"))
	CMPQ(next, grow.Addr)
	JAE(LabelRef("done"))
	t := GP64()
	MOVQ(Mem{Base: src}, t)
	BSWAPQ(t)
	SHRXQ(have, t, t)
	ORQ(t, word)
	n := GP64()
	MOVQ(have, n)
	XORQ(Imm(63), n)
	SHRQ(Imm(3), n)
	ADDQ(n, src)
	ORQ(Imm(56), have)
	for range 4 {
		code := GP64()
		SHRXQ(down, word, code)
		CMPQ(code, next)
		JAE(LabelRef("done"))
		special := GP64()
		MOVQ(code, special)
		ANDQ(I8(-2), special)
		CMPQ(special, U32(256))
		JEQ(LabelRef("done"))
		ADDQ(code, code)
		text, size := GP64(), GP64()
		MOVQ(Mem{Base: texts, Index: code, Scale: 8}, text)
		MOVL(Mem{Base: texts, Index: code, Scale: 8, Disp: 8}, size.As32())
		CMPQ(size, Imm(8))
		JHI(LabelRef("done"))
		SHLXQ(width, word, word)
		SUBQ(width, have)
		first, shift, none := GP64(), GP64(), GP64()
		MOVBLZX(text.As8(), first.As32())
		MOVQ(length, shift)
		SHLQ(Imm(3), shift)
		XORL(none.As32(), none.As32())
		CMPQ(length, Imm(8))
		CMOVQCC(none, first) // eight bytes are there
		SHLXQ(shift, first, first)
		ORQ(head, first)
		at := GP64()
		MOVQ(dst, at)
		SUBQ(begin.Addr, at)
		SUBQ(length, at)
		SHLQ(Imm(32), at)
		LEAQ(Mem{Base: at, Index: length, Scale: 1, Disp: 1}, at)
		place := GP64()
		LEAQ(Mem{Base: next, Index: next, Scale: 1}, place)
		MOVQ(first, Mem{Base: texts, Index: place, Scale: 8})
		MOVQ(at, Mem{Base: texts, Index: place, Scale: 8, Disp: 8})
		INCQ(next)
		MOVQ(text, Mem{Base: dst})
		ADDQ(size, dst)
		MOVQ(text, head)
		MOVQ(size, length)
	}
	JMP(LabelRef("turn"))

	Label("done")
	for _, r := range []struct {
		name string
		v    reg.Register
	}{{"newSrc", src}, {"newDst", dst}, {"newWord", word}, {"newHave", have}, {"newNext", next}, {"newHead", head}, {"newLength", length}} {
		Store(r.v, Return(r.name))
	}
	RET()
}
