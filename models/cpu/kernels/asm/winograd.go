package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The transforms of Winograd's minimal convolution at the points 0, a, -a, b,
// -b and infinity; see winograd.go of package kernels. With a = 5/8 and
// b = 3/2 rounding errors are a third of those with 1 and 2.
const (
	a = 5. / 8
	b = 3. / 2
)

func winograd() {
	c := constants{at: GLOBL("winogradConstants", RODATA|NOPTR), index: map[float32]int{}}
	transform("winogradInput", "the image tile of a product", 6, 6, false, func(x []reg.VecVirtual) []reg.VecVirtual {
		r := vectors(6)
		VMOVAPS(x[4], r[0])
		c.less(r[0], a*a+b*b, x[2])
		c.more(r[0], a*a*b*b, x[0])
		VMOVAPS(x[5], r[5])
		c.less(r[5], a*a+b*b, x[3])
		c.more(r[5], a*a*b*b, x[1])
		for i, p := range [2][2]float64{{a, b}, {b, a}} {
			even, odd := YMM(), YMM()
			VMOVAPS(x[4], even)
			c.less(even, p[1]*p[1], x[2])
			VMULPS(c.mem(p[0]), x[3], odd)
			c.less(odd, p[0]*p[1]*p[1], x[1])
			VADDPS(odd, even, r[1+2*i])
			VSUBPS(odd, even, r[2+2*i])
		}
		return r
	})
	transform("winogradOutput", "the sums of a product, adds bias and res where they are not nil, cuts at zero if asked to", 6, 4, true, func(x []reg.VecVirtual) []reg.VecVirtual {
		return c.evaluate(x, 4)
	})
	transform("winogradWeights", "the sums of a product over positions", 6, 3, false, func(x []reg.VecVirtual) []reg.VecVirtual {
		return c.evaluate(x, 3)
	})
	transform("winogradKernel", "a 3x3 kernel", 3, 6, false, func(x []reg.VecVirtual) []reg.VecVirtual {
		return c.interpolate(x)
	})
	transform("winogradGrad", "the 4x4 gradient tile", 4, 6, false, func(x []reg.VecVirtual) []reg.VecVirtual {
		return c.interpolate(x)
	})
}

// constants are vectors of eight equal values in memory.
type constants struct {
	at    Mem
	index map[float32]int
}

func (c *constants) mem(v float64) Mem {
	f := float32(v)
	i, known := c.index[f]
	if !known {
		i = len(c.index)
		c.index[f] = i
		for lane := range 8 {
			DATA(32*i+4*lane, F32(f))
		}
	}
	return c.at.Offset(32 * i)
}

// more adds k*x to r; less takes it away.
func (c *constants) more(r reg.VecVirtual, k float64, x reg.VecVirtual) { VFMADD231PS(c.mem(k), x, r) }
func (c *constants) less(r reg.VecVirtual, k float64, x reg.VecVirtual) { VFNMADD231PS(c.mem(k), x, r) }

// evaluate gives the first outputs from the values at the points.
func (c *constants) evaluate(x []reg.VecVirtual, outputs int) []reg.VecVirtual {
	y := vectors(outputs)
	sumA, difA, sumB, difB := YMM(), YMM(), YMM(), YMM()
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
		VMULPS(c.mem(powA), va, y[k])
		c.more(y[k], powB, vb)
	}
	VADDPS(x[5], y[outputs-1], y[outputs-1])
	return y
}

// interpolate gives the values at the points of the polynomial x, each divided
// by the product of its point's distances from the others.
func (c *constants) interpolate(x []reg.VecVirtual) []reg.VecVirtual {
	r := vectors(6)
	VMULPS(c.mem(1/(a*a*b*b)), x[0], r[0])
	VMOVAPS(x[len(x)-1], r[5])
	for i, p := range [2][2]float64{{a, b}, {b, a}} {
		scale := 1 / (2 * p[0] * p[0] * (p[0]*p[0] - p[1]*p[1]))
		even, odd := YMM(), YMM()
		pow := scale
		for k := range x {
			half := even
			if k%2 == 1 {
				half = odd
			}
			if k < 2 {
				VMULPS(c.mem(pow), x[k], half)
			} else {
				c.more(half, pow, x[k])
			}
			pow *= p[0]
		}
		VADDPS(odd, even, r[1+2*i])
		VSUBPS(odd, even, r[2+2*i])
	}
	return r
}

