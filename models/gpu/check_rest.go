//go:build gpu && linux

package gpu

import (
	"fmt"
	"slices"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/gpu/kernels"
	"hpaflow/models/gpu/plan"
)

// rest checks what is no step of a program: pixels made into images, and what is done
// to all parameters.
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
	return c.flats()
}

// once says whether something was not seen yet, and then it is.
func (c *checker) once(key string) bool {
	if c.seen[key] {
		return false
	}
	c.seen[key] = true
	return true
}

// finding is one that nothing is known of yet.
func (c *checker) finding(name, key string, limit float64) Finding {
	return Finding{Card: c.card.Index, Precision: string(c.precision), Name: name, Shape: key, Limit: limit}
}

// twoTimes does something two times from what set puts in place, and gives what read finds
// in the end. The finding gets the time of the second, and whether both gave the same.
func twoTimes[S ~[]T, T comparable](c *checker, f *Finding, set, do func() error, read func() (S, error)) (S, error) {
	var got [2]S
	for i := range got {
		if err := set(); err != nil {
			return nil, err
		}
		if err := c.marks[0].Record(c.compute); err != nil {
			return nil, err
		}
		if err := do(); err != nil {
			return nil, err
		}
		if err := c.marks[1].Record(c.compute); err != nil {
			return nil, err
		}
		var err error
		if got[i], err = read(); err != nil {
			return nil, err
		}
	}
	var err error
	f.Time, err = c.marks[1].Elapsed(c.marks[0])
	f.Deterministic = slices.Equal(got[0], got[1])
	return got[1], err
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
	f := c.finding("pixels", key, 1e-6)
	if c.precision == bf16 {
		f.Limit = 5e-3
	}
	m := &cardMemory{checker: c, p: p, n: b.N}
	got, err := twoTimes(c, &f, func() error { return nil }, func() error { return c.see(c.slot, p, view) },
		func() ([]float64, error) { return m.Value(p.Input), m.err })
	if err != nil {
		return err
	}
	if err := c.slot.consumed.Record(c.compute); err != nil {
		return err
	}
	f.Error = apart(got, want)
	c.judge(&f)
	return nil
}
