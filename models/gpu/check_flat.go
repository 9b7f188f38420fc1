//go:build gpu && linux

package gpu

import (
	"fmt"
	"math"

	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// flats checks what is done to all parameters, or gradients, at once: the optimisers'
// steps, clipping, averages of weights, and the flag that stops them all. Nothing of it
// depends on how many there are, so the first network's do.
func (c *checker) flats() error {
	for _, o := range []optimiser{{name: "adam"}, {name: "adam", amsgrad: true}, {name: "sgd", first: true}, {name: "sgd", nesterov: true}} {
		if err := c.optimiser(o); err != nil {
			return err
		}
	}
	for _, share := range []float64{.5, 2} {
		if err := c.clipping(share); err != nil {
			return err
		}
	}
	if err := firstOf(c.averaging(), c.exchanging()); err != nil {
		return err
	}
	if err := firstOf(c.losing(.5, 1), c.losing(math.Inf(1), 0)); err != nil {
		return err
	}
	parameters, statistics := initial(c.params)
	return c.setWeights(parameters, statistics)
}

// drawn is so many numbers between -1 and 1.
func (c *checker) drawn(n int) flat {
	f := make(flat, n)
	for i := range f {
		f[i] = float32(2*c.random.Float64() - 1)
	}
	return f
}

// putGradients puts gradients in place. Where there are narrow ones, g gets to be what
// they hold.
func (c *checker) putGradients(g flat) error {
	if err := c.put(c.memory.grads, g); err != nil || c.memory.narrow == 0 {
		return err
	}
	w := c.params.Weights
	if err := c.kernels.Copy(c.compute, kernels.Flat(c.memory.narrow, kernels.BF16, w), kernels.Flat(c.memory.grads, kernels.F32, w)); err != nil {
		return err
	}
	m := &cardMemory{checker: c}
	for k, v := range m.numbers(c.memory.narrow, plan.BF16, w) {
		g[k] = float32(v)
	}
	return m.err
}

// clipping compares gradients that are clipped to a share of their norm with PyTorch's
// formula. What they become lies where the optimiser has a moment.
func (c *checker) clipping(share float64) error {
	key := fmt.Sprintf("to %v of their norm", share)
	if !c.once("clip " + key) {
		return nil
	}
	grads := c.drawn(c.params.Trainable)
	if err := c.putGradients(grads); err != nil {
		return err
	}
	var squares float64
	for _, g := range grads {
		squares += float64(g) * float64(g)
	}
	limit := share * math.Sqrt(squares)
	to, scratch := c.memory.moments[0], c.memory.moments[1]
	f := c.finding("clip", key, 1e-6)
	got, err := twoTimes(c, &f, func() error { return nil },
		func() error { return c.kernels.Clip(c.compute, c.optimised(false), limit, to, scratch) },
		func() (flat, error) { return c.get(to, len(grads)) })
	if err != nil {
		return err
	}
	by := min(1, limit/(math.Sqrt(squares)+1e-6))
	c.match(&f, doubles(got, 1), doubles(grads, by))
	return nil
}

// averaging compares an average that is moved towards weights with the formula.
func (c *checker) averaging() error {
	const share = .125
	if !c.once("average") {
		return nil
	}
	average, weights := c.drawn(c.params.Trainable), c.drawn(c.params.Trainable)
	x, y := c.memory.moments[0], c.memory.moments[1]
	f := c.finding("average", fmt.Sprintf("by %v", share), 1e-6)
	got, err := twoTimes(c, &f, func() error { return firstOf(c.put(x, average), c.put(y, weights)) },
		func() error { return c.kernels.Approach(c.compute, x, y, len(average), share, c.memory.ok) },
		func() (flat, error) { return c.get(x, len(average)) })
	if err != nil {
		return err
	}
	want := doubles(average, 1-share)
	for i, w := range weights {
		want[i] += share * float64(w)
	}
	c.match(&f, doubles(got, 1), want)
	return nil
}

// exchanging sees that weights and their average change places.
func (c *checker) exchanging() error {
	if !c.once("exchange") {
		return nil
	}
	first, second := c.drawn(c.params.Trainable), c.drawn(c.params.Trainable)
	x, y := c.memory.moments[0], c.memory.moments[1]
	f := c.finding("exchange", "of two", 0)
	got, err := twoTimes(c, &f, func() error { return firstOf(c.put(x, first), c.put(y, second)) },
		func() error { return c.kernels.Exchange(c.compute, x, y, len(first)) },
		func() (flat, error) {
			a, err := c.get(x, len(first))
			if err != nil {
				return nil, err
			}
			b, err := c.get(y, len(second))
			return append(a, b...), err
		})
	if err != nil {
		return err
	}
	c.match(&f, doubles(got, 1), append(doubles(second, 1), doubles(first, 1)...))
	return nil
}

// losing sees that a loss that is no finite number, and no other, clears the flag.
func (c *checker) losing(loss float64, want uint32) error {
	key := fmt.Sprintf("of %v", loss)
	if !c.once("check " + key) {
		return nil
	}
	value, ok := c.memory.moments[0], c.memory.moments[1]
	bits := math.Float64bits(loss)
	f := c.finding("check", key, 0)
	got, err := twoTimes(c, &f, func() error {
		return firstOf(c.put(value, flat{math.Float32frombits(uint32(bits)), math.Float32frombits(uint32(bits >> 32))}), c.put(ok, flat{math.Float32frombits(1)}))
	}, func() error { return c.kernels.Check(c.compute, ok, value) }, func() (flat, error) { return c.get(ok, 1) })
	if err != nil {
		return err
	}
	c.match(&f, []float64{float64(math.Float32bits(got[0]))}, []float64{float64(want)})
	return nil
}

// match judges a finding by how far apart what the card gives and what it should
// give are.
func (c *checker) match(f *Finding, got, want []float64) {
	f.Error = apart(got, want)
	c.judge(f)
}

// doubles is x times a factor.
func doubles(x flat, by float64) []float64 {
	list := make([]float64, len(x))
	for i, v := range x {
		list[i] = by * float64(v)
	}
	return list
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// optimiser is a kind of step.
type optimiser struct {
	name                     string
	amsgrad, nesterov, first bool
}

// optimiser compares a step of all parameters with PyTorch's formulas.
func (c *checker) optimiser(o optimiser) error {
	key := fmt.Sprintf("%+v", o)
	if !c.once(key) { // of the first network: nothing depends on how many there are
		return nil
	}
	const lr, decay, momentum, step = .01, .001, .9, 3
	n := c.params.Trainable
	var at [5]flat // parameters, gradients, moments
	for i := range at {
		at[i] = c.drawn(n)
		for k, v := range at[i] {
			if i > 2 {
				at[i][k] = float32(math.Abs(float64(v))) // squares
			}
		}
	}
	u := update{lr: lr, step: step}
	u.optimizer.Kind, u.optimizer.WeightDecay, u.optimizer.Momentum, u.optimizer.AMSGrad, u.optimizer.Nesterov = o.name, decay, momentum, o.amsgrad, o.nesterov
	if o.first {
		u.step = 1
	}
	f := c.finding(o.name, key, 3e-5)
	got, err := twoTimes(c, &f, func() error {
		for k := range 3 {
			if err := c.put(c.memory.moments[k], at[2+k]); err != nil {
				return err
			}
		}
		return firstOf(c.put(c.memory.weights, at[0]), c.putGradients(at[1]))
	}, func() error { return c.apply(nil, u) }, func() (flat, error) { return c.get(c.memory.weights, n) })
	if err != nil {
		return err
	}
	moved, want := make([]float64, n), make([]float64, n)
	for i, p := range at[0] {
		moved[i] = float64(got[i]) - float64(p)
		want[i] = o.moves(float64(p), float64((at[1])[i]), float64((at[2])[i]), float64((at[3])[i]), float64((at[4])[i]), lr, decay, momentum, step)
	}
	c.match(&f, moved, want)
	return nil
}

// moves is by how much a parameter does.
func (o optimiser) moves(p, g, m, v, largest, lr, decay, momentum, step float64) float64 {
	g += decay * p
	if o.name == "sgd" {
		if o.first {
			return -lr * g
		}
		m = momentum*m + g
		if o.nesterov {
			return -lr * (g + momentum*m)
		}
		return -lr * m
	}
	m, v = .9*m+.1*g, .999*v+.001*g*g
	if o.amsgrad {
		v = max(v, largest)
	}
	return -lr / (1 - math.Pow(.9, step)) * m / (math.Sqrt(v/(1-math.Pow(.999, step))) + 1e-8)
}
