package onnx

import (
	"cmp"
	"math"

	"hpaflow/models/network"
)

var _ network.Layers = (*builder)(nil)

func (b *builder) Training() bool { return false }

// batchNormEps is PyTorch's.
const batchNormEps = 1e-5

// ConvNorm is network.Layers.ConvNorm, the norm folded into the convolution.
func (b *builder) ConvNorm(x network.Activation, c network.ConvNorm) network.Activation {
	y, shape, weights := b.kernel(x, c.Conv, c.Shape)
	scales, offsets := b.norm(c.Norm, y.C, c.Eps)
	in := []string{b.of(x), b.constant(c.Conv+".weight", shape, scaled(weights, scales)), b.constant(c.Conv+".bias", []int{y.C}, offsets)}
	value := b.add("Conv", c.Conv, in, c.Conv+".out", convAttributes(c.Shape)...)
	if c.Residual != nil {
		value = b.add("Add", c.Conv+".add", []string{value, b.of(*c.Residual)}, c.Conv+".sum")
	}
	if c.ReLU {
		value = b.add("Relu", c.Conv+".relu", []string{value}, c.Conv+".relu")
	}
	return b.result(y, value)
}

// norm is what a batch norm of so many channels multiplies each by, and adds to it.
func (b *builder) norm(name string, channels int, eps float64) (scales []float64, offsets []float32) {
	gamma, beta := b.weight(name+".weight", channels), b.weight(name+".bias", channels)
	mean, variance := b.weight(name+".running_mean", channels), b.weight(name+".running_var", channels)
	scales, offsets = make([]float64, channels), make([]float32, channels)
	for c := range channels {
		scales[c] = float64(gamma[c]) / math.Sqrt(float64(variance[c])+cmp.Or(eps, batchNormEps))
		offsets[c] = float32(float64(beta[c]) - float64(mean[c])*scales[c])
	}
	return scales, offsets
}

// Norm is network.Layers.Norm: a factor and a summand for each channel.
func (b *builder) Norm(x network.Activation, n network.Norm) network.Activation {
	factors, offsets := b.norm(n.Name, x.C, n.Eps)
	scales := make([]float32, x.C)
	for c, v := range factors {
		scales[c] = float32(v)
	}
	shape := []int{1, x.C, 1, 1}
	value := b.add("Mul", n.Name+".scale", []string{b.of(x), b.constant(n.Name+".scale", shape, scales)}, n.Name+".scaled")
	value = b.add("Add", n.Name+".offset", []string{value, b.constant(n.Name+".offset", shape, offsets)}, n.Name+".out")
	if n.ReLU {
		value = b.add("Relu", n.Name+".relu", []string{value}, n.Name+".relu")
	}
	return b.result(x, value)
}

// Conv is network.Layers.Conv.
func (b *builder) Conv(x network.Activation, name string, s network.ConvShape) network.Activation {
	y, shape, weights := b.kernel(x, name, s)
	in := []string{b.of(x), b.constant(name+".weight", shape, weights)}
	if s.Bias {
		in = append(in, b.constant(name+".bias", []int{s.Out}, b.weight(name+".bias", s.Out)))
	}
	return b.result(y, b.add("Conv", name, in, name+".out", convAttributes(s)...))
}

// kernel is the shape of a convolution's result, and its weights with theirs.
func (b *builder) kernel(x network.Activation, name string, s network.ConvShape) (y network.Activation, shape []int, weights []float32) {
	shape = []int{s.Out, x.C / max(s.Groups, 1), s.KH, s.KW}
	y = network.Activation{
		C: s.Out,
		H: (x.H+2*s.PadH-s.KH)/max(s.StrideH, 1) + 1,
		W: (x.W+2*s.PadW-s.KW)/max(s.StrideW, 1) + 1,
	}
	return y, shape, b.weight(name+".weight", shape...)
}

func convAttributes(s network.ConvShape) []attribute {
	return []attribute{
		one("group", max(s.Groups, 1)), many("kernel_shape", s.KH, s.KW),
		many("pads", s.PadH, s.PadW, s.PadH, s.PadW), many("strides", max(s.StrideH, 1), max(s.StrideW, 1)),
	}
}

// MaxPool is network.Layers.MaxPool.
func (b *builder) MaxPool(x network.Activation, name string, p network.MaxPool) network.Activation {
	side := func(n int) int {
		over := n + 2*p.Pad - p.Kernel
		if p.Ceil {
			over += p.Stride - 1
		}
		return over/p.Stride + 1
	}
	ceil := 0
	if p.Ceil {
		ceil = 1
	}
	value := b.add("MaxPool", name, []string{b.of(x)}, name+".out",
		one("ceil_mode", ceil), many("kernel_shape", p.Kernel, p.Kernel), many("pads", p.Pad, p.Pad, p.Pad, p.Pad), many("strides", p.Stride, p.Stride))
	return b.result(network.Activation{C: x.C, H: side(x.H), W: side(x.W)}, value)
}

// AveragePool3 is network.Layers.AveragePool3.
func (b *builder) AveragePool3(x network.Activation, name string) network.Activation {
	value := b.add("AveragePool", name, []string{b.of(x)}, name+".mean",
		one("count_include_pad", 1), many("kernel_shape", 3, 3), many("pads", 1, 1, 1, 1), many("strides", 1, 1))
	return b.result(x, value)
}

