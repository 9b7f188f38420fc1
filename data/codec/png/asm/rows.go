package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func average() {
	TEXT("averageAVX2", NOSPLIT, "func(dst, cur, left, above *byte, n int)")
	Pragma("noescape")
	Doc("averageAVX2 sets dst[i] to cur[i] less the mean, rounded down, of left[i] and above[i]. n is a multiple of 32.")
	dst := Load(Param("dst"), GP64())
	cur := Load(Param("cur"), GP64())
	left := Load(Param("left"), GP64())
	above := Load(Param("above"), GP64())
	n := Load(Param("n"), GP64())
	one := YMM()
	VPCMPEQB(one, one, one)
	VPABSB(one, one)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	a, b, mean := YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: left, Index: i, Scale: 1}, a)
	VMOVDQU(Mem{Base: above, Index: i, Scale: 1}, b)
	VPAVGB(a, b, mean)
	VPXOR(a, b, b)
	VPAND(one, b, b)
	VPSUBB(b, mean, mean)
	VMOVDQU(Mem{Base: cur, Index: i, Scale: 1}, a)
	VPSUBB(mean, a, a)
	VMOVDQU(a, Mem{Base: dst, Index: i, Scale: 1})
	ADDQ(Imm(32), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func interleave4() {
	TEXT("interleave4AVX2", NOSPLIT, "func(dst, a, b, c, d *byte, n int)")
	Pragma("noescape")
	Doc("interleave4AVX2 writes n pixels of four bytes, one of each plane. n is a multiple of 32.")
	dst := Load(Param("dst"), GP64())
	var planes [4]reg.Register
	for i, name := range []string{"a", "b", "c", "d"} {
		planes[i] = Load(Param(name), GP64())
	}
	n := Load(Param("n"), GP64())
	i := GP64()
	XORQ(i, i)
	Label("loop")
	var v [4]reg.VecVirtual
	for k, p := range planes {
		v[k] = YMM()
		VMOVDQU(Mem{Base: p, Index: i, Scale: 1}, v[k])
	}
	unpack := func(f func(...Op), x, y reg.VecVirtual) reg.VecVirtual {
		z := YMM()
		f(y, x, z)
		return z
	}
	lowBytes := func(ops ...Op) { VPUNPCKLBW(ops[0], ops[1], ops[2]) }
	highBytes := func(ops ...Op) { VPUNPCKHBW(ops[0], ops[1], ops[2]) }
	lowWords := func(ops ...Op) { VPUNPCKLWD(ops[0], ops[1], ops[2]) }
	highWords := func(ops ...Op) { VPUNPCKHWD(ops[0], ops[1], ops[2]) }
	abLow, abHigh := unpack(lowBytes, v[0], v[1]), unpack(highBytes, v[0], v[1])
	cdLow, cdHigh := unpack(lowBytes, v[2], v[3]), unpack(highBytes, v[2], v[3])
	// Four pixels in each lane; those of the upper lane are 16 pixels on.
	for k, q := range []reg.VecVirtual{
		unpack(lowWords, abLow, cdLow), unpack(highWords, abLow, cdLow),
		unpack(lowWords, abHigh, cdHigh), unpack(highWords, abHigh, cdHigh),
	} {
		VMOVDQU(q.AsX(), Mem{Base: dst, Disp: 16 * k})
		VEXTRACTI128(Imm(1), q, Mem{Base: dst, Disp: 64 + 16*k})
	}
	ADDQ(U32(128), dst)
	ADDQ(Imm(32), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func split4() {
	TEXT("split4AVX2", NOSPLIT, "func(a, b, c, d, src *byte, n int)")
	Pragma("noescape")
	Doc("split4AVX2 takes n pixels of four bytes apart into planes. n is a multiple of 16.")
	var planes [4]reg.Register
	for i, name := range []string{"a", "b", "c", "d"} {
		planes[i] = Load(Param(name), GP64())
	}
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	gather := GLOBL("split4Gather", RODATA|NOPTR)
	for i := range 16 {
		DATA(i, U8(i%4*4+i/4))
	}
	order := XMM()
	VMOVDQU(gather, order)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	var v [4]reg.VecVirtual
	for k := range v { // four pixels: four bytes of each plane
		v[k] = XMM()
		VMOVDQU(Mem{Base: src, Disp: 16 * k}, v[k])
		VPSHUFB(order, v[k], v[k])
	}
	ab01, cd01, ab23, cd23 := XMM(), XMM(), XMM(), XMM()
	VPUNPCKLDQ(v[1], v[0], ab01)
	VPUNPCKHDQ(v[1], v[0], cd01)
	VPUNPCKLDQ(v[3], v[2], ab23)
	VPUNPCKHDQ(v[3], v[2], cd23)
	for k, pair := range [2][2]reg.VecVirtual{{ab01, ab23}, {cd01, cd23}} {
		low, high := XMM(), XMM()
		VPUNPCKLQDQ(pair[1], pair[0], low)
		VPUNPCKHQDQ(pair[1], pair[0], high)
		VMOVDQU(low, Mem{Base: planes[2*k], Index: i, Scale: 1})
		VMOVDQU(high, Mem{Base: planes[2*k+1], Index: i, Scale: 1})
	}
	ADDQ(Imm(64), src)
	ADDQ(Imm(16), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	RET()
}
