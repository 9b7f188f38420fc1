package network_test

import (
	"fmt"

	"hpaflow/models/network"
)

// counter is an implementation of Layers that computes nothing: it follows the
// shapes and counts convolutions and their weights.
type counter struct{ convolutions, weights int }

func (c *counter) Training() bool { return false }

func (c *counter) ConvNorm(x network.Activation, n network.ConvNorm) network.Activation {
	return c.Conv(x, n.Conv, n.Shape)
}

func (c *counter) Conv(x network.Activation, _ string, s network.ConvShape) network.Activation {
	c.convolutions++
	c.weights += s.Out * x.C / max(s.Groups, 1) * s.KH * s.KW
	return network.Activation{
		C: s.Out,
		H: (x.H+2*s.PadH-s.KH)/max(s.StrideH, 1) + 1,
		W: (x.W+2*s.PadW-s.KW)/max(s.StrideW, 1) + 1,
	}
}

func (c *counter) MaxPool(x network.Activation, _ string, p network.MaxPool) network.Activation {
	room := 2*p.Pad - p.Kernel
	if p.Ceil {
		room += p.Stride - 1
	}
	return network.Activation{C: x.C, H: (x.H+room)/p.Stride + 1, W: (x.W+room)/p.Stride + 1}
}

func (c *counter) AveragePool3(x network.Activation, _ string) network.Activation { return x }

func (c *counter) Norm(x network.Activation, _ network.Norm) network.Activation { return x }

func (c *counter) LayerNorm(x network.Activation, _ string, _ float64) network.Activation { return x }

func (c *counter) Dense(x network.Activation, d network.Dense) network.Activation {
	return c.Conv(x, d.Names[0], network.ConvShape{Out: d.Out, KH: 1, KW: 1})
}

func (c *counter) AveragePool2(x network.Activation, _ string) network.Activation {
	return network.Activation{C: x.C, H: x.H / 2, W: x.W / 2}
}

func (c *counter) AdaptivePool(x network.Activation, _ string, h, w int) network.Activation {
	return network.Activation{C: x.C, H: h, W: w}
}

func (c *counter) MeanPool(x network.Activation, _ string) network.Activation {
	return network.Activation{C: x.C}
}

func (c *counter) Concat(_ string, xs ...network.Activation) network.Activation {
	out := network.Activation{H: xs[0].H, W: xs[0].W}
	for _, x := range xs {
		out.C += x.C
	}
	return out
}

func (c *counter) SqueezeExcite(x network.Activation, _ string, _ int, _ network.Activation) network.Activation {
	return x
}

func (c *counter) Linear(_ network.Activation, _ string, out int) network.Activation {
	return network.Activation{C: out}
}

func (c *counter) Attention(logits, _ network.Activation, _, _ string) network.Activation {
	return network.Activation{C: logits.C}
}

// A description is walked by whatever implements Layers.
func Example() {
	for _, name := range network.Names() {
		var c counter
		n := network.ByName(name)
		out := n.Build(&c, network.Activation{C: 4, H: 512, W: 512}, network.Heads{Classes: 28})
		fmt.Printf("%s: %d convolutions, %.1f million weights in them, %d logits\n", name, c.convolutions, float64(c.weights)/1e6, out.Logits.C)
	}
	// Output:
	// resnet18: 20 convolutions, 11.2 million weights in them, 28 logits
	// resnet34: 36 convolutions, 21.3 million weights in them, 28 logits
	// inception_v3: 96 convolutions, 21.9 million weights in them, 28 logits
	// se_resnext50: 55 convolutions, 23.0 million weights in them, 28 logits
	// densenet121: 120 convolutions, 6.9 million weights in them, 28 logits
	// convnext_tiny: 58 convolutions, 27.8 million weights in them, 28 logits
}
