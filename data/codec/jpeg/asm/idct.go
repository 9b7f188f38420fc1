package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The transform's factors with 13 bits of fraction, as in ../idct.go.
const (
	f0298 = 2446
	f0390 = 3196
	f0541 = 4433
	f0765 = 6270
	f0899 = 7373
	f1175 = 9633
	f1501 = 12299
	f1847 = 15137
	f1961 = 16069
	f2053 = 16819
	f2562 = 20995
	f3072 = 25172
	one   = 1 << 13
)

// idct is idctGo for a block as places lays it out. Each pass multiplies vectors
// of pairs, 0 and 4, 2 and 6, 1 and 3, 5 and 7, by a matrix; packing the results
// of the first with saturation leaves pairs again, now of columns.
func idct() {
	TEXT("idctAVX2", NOSPLIT, "func(dst *byte, stride int, b, quant *[64]int16)")
	Pragma("noescape")
	Doc("idctAVX2 writes 8 rows of 8 samples, stride apart.")
	dst := Load(Param("dst"), GP64())
	stride := Load(Param("stride"), GP64())
	b := Load(Param("b"), GP64())
	quant := Load(Param("quant"), GP64())
	m := matrix{
		sum:        pairs("idctSum", one, one),
		difference: pairs("idctDifference", one, -one),
		outer:      pairs("idctOuter", f0541+f0765, f0541),
		inner:      pairs("idctInner", f0541, f0541-f1847),
		odd: [4][2]Mem{
			{pairs("idctOdd0", f1501-f0899-f0390+f1175, f1175), pairs("idctOdd1", f1175-f0390, f1175-f0899)},
			{pairs("idctOdd2", f1175, f3072-f2562-f1961+f1175), pairs("idctOdd3", f1175-f2562, f1175-f1961)},
			{pairs("idctOdd4", f1175-f0390, f1175-f2562), pairs("idctOdd5", f2053-f2562-f0390+f1175, f1175)},
			{pairs("idctOdd6", f1175-f0899, f1175-f1961), pairs("idctOdd7", f1175, f0298-f0899-f1961+f1175)},
		},
	}
	var in [4]reg.VecVirtual
	for i := range in {
		in[i] = YMM()
		VMOVDQU(Mem{Base: b, Disp: 32 * i}, in[i])
		VPMULLW(Mem{Base: quant, Disp: 32 * i}, in[i], in[i])
	}
	rows := m.pass(in, doubles("idctHalf1", 1<<10), 11)
	var p [4]reg.VecVirtual // pairs of columns, of rows i*2 and i*2+1
	for i := range p {
		p[i] = rows[2*i]
		VPACKSSDW(rows[2*i+1], rows[2*i], p[i])
	}
	shuffle := func(imm uint64, x, y reg.VecVirtual) reg.VecVirtual {
		z := YMM()
		VSHUFPS(Imm(imm), y, x, z)
		return z
	}
	join := func(imm uint64, x, y reg.VecVirtual) reg.VecVirtual {
		z := YMM()
		VPERM2I128(Imm(imm), y, x, z)
		return z
	}
	low, high := shuffle(0x88, p[0], p[1]), shuffle(0x88, p[2], p[3])
	in[0], in[2] = join(0x20, low, high), join(0x31, low, high)
	low, high = shuffle(0xdd, p[0], p[1]), shuffle(0xdd, p[2], p[3])
	in[1], in[3] = join(0x20, low, high), join(0x31, low, high)
	columns := m.pass(in, doubles("idctHalf2", 1<<17), 18)

	order := GLOBL("idctOrder", RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(i%4*4+i%16/4))
	}
	middle := GLOBL("idctMiddle", RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(128))
	}
	var halves [2]reg.VecVirtual // four columns, as four bytes of each row
	for i := range halves {
		c := columns[4*i:]
		VPACKSSDW(c[1], c[0], c[0])
		VPACKSSDW(c[3], c[2], c[2])
		halves[i] = c[0]
		VPACKSSWB(c[2], c[0], c[0])
		VPSHUFB(order, c[0], c[0])
	}
	upper, lower := YMM(), YMM() // rows 0, 1, 4, 5 and 2, 3, 6, 7
	VPUNPCKLDQ(halves[1], halves[0], upper)
	VPUNPCKHDQ(halves[1], halves[0], lower)
	VPXOR(middle, upper, upper)
	VPXOR(middle, lower, lower)
	at := dst
	step := func() {
		LEAQ(Mem{Base: at, Index: stride, Scale: 1}, at)
	}
	for lane := range 2 {
		for _, v := range []reg.VecVirtual{upper, lower} {
			x := v.AsX()
			if lane == 1 {
				x = XMM()
				VEXTRACTI128(Imm(1), v, x)
			}
			VMOVQ(x, Mem{Base: at})
			step()
			VPEXTRQ(Imm(1), x, Mem{Base: at})
			step()
		}
	}
	VZEROUPPER()
	RET()
}

// matrix is the transform's factors for pairs.
type matrix struct {
	sum, difference, outer, inner Mem
	odd                           [4][2]Mem
}

// pass gives eight results from four vectors of pairs, rounded by half and
// divided by 1<<shift.
func (m *matrix) pass(in [4]reg.VecVirtual, half Mem, shift uint64) (out [8]reg.VecVirtual) {
	product := func(v reg.VecVirtual, by Mem) reg.VecVirtual {
		t := YMM()
		VPMADDWD(by, v, t)
		return t
	}
	// The even part: a butterfly of two sums, of which half is a part.
	sum, difference := product(in[0], m.sum), product(in[0], m.difference)
	VPADDD(half, sum, sum)
	VPADDD(half, difference, difference)
	outer, inner := product(in[1], m.outer), product(in[1], m.inner)
	even := [4]reg.VecVirtual{YMM(), YMM(), difference, sum}
	VPADDD(outer, sum, even[0])
	VPADDD(inner, difference, even[1])
	VPSUBD(inner, difference, even[2])
	VPSUBD(outer, sum, even[3])
	for i, e := range even {
		odd, rest := product(in[2], m.odd[i][0]), product(in[3], m.odd[i][1])
		VPADDD(rest, odd, odd)
		out[i], out[7-i] = YMM(), e
		VPADDD(odd, e, out[i])
		VPSUBD(odd, e, e)
		VPSRAD(Imm(shift), out[i], out[i])
		VPSRAD(Imm(shift), e, e)
	}
	return out
}
