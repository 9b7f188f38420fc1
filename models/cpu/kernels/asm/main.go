// Command asm writes the assembly of package kernels: run go generate there.
// It is a module of its own because the generator's dependencies are not
// those of the program.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	set := flag.String("set", "avx2", "instruction set: avx2 or avx512")
	flag.Parse()
	ConstraintExpr("!purego")
	if *set == "avx512" {
		wide()
	} else {
		narrow()
	}
	Generate()
}

// wide writes what AVX-512 does better. A single block is half a register: its tiles are AVX2's.
func wide() {
	for blocks := 2; blocks <= 8; blocks++ {
		for pixels := 1; pixels <= widePixels[(blocks+1)/2]; pixels++ {
			avx512.convTile(blocks, pixels)
		}
		avx512.gradTile(blocks)
	}
	winograd(ofTwo)
}

// widePixels are the most pixels of tiles of AVX-512, by the registers that blocks take.
var widePixels = [...]int{1: 14, 2: 14, 3: 9, 4: 6}

// narrow writes everything, for AVX2.
func narrow() {
	for blocks := 1; blocks <= 3; blocks++ {
		for pixels := 1; pixels <= 12/blocks; pixels++ { // 12 sums fill the registers
			avx2.convTile(blocks, pixels)
		}
	}
	avx2.gradTile(1)
	avx2.gradTile(2)
	for pixels := 1; pixels <= quadPixels; pixels++ {
		quadTile(pixels)
	}
	winograd(ofOne)
	line()
	batchNorm()
	linear()
	maxPool()
	maxPoolBack()
	averagePool()
	adam()
	transpose()
	moves()
	moveRuns()
	interleave()
	fetchRows()
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
