// Command asm writes the assembly of package pixel: run go generate there.
// It is a module of its own because the generator's dependencies are not
// those of the program.
//
// All of it is AVX2. Lengths are in whole blocks; what remains of a row is for
// the caller.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	transpose()
	pack()
	unpack()
	flip()
	warp()
	lut()
	sums()
	slide()
	box()
	line()
	stretch()
	blend()
	halve()
	mix()
	normalise()
	Generate()
}

// text begins a function.
func text(name, signature, doc string) {
	TEXT(name+"AVX2", NOSPLIT, "func("+signature+")")
	Pragma("noescape")
	Doc(name + "AVX2 " + doc)
}

func pointer(name string) reg.Register { return Load(Param(name), GP64()) }

// loop runs body count times, count being at least 1 and lost.
func loop(name string, count reg.Register, body func()) {
	Label(name)
	body()
	DECQ(count)
	JNZ(LabelRef(name))
}

func finish() {
	VZEROUPPER()
	RET()
}

func ymms(n int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, n)
	for i := range list {
		list[i] = YMM()
	}
	return list
}

// spread fills a vector with a 32-bit parameter.
func spread(param string) reg.VecVirtual {
	x, y := XMM(), YMM()
	VMOVD(Load(Param(param), GP32()), x)
	VPBROADCASTD(x, y)
	return y
}

// constant fills a vector from bytes that repeat.
func constant(name string, bytes ...byte) reg.VecVirtual {
	data := GLOBL(name, RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(bytes[i%len(bytes)]))
	}
	y := YMM()
	VMOVDQU(data, y)
	return y
}

// at is memory by a byte offset.
func at(base reg.Register, offset int) Mem { return Mem{Base: base, Disp: offset} }

// permuted is the immediate that puts in order what a pack of two vectors
// leaves lane by lane.
var permuted = U8(0b11_01_10_00)
