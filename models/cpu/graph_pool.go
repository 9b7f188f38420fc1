package cpu

import (
	"gorgonia.org/gorgonia"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/network"
)

// reshape adds a layer of one input and no parameters: forward and back are
// functions of the batch that is in use.
func (b *builder) reshape(name string, x, y network.Activation, forward, back func(n int, out, in []float32)) network.Activation {
	o := &op{name: name, wrt: []bool{true}}
	o.run = func(out []float32, in [][]float32) error {
		forward(b.env.n, out, in[0])
		return nil
	}
	o.grad = func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		g.add(&op{name: name + " data", size: b.batch * valuesOf(x), run: func(dx []float32, in [][]float32) error {
			back(b.env.n, dx, in[0])
			return nil
		}}, grad)
		return g.nodes, g.err
	}
	return b.layer(o, y, b.node(x))
}

// MaxPool is network.Layers.MaxPool.
func (b *builder) MaxPool(x network.Activation, name string, shape network.MaxPool) network.Activation {
	k := poolFor(x, shape)
	if err := k.Validate(); err != nil {
		b.fail(name, err)
		return x
	}
	y := network.Activation{C: x.C, H: k.OutH(), W: k.OutW()}
	from := make([]uint8, b.batch*valuesOf(y))
	return b.reshape("max pool "+name, x, y,
		func(n int, out, in []float32) { k.Forward(b.env.ws, n, out, in, from) },
		func(n int, dx, dy []float32) { k.Backward(b.env.ws, n, dx, dy, from) })
}

// AveragePool3 is network.Layers.AveragePool3.
func (b *builder) AveragePool3(x network.Activation, name string) network.Activation {
	k := kernels.AveragePool3{C: x.C, H: x.H, W: x.W}
	run := func(n int, out, in []float32) { k.Run(b.env.ws, n, out, in) }
	return b.reshape("average pool "+name, x, network.Activation{C: x.C, H: x.H, W: x.W}, run, run)
}

// AdaptivePool is network.Layers.AdaptivePool.
func (b *builder) AdaptivePool(x network.Activation, name string, h, w int) network.Activation {
	k := kernels.AdaptivePool{C: x.C, H: x.H, W: x.W, OutH: h, OutW: w}
	if err := k.Validate(); err != nil {
		b.fail(name, err)
		return x
	}
	return b.reshape("adaptive pool "+name, x, network.Activation{C: x.C, H: h, W: w},
		func(n int, out, in []float32) { k.Forward(b.env.ws, n, out, in) },
		func(n int, dx, dy []float32) { k.Backward(b.env.ws, n, dx, dy) })
}

// MeanPool is network.Layers.MeanPool.
func (b *builder) MeanPool(x network.Activation, name string) network.Activation {
	return b.reshape("mean "+name, x, network.Activation{C: x.C},
		func(n int, out, in []float32) { kernels.AveragePool(n, x.C, x.Plane(), out, in) },
		func(n int, dx, dy []float32) { kernels.AveragePoolBackward(n, x.C, x.Plane(), dx, dy) })
}

// AveragePool2 is network.Layers.AveragePool2.
func (b *builder) AveragePool2(x network.Activation, name string) network.Activation {
	k := kernels.AveragePool2{C: x.C, H: x.H, W: x.W}
	if err := k.Validate(); err != nil {
		b.fail(name, err)
		return x
	}
	return b.reshape("average pool "+name, x, network.Activation{C: x.C, H: x.H / 2, W: x.W / 2},
		func(n int, out, in []float32) { k.Forward(b.env.ws, n, out, in) },
		func(n int, dx, dy []float32) { k.Backward(b.env.ws, n, dx, dy) })
}

// Concat is network.Layers.Concat. It is made when a layer asks for it.
func (b *builder) Concat(name string, xs ...network.Activation) network.Activation {
	_, y, err := concatOf(xs)
	if err != nil {
		b.fail(name, err)
		return y
	}
	y.Ref = len(b.results)
	b.results = append(b.results, result{c: y.C, name: name, parts: xs})
	return y
}

// concat makes a concatenation.
func (b *builder) concat(x network.Activation) {
	name, xs := b.results[x.Ref].name, b.results[x.Ref].parts
	k, y, err := concatOf(xs)
	if err != nil {
		b.fail(name, err)
		return
	}
	o := &op{name: "concat " + name}
	var nodes gorgonia.Nodes
	for _, x := range xs {
		nodes, o.wrt = append(nodes, b.node(x)), append(o.wrt, true)
	}
	o.run = func(out []float32, in [][]float32) error {
		k.Forward(b.env.ws, b.env.n, out, in)
		return nil
	}
	o.grad = func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		g := grads{b: b}
		for i, x := range xs {
			g.add(&op{name: "concat data " + name, size: b.batch * valuesOf(x), run: func(dx []float32, in [][]float32) error {
				k.Backward(b.env.ws, b.env.n, i, dx, in[0])
				return nil
			}}, grad)
		}
		return g.nodes, g.err
	}
	made := b.layer(o, y, nodes...)
	if b.err == nil {
		b.results[x.Ref] = b.results[made.Ref]
		b.tape[len(b.tape)-1] = x.Ref
	}
}

// concatOf is the kernel for images, and the shape of its result.
func concatOf(xs []network.Activation) (k kernels.Concat, y network.Activation, err error) {
	y = network.Activation{H: xs[0].H, W: xs[0].W}
	k.Plane = y.Plane()
	for _, x := range xs {
		k.C = append(k.C, x.C)
		y.C += x.C
	}
	return k, y, k.Validate()
}
