//go:build gpu && linux

package gpu

import (
	"fmt"
	"math"
	"slices"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// rest checks what is no step of a program: pixels made into images, and the
// optimisers.
func (c *checker) rest() error {
	for _, norm := range []data.Norm{data.NormFixed, data.NormPerImage} {
		for _, depth := range []kernels.Depth{kernels.U8, kernels.U16, kernels.Float} {
			for view := range pixel.Dihedral(8) {
				if err := c.pixels(norm, depth, view); err != nil {
					return err
				}
			}
		}
	}
	for _, o := range []optimiser{{name: "adam"}, {name: "adam", amsgrad: true}, {name: "sgd", first: true}, {name: "sgd", nesterov: true}} {
		if err := c.optimiser(o); err != nil {
			return err
		}
	}
	return nil
}

// once says whether something was not seen yet, and then it is.
func (c *checker) once(key string) bool {
	if c.seen[key] {
		return false
	}
	c.seen[key] = true
	return true
}

// pixels compares an upload with the ops' own way to normalise.
func (c *checker) pixels(norm data.Norm, depth kernels.Depth, view pixel.Dihedral) error {
	p := c.program(plan.Predict)
	o := c.options
	key := fmt.Sprintf("%s depth %d view %d of %dx%dx%d", norm, depth, view, o.Height, o.Width, o.Channels)
	if !c.once(key) || view&pixel.Transpose != 0 && o.Height != o.Width {
		return nil
	}
	b := &data.Batch{N: o.Batch, C: o.Channels, H: o.Height, W: o.Width, Norm: norm}
	for range b.N * b.C * b.H * b.W {
		switch depth {
		case kernels.U8:
			b.U8 = append(b.U8, uint8(c.random.Uint32()))
		case kernels.U16:
			b.U16 = append(b.U16, uint16(c.random.Uint32()))
		default:
			b.X = append(b.X, c.random.Float32()-.5)
		}
	}
	size := b.H * b.W
	want := make([]float64, b.N*size*b.C)
	plane, scratch := make([]float32, size), make([]float32, size)
	for i := range b.N * b.C {
		pixel.NormalisedPlane(plane, scratch, b, i, view)
		for at, v := range plane {
			want[(i/b.C*size+at)*b.C+i%b.C] = float64(v)
		}
	}
	if c.slot == nil {
		var err error
		if c.slot, err = c.newSlot(); err != nil {
			return err
		}
		if c.result, err = c.newResult(1); err != nil {
			return err
		}
	}
	if err := c.upload(c.slot, c.result, b, 0, b.N); err != nil {
		return err
	}
	f := Finding{Card: c.card.Index, Precision: string(c.precision), Name: "pixels", Shape: key, Limit: 1e-6}
	if c.precision == bf16 {
		f.Limit = 5e-3
	}
	m := &cardMemory{checker: c, p: p, n: b.N}
	var got [2][]float64
	for i := range got {
		if err := c.marks[0].Record(c.compute); err != nil {
			return err
		}
		if err := c.see(c.slot, p, view); err != nil {
			return err
		}
		if err := c.marks[1].Record(c.compute); err != nil {
			return err
		}
		got[i] = m.Value(p.Input)
	}
	var err error
	if f.Time, err = c.marks[1].Elapsed(c.marks[0]); err != nil || m.err != nil {
		return firstOf(err, m.err)
	}
	if err := c.slot.consumed.Record(c.compute); err != nil {
		return err
	}
	f.Error, f.Deterministic = apart(got[0], want), slices.Equal(got[0], got[1])
	c.judge(&f)
	return nil
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
	at := []*flat{new(flat), new(flat), new(flat), new(flat), new(flat)}
	for i, f := range at { // parameters, gradients, moments
		*f = make(flat, n)
		for k := range *f {
			if (*f)[k] = float32(2*c.random.Float64() - 1); i > 2 {
				(*f)[k] = float32(math.Abs(float64((*f)[k]))) // squares
			}
		}
	}
	u := update{lr: lr, step: step}
	u.optimizer.Kind, u.optimizer.WeightDecay, u.optimizer.Momentum, u.optimizer.AMSGrad, u.optimizer.Nesterov = o.name, decay, momentum, o.amsgrad, o.nesterov
	if o.first {
		u.step = 1
	}
	f := Finding{Card: c.card.Index, Precision: string(c.precision), Name: o.name, Shape: key, Limit: 3e-5}
	var got [2]flat
	for i := range got {
		if err := c.put(c.memory.weights, *at[0]); err != nil {
			return err
		}
		if err := c.put(c.memory.grads, *at[1]); err != nil {
			return err
		}
		for k := range 3 {
			if err := c.put(c.memory.moments[k], *at[2+k]); err != nil {
				return err
			}
		}
		if c.memory.narrow != 0 { // the same, as bfloat16
			w := c.params.Weights
			if err := c.kernels.Copy(c.compute, kernels.Flat(c.memory.narrow, kernels.BF16, w), kernels.Flat(c.memory.grads, kernels.F32, w)); err != nil {
				return err
			}
			narrow := (&cardMemory{checker: c}).numbers(c.memory.narrow, plan.BF16, w)
			for k, v := range narrow {
				(*at[1])[k] = float32(v)
			}
		}
		if err := c.marks[0].Record(c.compute); err != nil {
			return err
		}
		if err := c.apply(nil, u); err != nil {
			return err
		}
		if err := c.marks[1].Record(c.compute); err != nil {
			return err
		}
		var err error
		if got[i], err = c.get(c.memory.weights, n); err != nil {
			return err
		}
	}
	var err error
	if f.Time, err = c.marks[1].Elapsed(c.marks[0]); err != nil {
		return err
	}
	moved, want := make([]float64, n), make([]float64, n)
	for i, p := range *at[0] {
		moved[i] = float64(got[0][i]) - float64(p)
		want[i] = o.moves(float64(p), float64((*at[1])[i]), float64((*at[2])[i]), float64((*at[3])[i]), float64((*at[4])[i]), lr, decay, momentum, step)
	}
	f.Error, f.Deterministic = apart(moved, want), slices.Equal(got[0], got[1])
	c.judge(&f)
	parameters, statistics := initial(c.params)
	return c.setWeights(parameters, statistics)
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
