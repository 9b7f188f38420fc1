package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// span is the bytes of a register: a vector's, or those of two tokens' vectors, which
// take the same operations in the same order.
type span int

const (
	narrow span = 32
	paired span = 64
)

func (s span) vector() reg.VecVirtual {
	if s == narrow {
		return YMM()
	}
	return ZMM()
}

func (s span) load(m Mem) reg.VecVirtual {
	v := s.vector()
	VMOVUPS(m, v)
	return v
}

// number is a register of a number.
func (s span) number(v float32) reg.VecVirtual {
	r := s.vector()
	s.set(r, v)
	return r
}

func (s span) set(r reg.VecVirtual, v float32) {
	if s == narrow {
		VMOVUPS(number(v), r)
	} else {
		VBROADCASTSS(number(v), r)
	}
}

// softmax writes the step of a softmax that goes on over more scores.
func softmax(s span) {
	name, of := "tokenSoftmax", "tokens"
	if s == paired {
		name, of = "wideTokenSoftmax", "pairs of tokens that follow each other"
	}
	TEXT(name, NOSPLIT, "func(n int, step int, blocks int, scores *float32, width int, own *float32)")
	Pragma("noescape")
	Doc(name + " goes on with the softmax of n " + of + " over more scores, of so many blocks, and with results of so many: blocks lie step bytes apart.")
	n, step := Load(Param("n"), GP64()), Load(Param("step"), GP64())
	scores, own := Load(Param("scores"), GP64()), Load(Param("own"), GP64())
	at, left := GP64(), GP64()

	// First what is the largest now, and all before scaled to it: of one token after the
	// other, so that the long way to each factor does not keep the sums waiting.
	state, row := GP64(), GP64()
	next := func(label string) {
		ADDQ(Imm(uint64(s)), row)
		ADDQ(Imm(uint64(s)), state)
		DECQ(n)
		JNZ(LabelRef(label))
	}
	begin := func() {
		Load(Param("n"), n)
		MOVQ(scores, row)
		MOVQ(own, state)
	}
	begin()
	Label("largest")
	before, most := s.load(Mem{Base: state}), s.vector()
	VMOVAPS(before, most)
	MOVQ(row, at)
	Load(Param("blocks"), left)
	Label("score")
	VMAXPS(Mem{Base: at}, most, most)
	ADDQ(step, at)
	DECQ(left)
	JNZ(LabelRef("score"))
	s.largestLane(most)
	VMOVUPS(most, Mem{Base: state})
	VSUBPS(most, before, before)
	factor := s.newPower().of(before)[0]
	MOVQ(state, at)
	Load(Param("width"), left)
	INCQ(left) // the sums, too
	Label("scale")
	ADDQ(step, at)
	r := s.load(Mem{Base: at})
	VMULPS(factor, r, r)
	VMOVUPS(r, Mem{Base: at})
	DECQ(left)
	JNZ(LabelRef("scale"))
	next("largest")

	begin()
	power := s.newPower()
	Label("token")
	most = s.load(Mem{Base: state})
	sums := []reg.VecVirtual{s.load(Mem{Base: state, Index: step, Scale: 1}), s.vector()}
	VXORPS(sums[1], sums[1], sums[1])
	some := func(from ...Mem) {
		x := make([]reg.VecVirtual, len(from))
		for i, m := range from {
			x[i] = s.load(m)
			VSUBPS(most, x[i], x[i])
		}
		for i, e := range power.of(x...) {
			VMOVUPS(e, from[i])
			VADDPS(e, sums[i], sums[i])
		}
	}
	MOVQ(row, at)
	Load(Param("blocks"), left)
	SHRQ(Imm(1), left)
	JZ(LabelRef("last"))
	Label("pair")
	some(Mem{Base: at}, Mem{Base: at, Index: step, Scale: 1})
	LEAQ(Mem{Base: at, Index: step, Scale: 2}, at)
	DECQ(left)
	JNZ(LabelRef("pair"))
	Label("last")
	Load(Param("blocks"), left)
	TESTQ(U32(1), left)
	JZ(LabelRef("summed"))
	some(Mem{Base: at})
	Label("summed")
	VADDPS(sums[1], sums[0], sums[0])
	VMOVUPS(sums[0], Mem{Base: state, Index: step, Scale: 1})
	next("token")
	VZEROUPPER()
	RET()
}