// transform applies a one-dimensional transform to the columns, then to the
// rows, of from*from vectors.
func transform(name, what string, from, to int, epilogue bool, f func([]reg.VecVirtual) []reg.VecVirtual) {
	signature := "func(n int, out *float32, outRow int, outCol int, outNext int, in *float32, inRow int, inCol int, inNext int"
	if epilogue {
		signature += ", bias *float32, res *float32, relu int"
	}
	TEXT(name, 0, signature+")") // not NOSPLIT: the middle is large
	Pragma("noescape")
	Doc(fmt.Sprintf("%s transforms %s, for n tiles that lie next bytes apart.", name, what),
		"Vectors of eight channels lie row and col bytes apart in a tile.")
	middle := AllocLocal(from * to * 32)

	in := Load(Param("in"), GP64())
	inRow := Load(Param("inRow"), GP64())
	inCol := Load(Param("inCol"), GP64())
	out := Load(Param("out"), GP64())
	outRow := Load(Param("outRow"), GP64())
	outCol := Load(Param("outCol"), GP64())
	var bias, res reg.Register
	if epilogue {
		bias = Load(Param("bias"), GP64())
		res = Load(Param("res"), GP64())
	}
	near, far := GP64(), GP64()
	at := func(i int, step reg.Register) Mem {
		m := Mem{Base: near}
		if i >= 3 {
			m.Base = far
		}
		if i%3 > 0 {
			m.Index, m.Scale = step, uint8(i%3)
		}
		return m
	}
	place := func(base, step reg.Register, count int) {
		MOVQ(base, near)
		if count > 3 {
			LEAQ(Mem{Base: base, Index: step, Scale: 2}, far)
			ADDQ(step, far)
		}
	}
	Label("tile")
	column := GP64()
	MOVQ(in, column)
	for j := range from {
		place(column, inRow, from)
		x := vectors(from)
		for i := range x {
			VMOVUPS(at(i, inRow), x[i])
		}
		for i, v := range f(x) {
			VMOVUPS(v, middle.Offset(32*(i*from+j)))
		}
		if j < from-1 {
			ADDQ(inCol, column)
		}
	}
	row, resRow := GP64(), GP64()
	MOVQ(out, row)
	if epilogue {
		MOVQ(res, resRow)
	}
	for i := range to {
		x := vectors(from)
		for j := range x {
			VMOVUPS(middle.Offset(32*(i*from+j)), x[j])
		}
		y := f(x)
		if epilogue {
			finish(fmt.Sprintf("row%d", i), y, bias, res, resRow, outCol, near, far, at, place)
			ADDQ(outRow, resRow)
		}
		place(row, outCol, to)
		for j, v := range y {
			VMOVUPS(v, at(j, outCol))
		}
		if i < to-1 {
			ADDQ(outRow, row)
		}
	}
	next := GP64()
	Load(Param("outNext"), next)
	ADDQ(next, out)
	if epilogue {
		TESTQ(res, res)
		JZ(LabelRef("noresidual"))
		ADDQ(next, res)
		Label("noresidual")
	}
	Load(Param("inNext"), next)
	ADDQ(next, in)
	DECQ(argument("n"))
	JNZ(LabelRef("tile"))
	done()
}

// finish is the end of a layer on a row of results.
func finish(label string, y []reg.VecVirtual, bias, res, resRow, col, near, far reg.Register,
	at func(int, reg.Register) Mem, place func(base, step reg.Register, count int),
) {
	TESTQ(bias, bias)
	JZ(LabelRef(label + "unbiased"))
	for _, v := range y {
		VADDPS(Mem{Base: bias}, v, v)
	}
	Label(label + "unbiased")
	TESTQ(res, res)
	JZ(LabelRef(label + "alone"))
	place(resRow, col, len(y))
	for j, v := range y {
		VADDPS(at(j, col), v, v)
	}
	Label(label + "alone")
	relu := GP64()
	Load(Param("relu"), relu)
	TESTQ(relu, relu)
	JZ(LabelRef(label + "whole"))
	zero := zeroed(1)[0]
	for _, v := range y {
		VMAXPS(v, zero, v)
	}
	Label(label + "whole")
}
