// Command asm writes the assembly of package kernels: run go generate there.
// It is a module of its own because the generator's dependencies are not
// those of the program.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	for blocks := 1; blocks <= 2; blocks++ {
		for pixels := 1; pixels <= 12/blocks; pixels++ { // 12 sums fill the registers
			convTile(blocks, pixels)
		}
		gradTile(blocks)
	}
	winograd()
	batchNorm()
	maxPool()
	adam()
	transpose()
	Generate()
}

// zeroed makes n vectors of zeros.
func zeroed(n int) []reg.VecVirtual {
	list := vectors(n)
	for _, v := range list {
		VXORPS(v, v, v)
	}
	return list
}

func vectors(n int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, n)
	for i := range list {
		list[i] = YMM()
	}
	return list
}

// argument is where a parameter stands, to count down in place.
func argument(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// done leaves the function.
func done() {
	VZEROUPPER()
	RET()
}
