package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of table entries, as in huffman.go.
const (
	consumedMask = 31
	countShift   = 6
	literalMask  = 3 << countShift
	valueShift   = 8
	valueMask    = 1<<15 - 1
	extraShift   = 23
	extraMask    = 15
	kindShift    = 28
	kindCopy     = 1
	kindEnd      = 2
	kindSecond   = 3

	litBits       = 12
	distBits      = 8
	tableSize     = 8192
	distTableSize = 512
)

// inflate is Inflater.quick. What it waits for is the chain from one look at a
// table to the next: the word is masked, an entry loaded, the word shifted by it.
func inflate() {
	TEXT("inflateBMI2", NOSPLIT, "func(lit *[8192]uint32, dist *[512]uint32, src, lastIn, dst, out, lastOut *byte, word, have uint64)"+
		" (newSrc, newOut *byte, newWord, newHave uint64, status int)")
	Pragma("noescape")
	Doc("inflateBMI2 decodes symbols while src is at most lastIn and out at most lastOut. Copies reach back to dst at most. " +
		"Status is 0 when it came to one of these, 1 at the end of the block, 2 at what is no code or no distance.")
	lit := Load(Param("lit"), GP64())
	dist := Load(Param("dist"), GP64())
	in := Load(Param("src"), GP64())
	out := Load(Param("out"), GP64())
	word := Load(Param("word"), GP64())
	have := GP64()
	Load(Param("have"), have)
	lastIn, _ := Param("lastIn").Resolve()
	lastOut, _ := Param("lastOut").Resolve()
	dst, _ := Param("dst").Resolve()
	e := GP64()

	refill := func() {
		t := GP64()
		MOVQ(Mem{Base: in}, t)
		SHLXQ(have, t, t)
		ORQ(t, word)
		n := GP64()
		MOVQ(have, n)
		XORQ(Imm(63), n)
		SHRQ(Imm(3), n)
		ADDQ(n, in)
		ORQ(Imm(56), have)
	}
	look := func(table reg.Register, bits uint) {
		t := GP64()
		MOVL(word.(reg.GPVirtual).As32(), t.As32())
		ANDL(U32(1<<bits-1), t.As32())
		MOVL(Mem{Base: table, Index: t, Scale: 4}, e.As32())
	}
	consume := func() {
		SHRXQ(e, word, word)
		t := GP64()
		MOVL(e.As32(), t.As32())
		ANDL(Imm(consumedMask), t.As32())
		SUBQ(t, have)
	}
	field := func(shift uint64, mask uint32) reg.GPVirtual {
		t := GP64()
		MOVL(e.As32(), t.As32())
		SHRL(Imm(shift), t.As32())
		ANDL(U32(mask), t.As32())
		return t
	}
	// second looks at a second table, once the bits of the first are consumed.
	second := func(table reg.Register, bits uint64, size uint32) {
		SHRQ(Imm(bits), word)
		SUBQ(Imm(bits), have)
		width, at := field(extraShift, extraMask), field(valueShift, valueMask)
		rest := GP64()
		BZHIQ(width, word, rest)
		ADDL(rest.As32(), at.As32())
		ANDL(U32(size-1), at.As32())
		MOVL(Mem{Base: table, Index: at, Scale: 4}, e.As32())
	}
	// number gives base and extra bits of a length or distance.
	number := func() reg.GPVirtual {
		rest, code := GP64(), GP64()
		BZHIQ(e, word, rest) // of the entry's low byte: there are no literals in it
		SHRXQ(e, word, word)
		MOVL(e.As32(), code.As32())
		ANDL(Imm(consumedMask), code.As32())
		SUBQ(code, have)
		SUBQ(field(extraShift, extraMask), code)
		SHRXQ(code, rest, rest)
		value := field(valueShift, valueMask)
		ADDQ(rest, value)
		return value
	}
	// isCopy goes to a label for what is neither the end nor a second table.
	isCopy := func(label string) {
		TESTL(U32(2<<kindShift), e.As32())
		JEQ(LabelRef(label))
	}
	kindIs := func(kind uint64, label string) {
		t := GP64()
		MOVL(e.As32(), t.As32())
		SHRL(Imm(kindShift), t.As32())
		ANDL(Imm(3), t.As32())
		CMPL(t.As32(), Imm(kind))
		JEQ(LabelRef(label))
	}
	finish := func(status uint64) {
		t := GP64()
		MOVQ(U32(status), t)
		Store(t, Return("status"))
		JMP(LabelRef("done"))
	}

	Label("turn")
	CMPQ(in, lastIn.Addr)
	JHI(LabelRef("limit"))
	CMPQ(out, lastOut.Addr)
	JHI(LabelRef("limit"))
	refill()
	for i := range 4 {
		look(lit, litBits)
		TESTL(U32(literalMask), e.As32())
		JEQ(LabelRef("other"))
		t := GP64()
		MOVL(e.As32(), t.As32())
		SHRL(Imm(valueShift), t.As32())
		MOVL(t.As32(), Mem{Base: out})
		ADDQ(field(countShift, 3), out)
		consume()
		if i == 3 {
			JMP(LabelRef("turn"))
		}
	}

	Label("other")
	isCopy("copy")
	kindIs(kindSecond, "second")
	JMP(LabelRef("end"))

	Label("second")
	second(lit, litBits, tableSize)
	TESTL(U32(literalMask), e.As32())
	JEQ(LabelRef("long"))
	t := GP64()
	MOVL(e.As32(), t.As32())
	SHRL(Imm(valueShift), t.As32())
	MOVB(t.As8(), Mem{Base: out})
	INCQ(out)
	consume()
	JMP(LabelRef("turn"))
	Label("long")
	isCopy("copy")
	JMP(LabelRef("end"))

	Label("copy")
	TESTL(e.As32(), e.As32())
	JEQ(LabelRef("bad"))
	length := number()
	refill()
	look(dist, distBits)
	isCopy("distance")
	second(dist, distBits, distTableSize)
	Label("distance")
	TESTL(e.As32(), e.As32())
	JEQ(LabelRef("bad"))
	distance := number()
	from := GP64()
	MOVQ(out, from)
	SUBQ(dst.Addr, from)
	CMPQ(distance, from)
	JHI(LabelRef("bad"))
	MOVQ(out, from)
	SUBQ(distance, from)
	ADDQ(out, length) // where the copy ends
	CMPQ(distance, Imm(16))
	JLT(LabelRef("near"))
	x := XMM()
	VMOVDQU(Mem{Base: from}, x) // nearly all are not longer
	VMOVDQU(x, Mem{Base: out})
	ADDQ(Imm(16), out)
	CMPQ(out, length)
	JCS(LabelRef("wide"))
	MOVQ(length, out)
	JMP(LabelRef("turn"))
	Label("wide")
	ADDQ(Imm(16), from)
	VMOVDQU(Mem{Base: from}, x)
	VMOVDQU(x, Mem{Base: out})
	ADDQ(Imm(16), out)
	CMPQ(out, length)
	JCS(LabelRef("wide"))
	MOVQ(length, out)
	JMP(LabelRef("turn"))

	Label("near")
	CMPQ(distance, Imm(1))
	JEQ(LabelRef("run"))
	one := GP64()
	Label("bytes")
	MOVBLZX(Mem{Base: from}, one.As32())
	MOVB(one.As8(), Mem{Base: out})
	INCQ(from)
	INCQ(out)
	CMPQ(out, length)
	JCS(LabelRef("bytes"))
	JMP(LabelRef("turn"))

	Label("run")
	VPBROADCASTB(Mem{Base: from}, x)
	Label("fill")
	VMOVDQU(x, Mem{Base: out})
	ADDQ(Imm(16), out)
	CMPQ(out, length)
	JCS(LabelRef("fill"))
	MOVQ(length, out)
	JMP(LabelRef("turn"))

	Label("limit")
	finish(0)
	Label("end")
	consume()
	finish(1)
	Label("bad")
	finish(2)
	Label("done")
	Store(in, Return("newSrc"))
	Store(out, Return("newOut"))
	Store(word, Return("newWord"))
	Store(have, Return("newHave"))
	RET()
}
