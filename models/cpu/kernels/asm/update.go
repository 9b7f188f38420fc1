package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam writes the update of n vectors of parameters.
func adam() {
	TEXT("adamStep", NOSPLIT, "func(n int, p *float32, grad *float32, m *float32, v *float32, largest *float32, c *float32)")
	Pragma("noescape")
	Doc("adamStep moves n vectors of parameters; c is the constants of adamConstants, a vector each.")
	n := Load(Param("n"), GP64())
	p, g := Load(Param("p"), GP64()), Load(Param("grad"), GP64())
	m, v := Load(Param("m"), GP64()), Load(Param("v"), GP64())
	largest := Load(Param("largest"), GP64())
	c := Load(Param("c"), GP64())
	constant := func(i int) Mem { return Mem{Base: c, Disp: 32 * i} }
	beta1, rest1, beta2, rest2, decay := YMM(), YMM(), YMM(), YMM(), YMM()
	for i, r := range []reg.VecVirtual{beta1, rest1, beta2, rest2, decay} {
		VMOVUPS(constant(i), r)
	}
	index := GP64()
	XORQ(index, index)
	at := func(base reg.Register) Mem { return Mem{Base: base, Index: index, Scale: 1} }
	Label("loop")
	x, d, mm, vv := YMM(), YMM(), YMM(), YMM()
	VMOVUPS(at(p), x)
	VMOVUPS(at(g), d)
	VFMADD231PS(x, decay, d)
	VMULPS(at(m), beta1, mm)
	VFMADD231PS(d, rest1, mm)
	VMOVUPS(mm, at(m))
	VMULPS(at(v), beta2, vv)
	VMULPS(d, d, d)
	VFMADD231PS(d, rest2, vv)
	VMOVUPS(vv, at(v))
	TESTQ(largest, largest)
	JZ(LabelRef("move"))
	VMAXPS(at(largest), vv, vv)
	VMOVUPS(vv, at(largest))
	Label("move")
	VSQRTPS(vv, vv)
	VFMADD213PS(constant(7), constantIn(constant(6)), vv)
	VMULPS(constant(5), mm, mm)
	VDIVPS(vv, mm, mm)
	VSUBPS(mm, x, x)
	VMOVUPS(x, at(p))
	ADDQ(Imm(32), index)
	DECQ(n)
	JNZ(LabelRef("loop"))
	done()
}

func constantIn(m Mem) reg.VecVirtual {
	v := YMM()
	VMOVUPS(m, v)
	return v
}
