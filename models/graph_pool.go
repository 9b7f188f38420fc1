package models

import (
	"gorgonia.org/gorgonia"

	"hpaflow/models/kernels"
)

// reshape adds a layer of one input and no parameters: forward and back are
// functions of the batch that is in use.
func (b *builder) reshape(name string, x, y activation, forward, back func(n int, out, in []float32)) activation {
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

// maxPool is layers.maxPool.
func (b *builder) maxPool(x activation, name string, shape maxPool) activation {
	k := poolFor(x, shape)
	if err := k.Validate(); err != nil {
		b.fail(name, err)
		return x
	}
	y := activation{c: x.c, h: k.OutH(), w: k.OutW()}
	from := make([]int32, b.batch*valuesOf(y))
	return b.reshape("max pool "+name, x, y,
		func(n int, out, in []float32) { k.Forward(b.env.ws, n, out, in, from) },
		func(n int, dx, dy []float32) { k.Backward(b.env.ws, n, dx, dy, from) })
}

// averagePool3 is layers.averagePool3.
func (b *builder) averagePool3(x activation, name string) activation {
	k := kernels.AveragePool3{C: x.c, H: x.h, W: x.w}
	run := func(n int, out, in []float32) { k.Run(b.env.ws, n, out, in) }
	return b.reshape("average pool "+name, x, activation{c: x.c, h: x.h, w: x.w}, run, run)
}

// adaptivePool is layers.adaptivePool.
func (b *builder) adaptivePool(x activation, name string, h, w int) activation {
	k := kernels.AdaptivePool{C: x.c, H: x.h, W: x.w, OutH: h, OutW: w}
	if err := k.Validate(); err != nil {
		b.fail(name, err)
		return x
	}
	return b.reshape("adaptive pool "+name, x, activation{c: x.c, h: h, w: w},
		func(n int, out, in []float32) { k.Forward(b.env.ws, n, out, in) },
		func(n int, dx, dy []float32) { k.Backward(b.env.ws, n, dx, dy) })
}

// meanPool is layers.meanPool.
func (b *builder) meanPool(x activation, name string) activation {
	return b.reshape("mean "+name, x, activation{c: x.c},
		func(n int, out, in []float32) { kernels.AveragePool(n, x.c, x.plane(), out, in) },
		func(n int, dx, dy []float32) { kernels.AveragePoolBackward(n, x.c, x.plane(), dx, dy) })
}

// concat is layers.concat.
func (b *builder) concat(name string, xs ...activation) activation {
	k, y, err := concatOf(xs)
	if err != nil {
		b.fail(name, err)
		return y
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
	return b.layer(o, y, nodes...)
}

// concatOf is the kernel for images, and the shape of its result.
func concatOf(xs []activation) (k kernels.Concat, y activation, err error) {
	y = activation{h: xs[0].h, w: xs[0].w}
	k.Plane = y.plane()
	for _, x := range xs {
		k.C = append(k.C, x.c)
		y.c += x.c
	}
	return k, y, k.Validate()
}
