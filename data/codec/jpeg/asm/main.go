// Command asm writes the assembly of package jpeg: run go generate there. It
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
	idct()
	across()
	both()
	colours()
	greys()
	Generate()
}

// pairs makes a constant of sixteen words, of a and b in turn.
func pairs(name string, a, b int16) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, I16(a))
		DATA(4*i+2, I16(b))
	}
	return m
}

// doubles makes a constant of eight doublewords.
func doubles(name string, v int32) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, I32(v))
	}
	return m
}

// begin opens a function on blocks of bytes, and gives its pointers.
func begin(name, doc string, pointers ...string) (p []reg.GPVirtual, blocks reg.Register) {
	list := pointers[0]
	for _, s := range pointers[1:] {
		list += ", " + s
	}
	TEXT(name, NOSPLIT, "func("+list+" *byte, blocks int)")
	Pragma("noescape")
	Doc(name + " " + doc)
	for _, s := range pointers {
		r := GP64()
		Load(Param(s), r)
		p = append(p, r)
	}
	return p, Load(Param("blocks"), GP64())
}

// words loads 16 bytes as words.
func words(m Mem) reg.VecVirtual {
	v := YMM()
	VPMOVZXBW(m, v)
	return v
}
