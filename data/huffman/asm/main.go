// Command asm writes the assembly of package huffman: run go generate there. It
// is a module of its own because the generator's dependencies are not those of
// the program.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	push("push", 1)
	push("pushBack", -1)
	Generate()
}

// push writes the codes of bytes, from the first on or from the last back. A code is at the top of its entry, above
// the length; codes are pushed in at the top of a word, two and two first, so
// that only the last step waits for the step before it.
func push(name string, direction int) {
	TEXT(name+"BMI2", NOSPLIT, "func(out, p *byte, n int, tops *[256]uint64, word, bits uint64) (wrote int, newWord, newBits uint64)")
	Pragma("noescape")
	doc := "BMI2 writes the codes of n bytes, a multiple of 4, after the bits at the top of word, less than 8. " +
		"It writes up to 7 bytes more than it says."
	if direction < 0 {
		doc += " The byte at p comes first, then those before it."
	}
	Doc(name + doc)
	out := Load(Param("out"), GP64())
	p := Load(Param("p"), GP64())
	n := Load(Param("n"), GP64())
	tops := Load(Param("tops"), GP64())
	word := Load(Param("word"), GP64())
	bits := GP64()
	Load(Param("bits"), bits)
	start := GP64()
	MOVQ(out, start)
	end := GP64()
	MOVQ(p, end)
	if direction < 0 {
		SUBQ(n, end)
	} else {
		ADDQ(n, end)
	}
	Label("loop")
	var codes [4]reg.GPVirtual
	for i := range codes {
		symbol := GP32()
		at := i
		if direction < 0 {
			at = -i
		}
		MOVBLZX(Mem{Base: p, Disp: at}, symbol)
		codes[i] = GP64()
		MOVQ(Mem{Base: tops, Index: symbol.As64(), Scale: 8}, codes[i])
	}
	a, b, c, d := codes[0], codes[1], codes[2], codes[3]
	first, last := GP64(), GP64()
	SHRXQ(b, a, first)
	ORQ(b, first)
	SHRXQ(d, c, last)
	ORQ(d, last)
	ADDQ(d, c) // the length of the last two
	SHRXQ(c, first, first)
	ORQ(first, last)
	ADDQ(b, a)
	ADDQ(c, a) // the length of all
	SHRXQ(a, word, word)
	ORQ(last, word)
	ADDQ(a, bits)
	rest, ready := GP64(), GP64()
	XORL(rest.As32(), rest.As32())
	SUBQ(bits, rest)
	SHRXQ(rest, word, ready)
	MOVQ(ready, Mem{Base: out})
	bytes := GP32()
	MOVL(bits.As32(), bytes)
	SHRL(Imm(3), bytes)
	ANDL(Imm(7), bytes)
	ADDQ(bytes.As64(), out)
	ANDL(Imm(7), bits.As32())
	if direction < 0 {
		SUBQ(Imm(4), p)
	} else {
		ADDQ(Imm(4), p)
	}
	CMPQ(p, end)
	JNE(LabelRef("loop"))
	SUBQ(start, out)
	Store(out, Return("wrote"))
	Store(word, Return("newWord"))
	Store(bits, Return("newBits"))
	RET()
}
