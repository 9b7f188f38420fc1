// Command tokens writes the loops of layers over tokens: norms, exponentials and
// GELU of n vectors.
package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	squares()
	norm()
	scale()
	softmax(narrow)
	softmax(paired)
	gelu()
	geluTo()
	geluBack()
	normSums()
	normBack()
	wideGELU()
	writeConstants()
	Generate()
}

// vectors are the parameters of a function over n vectors.
type vectors struct {
	bases map[string]reg.Register
	n     reg.Register
	index reg.Register
}

// function begins one, whose parameters are n and, with blanks between, pointers.
func function(name, params, doc string) *vectors {
	fields := strings.Fields(params)
	TEXT(name, NOSPLIT, "func(n int, "+strings.Join(fields, " *float32, ")+" *float32)")
	Pragma("noescape")
	Doc(name + " " + doc)
	v := &vectors{bases: map[string]reg.Register{}, n: Load(Param("n"), GP64()), index: GP64()}
	for _, p := range fields {
		v.bases[p] = Load(Param(p), GP64())
	}
	XORQ(v.index, v.index)
	return v
}

// only is the vector that a parameter points to.
func (v *vectors) only(param string) reg.VecVirtual { return load(Mem{Base: v.bases[param]}) }

// at is the present vector of a parameter.
func (v *vectors) at(param string) Mem { return Mem{Base: v.bases[param], Index: v.index, Scale: 1} }

// each does something for every vector, and ends the function.
func (v *vectors) each(do func()) { v.eachOf(32, do) }

