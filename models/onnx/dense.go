package onnx

import (
	"math"

	"hpaflow/models/network"
)

// LayerNorm is network.Layers.LayerNorm. ONNX's norm is over the last dimensions,
// where channels are brought, and back.
func (b *builder) LayerNorm(x network.Activation, name string, eps float64) network.Activation {
	value := b.of(x)
	if x.H > 0 {
		value = b.add("Transpose", name+".last", []string{value}, name+".last", many("perm", 0, 2, 3, 1))
	}
	in := []string{
		value, b.constant(name+".weight", []int{x.C}, b.weight(name+".weight", x.C)),
		b.constant(name+".bias", []int{x.C}, b.weight(name+".bias", x.C)),
	}
	value = b.add("LayerNormalization", name, in, name+".out", one("axis", -1), number("epsilon", float32(eps)))
	if x.H > 0 {
		value = b.add("Transpose", name+".first", []string{value}, name+".first", many("perm", 0, 3, 1, 2))
	}
	return b.result(x, value)
}

// Dense is network.Layers.Dense: a convolution of one position, into which the
// factors of channels are folded.
func (b *builder) Dense(x network.Activation, d network.Dense) network.Activation {
	name := d.Names[0]
	weights, bias := b.weight(name+".weight", d.Out, x.C), b.weight(name+".bias", d.Out)
	if d.Scale != "" {
		factors := b.weight(d.Scale, d.Out)
		weights, bias = scaled(weights, factors), scaled(bias, factors)
	}
	in := []string{b.of(x), b.constant(name+".weight", []int{d.Out, x.C, 1, 1}, weights), b.constant(name+".bias", []int{d.Out}, bias)}
	value := b.add("Conv", name, in, name+".out", convAttributes(network.ConvShape{KH: 1, KW: 1})...)
	switch d.Activate {
	case network.GELU:
		value = b.gelu(name, value)
	case network.ReLU:
		value = b.add("Relu", name+".relu", []string{value}, name+".relu")
	}
	if d.Residual != nil {
		value = b.add("Add", name+".add", []string{value, b.of(*d.Residual)}, name+".sum")
	}
	return b.result(network.Activation{C: d.Out, H: x.H, W: x.W}, value)
}

// gelu is x*(1+erf(x/sqrt2))/2, as runtimes know to compute in one go.
func (b *builder) gelu(name, x string) string {
	y := b.add("Div", name+".narrow", []string{x, b.constant(name+".sqrt2", nil, []float32{math.Sqrt2})}, name+".narrowed")
	y = b.add("Erf", name+".erf", []string{y}, name+".erf")
	y = b.add("Add", name+".raise", []string{y, b.constant(name+".one", nil, []float32{1})}, name+".raised")
	y = b.add("Mul", name+".weigh", []string{x, y}, name+".weighed")
	return b.add("Mul", name+".halve", []string{y, b.constant(name+".half", nil, []float32{.5})}, name+".gelu")
}

// scaled are rows, each times its factor.
func scaled[F float32 | float64](rows []float32, factors []F) []float32 {
	list := make([]float32, len(rows))
	for i, v := range rows {
		list[i] = float32(float64(v) * float64(factors[i/(len(rows)/len(factors))]))
	}
	return list
}