// AveragePool2 is network.Layers.AveragePool2.
func (b *builder) AveragePool2(x network.Activation, name string) network.Activation {
	value := b.add("AveragePool", name, []string{b.of(x)}, name+".mean", many("kernel_shape", 2, 2), many("strides", 2, 2))
	return b.result(network.Activation{C: x.C, H: x.H / 2, W: x.W / 2}, value)
}

// AdaptivePool is network.Layers.AdaptivePool: ONNX has none, so that it is a
// product with the shares of rows and one with those of columns.
func (b *builder) AdaptivePool(x network.Activation, name string, h, w int) network.Activation {
	if !b.fixed {
		b.fail("%s takes means over a grid of %dx%d, which depends on the size of images: give the size", name, h, w)
	}
	rows := b.constant(name+".rows", []int{h, x.H}, shares(h, x.H))
	columns := make([]float32, x.W*w)
	for i, share := range shares(w, x.W) {
		columns[i%x.W*w+i/x.W] = share
	}
	value := b.add("MatMul", name+".rows", []string{rows, b.of(x)}, name+".by_rows")
	value = b.add("MatMul", name+".columns", []string{value, b.constant(name+".columns", []int{x.W, w}, columns)}, name+".grid")
	return b.result(network.Activation{C: x.C, H: h, W: w}, value)
}

// shares says what each of some places counts in the means that they are brought to,
// (to,from), as PyTorch's adaptive pool parts them.
func shares(to, from int) []float32 {
	all := make([]float32, to*from)
	for i := range to {
		first, end := i*from/to, ((i+1)*from+to-1)/to
		for at := first; at < end; at++ {
			all[i*from+at] = 1 / float32(end-first)
		}
	}
	return all
}

// MeanPool is network.Layers.MeanPool.
func (b *builder) MeanPool(x network.Activation, name string) network.Activation {
	value := b.add("GlobalAveragePool", name, []string{b.of(x)}, name+".mean")
	return b.result(network.Activation{C: x.C}, b.add("Flatten", name+".flat", []string{value}, name+".out", one("axis", 1)))
}

// Concat is network.Layers.Concat.
func (b *builder) Concat(name string, xs ...network.Activation) network.Activation {
	y := network.Activation{H: xs[0].H, W: xs[0].W}
	var in []string
	for _, x := range xs {
		y.C += x.C
		in = append(in, b.of(x))
	}
	return b.result(y, b.add("Concat", name, in, name+".out", one("axis", 1)))
}

// SqueezeExcite is network.Layers.SqueezeExcite.
func (b *builder) SqueezeExcite(x network.Activation, name string, hidden int, residual network.Activation) network.Activation {
	value := b.add("GlobalAveragePool", name+".mean", []string{b.of(x)}, name+".mean")
	for i, layer := range []struct {
		name      string
		in, out   int
		operation string
	}{{name + ".fc1", x.C, hidden, "Relu"}, {name + ".fc2", hidden, x.C, "Sigmoid"}} {
		in := []string{
			value, b.constant(layer.name+".weight", []int{layer.out, layer.in, 1, 1}, b.weight(layer.name+".weight", layer.out, layer.in, 1, 1)),
			b.constant(layer.name+".bias", []int{layer.out}, b.weight(layer.name+".bias", layer.out)),
		}
		value = b.add("Conv", layer.name, in, layer.name+".out", convAttributes(network.ConvShape{KH: 1, KW: 1})...)
		value = b.add(layer.operation, layer.name+".gate", []string{value}, name+[]string{".hidden", ".gates"}[i])
	}
	value = b.add("Mul", name+".scale", []string{b.of(x), value}, name+".scaled")
	value = b.add("Add", name+".add", []string{value, b.of(residual)}, name+".sum")
	return b.result(x, b.add("Relu", name+".relu", []string{value}, name+".out"))
}

// Linear is network.Layers.Linear.
func (b *builder) Linear(x network.Activation, name string, out int) network.Activation {
	in := []string{
		b.of(x), b.constant(name+".weight", []int{out, x.C}, b.weight(name+".weight", out, x.C)),
		b.constant(name+".bias", []int{out}, b.weight(name+".bias", out)),
	}
	return b.result(network.Activation{C: out}, b.add("Gemm", name, in, name+".out", one("transB", 1)))
}

// Attention is network.Layers.Attention. The scores' bias adds the same to all
// places, which the softmax does not see. The sum keeps its dimension before the bias
// is added: OpenVINO 2026.4 adds it along the batch otherwise.
func (b *builder) Attention(logits, scores network.Activation, logitsName, scoresName string) network.Activation {
	places := b.integers(scoresName+".shape", 0, 0, -1)
	flat := func(x network.Activation, name string) string {
		return b.add("Reshape", name+".flat", []string{b.of(x), places}, name+".places")
	}
	weights := b.add("Softmax", scoresName+".softmax", []string{flat(scores, scoresName)}, scoresName+".weights", one("axis", 2))
	weighted := b.add("Mul", scoresName+".weigh", []string{flat(logits, logitsName), weights}, scoresName+".weighted")
	axis := b.integers(scoresName+".axis", 2)
	sum := b.add("ReduceSum", scoresName+".sum", []string{weighted, axis}, scoresName+".mean", one("keepdims", 1))
	sum = b.add("Flatten", scoresName+".flatten", []string{sum}, scoresName+".means", one("axis", 1))
	bias := b.constant(logitsName+".bias", []int{logits.C}, b.weight(logitsName+".bias", logits.C))
	return b.result(network.Activation{C: logits.C}, b.add("Add", logitsName+".add", []string{sum, bias}, logitsName+".logits"))
}
