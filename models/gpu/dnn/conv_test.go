//go:build gpu && linux

package dnn_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
)

var kinds = []dnn.Kind{dnn.Forward, dnn.BackwardData, dnn.BackwardWeights}

// operands are a shape's tensors, here and on the card.
type operands struct {
	s       dnn.Shape
	x, w, y []float32
	at      [3]cuda.Ptr
}

func (d *desk) operands(r *rand.Rand, s dnn.Shape) (*operands, error) {
	o := &operands{
		s: s,
		x: tensor(r, s, s.N*s.H*s.W, s.C, s.XStride),
		w: tensor(r, s, s.K, s.R*s.S*s.C/s.Groups, s.R*s.S*s.C/s.Groups),
		y: tensor(r, s, s.N*s.OutH()*s.OutW(), s.K, s.YStride),
	}
	for i, v := range [][]float32{o.x, o.w, o.y} {
		var err error
		if o.at[i], err = d.put(v, s.Type); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (d *desk) free(o *operands) error {
	return errors.Join(d.c.Free(o.at[0]), d.c.Free(o.at[1]), d.c.Free(o.at[2]))
}

// result is the tensor that a kind computes: its values before, its place, and
// the rows it has.
func (o *operands) result(k dnn.Kind) (before []float32, at cuda.Ptr, width, stride int) {
	switch k {
	case dnn.Forward:
		return o.y, o.at[2], o.s.K, o.s.YStride
	case dnn.BackwardData:
		return o.x, o.at[0], o.s.C, o.s.XStride
	}
	return o.w, o.at[1], len(o.w), len(o.w)
}

// run computes a kind by a choice and reads the result.
func (d *desk) run(o *operands, k dnn.Kind, by dnn.Choice, alpha, beta float32) ([]float32, error) {
	c, err := d.h.Prepare(k, o.s, by)
	if err != nil {
		return nil, err
	}
	var workspace cuda.Ptr
	if c.Workspace() > 0 {
		if workspace, err = d.c.Alloc(c.Workspace()); err != nil {
			return nil, err
		}
	}
	if err := d.h.Run(c, o.at[0], o.at[1], o.at[2], workspace, c.Workspace(), alpha, beta); err != nil {
		return nil, err
	}
	before, at, _, _ := o.result(k)
	got, err := d.get(len(before), at, o.s.Type)
	return got, errors.Join(err, d.c.Free(workspace), c.Destroy())
}

// rounding is the error of a factor and of a result, relative.
func rounding(s dnn.Shape) (factor, result float64) {
	switch {
	case s.TF32:
		return 0x1p-11, 0x1p-24
	case s.Type == dnn.BF16:
		return 0, 0x1p-8
	}
	return 0, 0x1p-24
}

// Every algorithm of every kind computes what a plain sum in float64 does, adds
// to what was there as it is told, and leaves alone what lies between its rows.
func TestConvolutions(t *testing.T) {
	within(t, func(d *desk) error {
		r := rand.New(rand.NewPCG(1, 2))
		worst := 0.0 // of tf32, against the sum of the terms' magnitudes
		for range 60 {
			s := draw(r)
			for _, k := range kinds {
				off, err := d.compare(t, r, s, k)
				if err != nil {
					return fmt.Errorf("%s of %s: %w", k, s, err)
				}
				if s.TF32 {
					worst = max(worst, off)
				}
			}
		}
		// tf32 was asked for: this library rounds its factors, so that it shows.
		if worst < 0x1p-13 {
			t.Errorf("tf32 is as exact as fp32: off by %v", worst)
		}
		free, total, err := d.c.MemInfo()
		if free != total {
			t.Errorf("%d bytes were not given back", total-free)
		}
		return err
	})
}

// compare gives by how much a value was off, of the sum of its terms' magnitudes.
func (d *desk) compare(t *testing.T, r *rand.Rand, s dnn.Shape, k dnn.Kind) (off float64, err error) {
	o, err := d.operands(r, s)
	if err != nil {
		return 0, err
	}
	before, at, width, stride := o.result(k)
	value, size := sums(k, s, o.x, o.w, o.y)
	choices, err := d.h.Find(k, s, false, 1<<20, o.at[0], o.at[1], o.at[2])
	if err != nil {
		return 0, err
	}
	if len(choices) != 3 || !slices.IsSortedFunc(choices, func(a, b dnn.Choice) int { return int(a.Time - b.Time) }) {
		t.Errorf("%s of %s: found %+v", k, s, choices)
	}
	factor, result := rounding(s)
	for _, by := range choices {
		alpha, beta := float32(1), float32(0)
		if r.IntN(2) == 0 {
			alpha, beta = 0.5, 1
		}
		// With beta 0 what is there must not be read: Find has left NaNs.
		if beta != 0 {
			p, err := d.put(before, s.Type)
			if err != nil {
				return 0, err
			}
			if err := errors.Join(d.c.Copy(at, p, int64(len(before))*bytesEach(s), d.s), d.c.Free(p)); err != nil {
				return 0, err
			}
		}
		got, err := d.run(o, k, by, alpha, beta)
		if err != nil {
			return 0, err
		}
		for i, v := range got {
			if i%stride >= width {
				if v == v {
					t.Fatalf("%s of %s by %+v: %v was written between rows, at %d", k, s, by, v, i)
				}
				continue
			}
			want, bound := float64(alpha)*value[i], size[i]
			if beta != 0 {
				want += float64(before[i])
				bound += math.Abs(float64(before[i]))
			}
			// float32 sums of so many terms, factors that are rounded, a result that is.
			allowed := bound*(2*factor+0x1p-20) + math.Abs(want)*result
			diff := math.Abs(float64(v) - want)
			if bound > 0 {
				off = max(off, diff/bound)
			}
			if !(diff <= allowed) {
				t.Fatalf("%s of %s by %+v: value %d is %v, want %v within %v", k, s, by, i, v, want, allowed)
			}
		}
	}
	return off, d.free(o)
}

func bytesEach(s dnn.Shape) int64 {
	if s.Type == dnn.BF16 {
		return 2
	}
	return 4
}