// eachOf is each of vectors of so many bytes.
func (v *vectors) eachOf(bytes uint64, do func()) {
	Label("loop")
	do()
	ADDQ(Imm(bytes), v.index)
	DECQ(v.n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func load(m Mem) reg.VecVirtual { return narrow.load(m) }

func squares() {
	v := function("tokenSquares", "sums x mean", "adds (x-mean)*(x-mean) to sums.")
	v.each(func() {
		d, sum := load(v.at("x")), load(v.at("sums"))
		VSUBPS(v.at("mean"), d, d)
		VFMADD231PS(d, d, sum)
		VMOVUPS(sum, v.at("sums"))
	})
}

func norm() {
	v := function("tokenNorm", "y x mean scale gamma beta", "is y = (x-mean)*scale*gamma + beta, gamma and beta being one vector.")
	gamma, beta := v.only("gamma"), v.only("beta")
	v.each(func() {
		d := load(v.at("x"))
		VSUBPS(v.at("mean"), d, d)
		VMULPS(v.at("scale"), d, d)
		VFMADD213PS(beta, gamma, d)
		VMOVUPS(d, v.at("y"))
	})
}

func scale() {
	v := function("tokenScale", "y x", "is y = y*x.")
	v.each(func() {
		m := load(v.at("y"))
		VMULPS(v.at("x"), m, m)
		VMOVUPS(m, v.at("y"))
	})
}

func gelu() {
	v := function("tokenGELU", "y", "is y = y*Phi(y), of which the second is the normal distribution's.")
	v.each(func() { VMOVUPS(geluOf(load(v.at("y"))), v.at("y")) })
}

func geluTo() {
	v := function("tokenGELUTo", "y x", "is y = x*Phi(x).")
	v.each(func() { VMOVUPS(geluOf(load(v.at("x"))), v.at("y")) })
}

// geluOf is x*Phi(x) = max(x,0) - |x|*tail(|x|); x is lost.
func geluOf(x reg.VecVirtual) reg.VecVirtual {
	a, zero := YMM(), YMM()
	VANDPS(bits(0x7fffffff), x, a)
	q, _ := tail(a)
	VXORPS(zero, zero, zero)
	VMAXPS(x, zero, x) // this way round a NaN stays one
	VFNMADD231PS(a, q, x)
	return x
}

// tail is 1-Phi(a) = erfc(a/sqrt2)/2 for a that is not below zero, and exp(-a*a/2).
// With z = a/sqrt2, erfc(z)/2 = exp(-z*z)*t*Q(t) and t = 1/(1+p*z), as Abramowitz
// and Stegun 7.1.26 has it, by a polynomial Q of more terms: within 1.5e-7 of
// itself for all z.
func tail(a reg.VecVirtual) (q, e reg.VecVirtual) {
	t, square := YMM(), YMM()
	q = YMM()
	one := load(number(1))
	VMOVAPS(a, t)
	VFMADD213PS(one, load(number(geluSlope)), t)
	VDIVPS(t, one, t)
	VMOVUPS(number(geluTerms[0]), q)
	for _, c := range geluTerms[1:] {
		VFMADD213PS(number(c), t, q)
	}
	VMULPS(t, q, q)
	VMULPS(a, a, square)
	VMULPS(number(-.5), square, square)
	e = exp(square)
	VMULPS(e, q, q)
	return q, e
}

func geluBack() {
	v := function("tokenGELUBack", "dx dy x", "is dx = dy*(Phi(x) + x*phi(x)), of which the last is the normal distribution's density.")
	v.each(func() {
		x := load(v.at("x"))
		a, half, sign := YMM(), YMM(), YMM()
		VANDPS(bits(0x7fffffff), x, a)
		q, e := tail(a)
		VMOVUPS(number(.5), half)
		VSUBPS(q, half, q) // Phi is 1/2 and so much, on the side that x is
		VANDPS(bits(0x80000000), x, sign)
		VXORPS(sign, q, q)
		VADDPS(half, q, q)
		VMULPS(number(density), e, e)
		VFMADD231PS(e, x, q)
		VMULPS(v.at("dy"), q, q)
		VMOVUPS(q, v.at("dx"))
	})
}

func normSums() {
	v := function("tokenNormSums", "one two dy x mean scale gamma sums",
		"adds, with h = (x-mean)*scale, dy*gamma to one and dy*gamma*h to two; and to sums, which are two vectors, dy*h and dy of all.")
	gamma, to := v.only("gamma"), v.bases["sums"]
	ofH, ofDY := load(Mem{Base: to}), load(Mem{Base: to, Disp: 32})
	Label("loop")
	h, g, one, two := load(v.at("x")), load(v.at("dy")), load(v.at("one")), load(v.at("two"))
	VSUBPS(v.at("mean"), h, h)
	VMULPS(v.at("scale"), h, h)
	VFMADD231PS(g, h, ofH)
	VADDPS(g, ofDY, ofDY)
	VMULPS(gamma, g, g)
	VADDPS(g, one, one)
	VFMADD231PS(g, h, two)
	VMOVUPS(one, v.at("one"))
	VMOVUPS(two, v.at("two"))
	ADDQ(Imm(32), v.index)
	DECQ(v.n)
	JNZ(LabelRef("loop"))
	VMOVUPS(ofH, Mem{Base: to})
	VMOVUPS(ofDY, Mem{Base: to, Disp: 32})
	VZEROUPPER()
	RET()
}

func normBack() {
	v := function("tokenNormBack", "dx dy x mean scale gamma one two", "is dx = scale*(dy*gamma - one - h*two), h = (x-mean)*scale.")
	gamma := v.only("gamma")
	v.each(func() {
		h, g := load(v.at("x")), load(v.at("dy"))
		VSUBPS(v.at("mean"), h, h)
		VMULPS(v.at("scale"), h, h)
		VMULPS(gamma, g, g)
		VSUBPS(v.at("one"), g, g)
		VFNMADD231PS(v.at("two"), h, g)
		VMULPS(v.at("scale"), g, g)
		VMOVUPS(g, v.at("dx"))
	})
}

// density is the normal distribution's at 0.
const density = .3989422804014327

// geluSlope is p/sqrt2, and geluTerms are Q's halves, the highest power first.
const geluSlope = .3275911 * .70710678118654752

var geluTerms = []float32{
	-0.14165985584259033 / 2, 0.4988672435283661 / 2, -0.40958040952682495 / 2, 0.45654335618019104 / 2,
	0.023726651445031166 / 2, 0.2063945233821869 / 2, 0.18065059185028076 / 2, 0.18505804240703583 / 2,
}