// power is exp for softmax, with fewer steps: adding a number that has no bits behind the
// point rounds, and leaves the exponent of a power of 2 in the lowest bits; ln2 is one
// piece; and the polynomial, of degree 6, is within 4e-9 of exp(r) (least squares,
// weighted until the errors were alike). Within 1e-7 of itself for what counts in a sum.
type power struct {
	span
	log2E, round, ln2, one, square, cube reg.VecVirtual
}

const roundingNumber = 3<<22 + 127

var powerTerms = []float32{.0013814535923302174, .00836874544620514, .04166839271783829, .1666652113199234, .4999999403953552}

func (s span) newPower() power {
	return power{
		s, s.number(math.Log2E), s.number(roundingNumber), s.number(math.Ln2), s.number(1),
		s.number(powerTerms[4]), s.number(powerTerms[3]),
	}
}

// of is the exponentials of some x, which are not above zero; x are lost. What is done to
// one comes beside what is done to the next.
func (w power) of(x ...reg.VecVirtual) []reg.VecVirtual {
	n, p := make([]reg.VecVirtual, len(x)), make([]reg.VecVirtual, len(x))
	for i := range x {
		n[i], p[i] = w.vector(), w.vector()
	}
	each := func(do func(x, n, p reg.VecVirtual)) {
		for i := range x {
			do(x[i], n[i], p[i])
		}
	}
	least := w.number(expLeast)
	each(func(x, _, _ reg.VecVirtual) { VMAXPS(x, least, x) }) // this way round a NaN stays one
	each(func(x, n, _ reg.VecVirtual) {
		VMOVAPS(w.round, n)
		VFMADD231PS(w.log2E, x, n)
	})
	each(func(x, n, p reg.VecVirtual) { VSUBPS(w.round, n, p) })
	each(func(x, _, p reg.VecVirtual) { VFNMADD231PS(w.ln2, p, x) })
	each(func(_, n, _ reg.VecVirtual) { VPSLLD(Imm(23), n, n) })
	each(func(_, _, p reg.VecVirtual) { w.set(p, powerTerms[0]) })
	for _, c := range powerTerms[1:3] {
		each(func(x, _, p reg.VecVirtual) {
			if w.span == narrow {
				VFMADD213PS(number(c), x, p)
			} else {
				VFMADD213PS_BCST(number(c), x, p)
			}
		})
	}
	for _, c := range []reg.VecVirtual{w.cube, w.square, w.one, w.one} {
		each(func(x, _, p reg.VecVirtual) { VFMADD213PS(c, x, p) })
	}
	each(func(_, n, p reg.VecVirtual) { VMULPS(n, p, p) }) // whatever n is of a NaN, p stays one
	return p
}

// largestLane sets all lanes of each vector to its largest.
func (s span) largestLane(v reg.VecVirtual) {
	if s == paired {
		x := ZMM()
		VSHUFF32X4(Imm(0xb1), v, v, x)
		VMAXPS(v, x, v)
		for _, order := range []uint64{0x4e, 0xb1} {
			VPERMILPS(Imm(order), v, x)
			VMAXPS(x, v, v)
		}
		return
	}
	x, y := XMM(), XMM()
	VEXTRACTF128(Imm(1), v, x)
	VMAXPS(v.AsX(), x, x)
	VPERMILPS(Imm(0x4e), x, y)
	VMAXPS(y, x, x)
	VPERMILPS(Imm(0xb1), x, y)
	VMAXPS(y, x, x)
	VBROADCASTSS(x, v)
}
