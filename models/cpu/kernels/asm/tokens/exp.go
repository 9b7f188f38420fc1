package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The numbers of exp: where it ends, ln2 as a sum of which the first has few bits,
// and the polynomial, the highest power first.
const (
	expLeast = -86
	ln2High  = 0.693359375
	ln2Low   = -2.12194440e-4
)

var expTerms = []float32{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}

// exp is the exponential of x, which is not above zero; x is lost. Below -86 it
// is that of -86, which nothing is left of in a sum. x = n*ln2 + r, and the
// polynomial of exp(r) is that of Cephes' expf.
func exp(x reg.VecVirtual) reg.VecVirtual {
	n, p, square := YMM(), YMM(), YMM()
	VMAXPS(x, load(number(expLeast)), x) // this way round a NaN stays one
	VMULPS(number(math.Log2E), x, n)
	VROUNDPS(Imm(0), n, n)
	VFNMADD231PS(number(ln2High), n, x)
	VFNMADD231PS(number(ln2Low), n, x)
	VMOVUPS(number(expTerms[0]), p)
	for _, c := range expTerms[1:] {
		VFMADD213PS(number(c), x, p)
	}
	VMULPS(x, x, square)
	VFMADD213PS(x, square, p)
	VADDPS(number(1), p, p)
	VCVTPS2DQ(n, n)
	VPSLLD(Imm(23), n, n)
	VPADDD(n, p, p)
	return p
}

// table holds the constants, each as a vector.
var table []uint32

// tableName is that of the constants in the assembly.
const tableName = "tokenConstants"

// number is where a vector of a number lies.
func number(v float32) Mem { return bits(math.Float32bits(v)) }

// bits is where a vector of these bits lies.
func bits(b uint32) Mem {
	at := len(table)
	for i, v := range table {
		if v == b {
			at = i
		}
	}
	if at == len(table) {
		table = append(table, b)
	}
	return NewDataAddr(NewStaticSymbol(tableName), 32*at)
}

func writeConstants() {
	GLOBL(tableName, RODATA|NOPTR)
	for i, b := range table {
		for lane := range 8 {
			DATA(32*i+4*lane, U32(b))
		}
	}
}
