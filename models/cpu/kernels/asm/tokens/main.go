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
	maximum()
	scale()
	exponentials()
	gelu()
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
func (v *vectors) each(do func()) {
	Label("loop")
	do()
	ADDQ(Imm(32), v.index)
	DECQ(v.n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

func load(m Mem) reg.VecVirtual {
	v := YMM()
	VMOVUPS(m, v)
	return v
}

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

func maximum() {
	v := function("tokenMax", "y x", "is y = max(y, x).")
	v.each(func() {
		m := load(v.at("y"))
		VMAXPS(v.at("x"), m, m)
		VMOVUPS(m, v.at("y"))
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

func exponentials() {
	v := function("tokenExp", "y sums most", "is y = exp(y-most), and adds it to sums. No y is above most.")
	v.each(func() {
		x, sum := load(v.at("y")), load(v.at("sums"))
		VSUBPS(v.at("most"), x, x)
		e := exp(x)
		VMOVUPS(e, v.at("y"))
		VADDPS(e, sum, sum)
		VMOVUPS(sum, v.at("sums"))
	})
}

// gelu is x*Phi(x) = max(x,0) - |x|*erfc(|x|/sqrt2)/2, with
// erfc(z)/2 = exp(-z*z)*t*Q(t) and t = 1/(1+p*z), as Abramowitz and Stegun 7.1.26
// has it, by a polynomial Q of more terms: within 1.5e-7 of itself for all z.
func gelu() {
	v := function("tokenGELU", "y", "is y = y*Phi(y), of which the second is the normal distribution's.")
	v.each(func() {
		x := load(v.at("y"))
		a, t, q, square, zero := YMM(), YMM(), YMM(), YMM(), YMM()
		VANDPS(bits(0x7fffffff), x, a)
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
		VMULPS(exp(square), q, q)
		VXORPS(zero, zero, zero)
		VMAXPS(x, zero, x) // this way round a NaN stays one
		VFNMADD231PS(a, q, x)
		VMOVUPS(x, v.at("y"))
	})
}

// geluSlope is p/sqrt2, and geluTerms are Q's halves, the highest power first.
const geluSlope = .3275911 * .70710678118654752

var geluTerms = []float32{
	-0.14165985584259033 / 2, 0.4988672435283661 / 2, -0.40958040952682495 / 2, 0.45654335618019104 / 2,
	0.023726651445031166 / 2, 0.2063945233821869 / 2, 0.18065059185028076 / 2, 0.18505804240703583 / 2,
}
