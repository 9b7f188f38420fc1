package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// linePoints are those of the minimal form along a line, each with its negative,
// beside 0 and infinity; see winogradline.go of package kernels.
var linePoints = [4]float64{3. / 8, 3. / 4, 5. / 4, 2}

const lineIn = 2*len(linePoints) + 2

// line writes the transforms of that form.
func line() {
	t := transforms{width: ofOne, constants: GLOBL("lineConstants", RODATA|NOPTR), index: map[float32]int{}}
	t.lineInput()
	for _, taps := range []int{5, 7} {
		t.lineKernel(taps)
		t.lineOutput(taps)
	}
}

// walk is vectors that lie a step apart.
type walk struct{ at, step reg.Register }

func walkFrom(start reg.Register, step string) walk {
	w := walk{GP64(), Load(Param(step), GP64())}
	MOVQ(start, w.at)
	return w
}

func (w walk) load() reg.VecVirtual {
	v := YMM()
	VMOVUPS(Mem{Base: w.at}, v)
	ADDQ(w.step, w.at)
	return v
}

func (w walk) store(v reg.VecVirtual) {
	VMOVUPS(v, Mem{Base: w.at})
	ADDQ(w.step, w.at)
}

// beginLine begins a function over n lines, and gives where they are read and written.
func beginLine(name, more string, doc ...string) (in, out reg.Register) {
	TEXT(name, NOSPLIT, "func(n int, out *float32, outStep int, outNext int, in *float32, inStep int, inNext int"+more+")")
	Pragma("noescape")
	Doc(doc...)
	in, out = Load(Param("in"), GP64()), Load(Param("out"), GP64())
	Label("line")
	return in, out
}

func endLine(in, out reg.Register) {
	ADDQ(argument("inNext"), in)
	ADDQ(argument("outNext"), out)
	DECQ(argument("n"))
	JNZ(LabelRef("line"))
	done()
}

// sum is the sum of terms, each a factor times a vector.
func (t *transforms) sum(factors []float64, x []reg.VecVirtual) reg.VecVirtual {
	v := t.vector()
	t.times(v, factors[0], x[0])
	for i := 1; i < len(factors); i++ {
		t.more(v, factors[i], x[i])
	}
	return v
}

// everySecond is x[from], x[from+2] and so on.
func everySecond(x []reg.VecVirtual, from, count int) (list []reg.VecVirtual) {
	for i := range count {
		list = append(list, x[from+2*i])
	}
	return list
}

// squares are the coefficients, from the constant on, of the product of x - p*p for
// all points but one.
func squares(but int) []float64 {
	c := []float64{1}
	for i, p := range linePoints {
		if i == but {
			continue
		}
		next := make([]float64, len(c)+1)
		for k, v := range c {
			next[k] -= p * p * v
			next[k+1] += v
		}
		c = next
	}
	return c
}

func (t *transforms) lineInput() {
	in, out := beginLine("lineInput", "",
		"lineInput turns ten vectors, inStep bytes apart, into their values at the points of winogradline.go, outStep bytes apart,",
		"for n lines whose vectors lie next bytes apart.")
	from, to := walkFrom(in, "inStep"), walkFrom(out, "outStep")
	x := make([]reg.VecVirtual, lineIn)
	for i := range x {
		x[i] = from.load()
	}
	all := squares(-1)
	to.store(t.sum(all, everySecond(x, 0, len(all))))
	for i, p := range linePoints {
		rest := squares(i)
		even := t.sum(rest, everySecond(x, 2, len(rest)))
		for k := range rest {
			rest[k] *= p
		}
		t.storePair(to, even, t.sum(rest, everySecond(x, 1, len(rest))))
	}
	to.store(t.sum(all, everySecond(x, 1, len(all))))
	endLine(in, out)
}

// storePair stores the values at a point and at its negative.
func (t *transforms) storePair(to walk, even, odd reg.VecVirtual) {
	plus := t.vector()
	VADDPS(odd, even, plus)
	VSUBPS(odd, even, even)
	to.store(plus)
	to.store(even)
}

func (t *transforms) lineKernel(taps int) {
	name := fmt.Sprintf("lineKernel%d", taps)
	in, out := beginLine(name, "", fmt.Sprintf("%s turns the %d taps of a kernel into its values at those points, over the products of their distances;", name, taps),
		"vectors and lines lie as those of lineInput.")
	from, to := walkFrom(in, "inStep"), walkFrom(out, "outStep")
	x := make([]reg.VecVirtual, taps)
	for i := range x {
		x[i] = from.load()
	}
	first := t.vector()
	t.times(first, 1/squares(-1)[0], x[0])
	to.store(first)
	for i, p := range linePoints {
		distances := 2 * p * p
		for j, q := range linePoints {
			if j != i {
				distances *= p*p - q*q
			}
		}
		var even, odd []float64
		power := 1 / distances
		for range taps / 2 {
			even, odd = append(even, power), append(odd, power*p)
			power *= p * p
		}
		even = append(even, power) // taps are odd
		t.storePair(to, t.sum(even, everySecond(x, 0, len(even))), t.sum(odd, everySecond(x, 1, len(odd))))
	}
	to.store(x[taps-1])
	endLine(in, out)
}

func (t *transforms) lineOutput(taps int) {
	name, outputs := fmt.Sprintf("lineOutput%d", taps), lineIn+1-taps
	in, out := beginLine(name, ", bias *float32, res *float32, relu int",
		fmt.Sprintf("%s is the way back from the sums at the points to %d results; adds bias and res, which lies like out, where", name, outputs),
		"they are not nil, cuts at zero if asked to.")
	from := walkFrom(in, "inStep")
	y := make([]reg.VecVirtual, outputs)
	for k := range y {
		y[k] = t.vector()
	}
	VMOVAPS(from.load(), y[0])
	for i, p := range linePoints {
		plus, minus := from.load(), from.load()
		even, odd := t.vector(), t.vector()
		VADDPS(minus, plus, even)
		VSUBPS(minus, plus, odd)
		VADDPS(even, y[0], y[0])
		power := p
		for k := 1; k < outputs; k++ {
			v := even
			if k%2 == 1 {
				v = odd
			}
			if i == 0 {
				t.times(y[k], power, v)
			} else {
				t.more(y[k], power, v)
			}
			power *= p
		}
	}
	VADDPS(Mem{Base: from.at}, y[outputs-1], y[outputs-1])
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef("unbiased"))
	for _, v := range y {
		VADDPS(Mem{Base: bias}, v, v)
	}
	Label("unbiased")
	res := Load(Param("res"), GP64())
	TESTQ(res, res)
	JZ(LabelRef("alone"))
	r := walkFrom(res, "outStep")
	for _, v := range y {
		VADDPS(r.load(), v, v)
	}
	ADDQ(argument("outNext"), res)
	MOVQ(res, argument("res"))
	Label("alone")
	relu := Load(Param("relu"), GP64())
	TESTQ(relu, relu)
	JZ(LabelRef("whole"))
	zero := t.vector()
	VXORPS(zero, zero, zero)
	for _, v := range y {
		VMAXPS(v, zero, v)
	}
	Label("whole")
	to := walkFrom(out, "outStep")
	for _, v := range y {
		to.store(v)
	}
	endLine(in, out)
}
