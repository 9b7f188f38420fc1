package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// The transforms of Winograd's minimal convolution at the points 0, a, -a, b,
// -b and infinity; see winograd.go of package kernels. With a = 5/8 and
// b = 3/2 rounding errors are a third of those with 1 and 2.
const (
	a = 5. / 8
	b = 3. / 2

	kernelBytes = 8 * 9 * vectorBytes // of the kernels of a block of input and a block of output channels
)

// winograd writes the transforms for vectors of a width.
func winograd(w width) {
	t := transforms{width: w, constants: GLOBL(w.name("winogradConstants"), RODATA|NOPTR), index: map[float32]int{}}
	t.write("winogradInput", "the image tile of a product", 6, 6, apart, together, func(x []reg.VecVirtual) []reg.VecVirtual {
		r := w.vectors(6)
		VMOVAPS(x[4], r[0])
		t.less(r[0], a*a+b*b, x[2])
		t.more(r[0], a*a*b*b, x[0])
		VMOVAPS(x[5], r[5])
		t.less(r[5], a*a+b*b, x[3])
		t.more(r[5], a*a*b*b, x[1])
		for i, p := range [2][2]float64{{a, b}, {b, a}} {
			even, odd := w.vector(), w.vector()
			VMOVAPS(x[4], even)
			t.less(even, p[1]*p[1], x[2])
			t.times(odd, p[0], x[3])
			t.less(odd, p[0]*p[1]*p[1], x[1])
			VADDPS(odd, even, r[1+2*i])
			VSUBPS(odd, even, r[2+2*i])
		}
		return r
	})
	t.writeLayer("winogradOutput", "the sums of a product, adds bias and res where they are not nil, cuts at zero if asked to", 6, 4, together, apart, func(x []reg.VecVirtual) []reg.VecVirtual {
		return t.evaluate(x, 4)
	})
	t.write("winogradWeights", "the sums of a product over positions", 6, 3, apart, apart, func(x []reg.VecVirtual) []reg.VecVirtual {
		return t.evaluate(x, 3)
	})
	t.write("winogradKernel", "a 3x3 kernel", 3, 6, pairs(kernelBytes), pairs(vectorBytes), func(x []reg.VecVirtual) []reg.VecVirtual {
		return t.interpolate(x)
	})
	t.write("winogradGrad", "the 4x4 gradient tile", 4, 6, pairsBy("inPair"), pairs(vectorBytes), func(x []reg.VecVirtual) []reg.VecVirtual {
		return t.interpolate(x)
	})
}

// evaluate gives the first outputs from the values at the points.
func (t *transforms) evaluate(x []reg.VecVirtual, outputs int) []reg.VecVirtual {
	y := t.vectors(outputs)
	sumA, difA, sumB, difB := t.vector(), t.vector(), t.vector(), t.vector()
	VADDPS(x[2], x[1], sumA)
	VSUBPS(x[2], x[1], difA)
	VADDPS(x[4], x[3], sumB)
	VSUBPS(x[4], x[3], difB)
	VADDPS(x[0], sumA, y[0])
	VADDPS(sumB, y[0], y[0])
	powA, powB := 1., 1.
	for k := 1; k < outputs; k++ {
		powA, powB = powA*a, powB*b
		va, vb := sumA, sumB
		if k%2 == 1 {
			va, vb = difA, difB
		}
		t.times(y[k], powA, va)
		t.more(y[k], powB, vb)
	}
	VADDPS(x[5], y[outputs-1], y[outputs-1])
	return y
}

// interpolate gives the values at the points of the polynomial x, each divided
// by the product of its point's distances from the others.
func (t *transforms) interpolate(x []reg.VecVirtual) []reg.VecVirtual {
	r := t.vectors(6)
	t.times(r[0], 1/(a*a*b*b), x[0])
	VMOVAPS(x[len(x)-1], r[5])
	for i, p := range [2][2]float64{{a, b}, {b, a}} {
		scale := 1 / (2 * p[0] * p[0] * (p[0]*p[0] - p[1]*p[1]))
		even, odd := t.vector(), t.vector()
		pow := scale
		for k := range x {
			half := even
			if k%2 == 1 {
				half = odd
			}
			if k < 2 {
				t.times(half, pow, x[k])
			} else {
				t.more(half, pow, x[k])
			}
			pow *= p[0]
		}
		VADDPS(odd, even, r[1+2*i])
		VSUBPS(odd, even, r[2+2*i])
	}
	return r
}
