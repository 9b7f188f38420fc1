package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// wideGELU writes GELU and its gradient for AVX-512, of pairs of vectors: the same
// operations in the same order, and so the same bits.
func wideGELU() {
	pairs("wideTokenGELUTo", "y x", "is y = x*Phi(x) of n pairs of vectors.", func(at func(string) Mem) {
		x, a, zero := paired.load(at("x")), ZMM(), ZMM()
		VANDPS_BCST(bits(0x7fffffff), x, a)
		q, _ := wideTail(a)
		VXORPS(zero, zero, zero)
		VMAXPS(x, zero, x) // this way round a NaN stays one
		VFNMADD231PS(a, q, x)
		VMOVUPS(x, at("y"))
	})
	pairs("wideTokenGELUBack", "dx dy x", "is dx = dy*(Phi(x) + x*phi(x)) of n pairs of vectors.", func(at func(string) Mem) {
		x, a, sign := paired.load(at("x")), ZMM(), ZMM()
		VANDPS_BCST(bits(0x7fffffff), x, a)
		q, e := wideTail(a)
		half := paired.number(.5)
		VSUBPS(q, half, q)
		VANDPS_BCST(bits(0x80000000), x, sign)
		VXORPS(sign, q, q)
		VADDPS(half, q, q)
		VMULPS_BCST(number(density), e, e)
		VFMADD231PS(e, x, q)
		VMULPS(at("dy"), q, q)
		VMOVUPS(q, at("dx"))
	})
}

// pairs writes a function over pairs of vectors.
func pairs(name, params, doc string, body func(at func(param string) Mem)) {
	v := function(name, params, doc)
	v.eachOf(64, func() { body(v.at) })
}

// wideTail is tail.
func wideTail(a reg.VecVirtual) (q, e reg.VecVirtual) {
	t, square := ZMM(), ZMM()
	one := paired.number(1)
	VMOVAPS(a, t)
	VFMADD213PS(one, paired.number(geluSlope), t)
	VDIVPS(t, one, t)
	q = paired.number(geluTerms[0])
	for _, c := range geluTerms[1:] {
		VFMADD213PS_BCST(number(c), t, q)
	}
	VMULPS(t, q, q)
	VMULPS(a, a, square)
	VMULPS_BCST(number(-.5), square, square)
	e = wideExp(square)
	VMULPS(e, q, q)
	return q, e
}

// wideExp is exp.
func wideExp(x reg.VecVirtual) reg.VecVirtual {
	n, square := ZMM(), ZMM()
	VMAXPS(x, paired.number(expLeast), x) // this way round a NaN stays one
	VMULPS_BCST(number(math.Log2E), x, n)
	VRNDSCALEPS(Imm(0), n, n)
	VFNMADD231PS_BCST(number(ln2High), n, x)
	VFNMADD231PS_BCST(number(ln2Low), n, x)
	p := paired.number(expTerms[0])
	for _, c := range expTerms[1:] {
		VFMADD213PS_BCST(number(c), x, p)
	}
	VMULPS(x, x, square)
	VFMADD213PS(x, square, p)
	VADDPS_BCST(number(1), p, p)
	VCVTPS2DQ(n, n)
	VPSLLD(Imm(23), n, n)
	VPADDD(n, p, p)
	return p
}
