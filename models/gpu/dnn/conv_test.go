//go:build gpu && linux

package dnn_test

import (
	"encoding/json"
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

// plain is a shape whose sums are long enough to differ by their order.
func plain(as dnn.Type) dnn.Shape {
	return dnn.Shape{N: 2, C: 40, H: 9, W: 9, K: 24, R: 3, S: 3, StrideH: 1, StrideW: 1, PadH: 1, PadW: 1, Groups: 1, XStride: 40, YStride: 24, Type: as}
}

// A choice that says it is deterministic gives the same bits each time, also
// after it was kept as JSON; others, which Find leaves out when told to, need not,
// and of those of this library all do not.
func TestDeterminism(t *testing.T) {
	within(t, func(d *desk) error {
		r := rand.New(rand.NewPCG(3, 4))
		o, err := d.operands(r, plain(dnn.F32))
		if err != nil {
			return err
		}
		for _, k := range kinds {
			before, at, _, _ := o.result(k)
			all, err := d.h.Find(k, o.s, false, 1<<20, o.at[0], o.at[1], o.at[2])
			if err != nil {
				return err
			}
			for _, by := range all {
				kept, err := json.Marshal(by)
				if err != nil {
					return err
				}
				var again dnn.Choice
				if err := json.Unmarshal(kept, &again); err != nil || again != by {
					t.Fatalf("%s became %+v, %v", kept, again, err)
				}
				one, err := d.run(o, k, by, 1, 0)
				if err != nil {
					return err
				}
				two, err := d.run(o, k, again, 1, 0)
				if err != nil {
					return err
				}
				if slices.Equal(one, two) != by.Deterministic {
					t.Errorf("%s by %+v: the same bits twice: %t", k, by, slices.Equal(one, two))
				}
				// What it has computed is an operand of the kinds to come.
				if err := d.c.CopyToDevice(at, bytesOf(before), d.s); err != nil {
					return err
				}
			}
			only, err := d.h.Find(k, o.s, true, 1<<20, o.at[0], o.at[1], o.at[2])
			if err != nil {
				return err
			}
			want := 0
			for _, by := range all {
				if by.Deterministic {
					want++
				}
			}
			if len(only) != want || slices.ContainsFunc(only, func(c dnn.Choice) bool { return !c.Deterministic }) {
				t.Errorf("%s: told to be deterministic Find gave %+v", k, only)
			}
			if err := d.c.CopyToDevice(at, bytesOf(before), d.s); err != nil {
				return err
			}
		}
		return d.free(o)
	})
}

func TestWorkspace(t *testing.T) {
	within(t, func(d *desk) error {
		o, err := d.operands(rand.New(rand.NewPCG(5, 6)), plain(dnn.BF16))
		if err != nil {
			return err
		}
		none, err := d.h.Find(dnn.Forward, o.s, true, 0, o.at[0], o.at[1], o.at[2])
		if err != nil {
			return err
		}
		if len(none) != 1 || none[0].Workspace != 0 {
			t.Errorf("without workspace: %+v", none)
		}
		if _, err := d.h.Find(dnn.BackwardData, o.s, true, 0, o.at[0], o.at[1], o.at[2]); !errors.Is(err, dnn.ErrNoAlgorithm) {
			t.Errorf("the gradient of the input without workspace: %v", err)
		}
		c, err := d.h.Prepare(dnn.Forward, o.s, dnn.Choice{Algo: 1, Math: 1})
		if err != nil {
			return err
		}
		if c.Workspace() != 4096 {
			t.Errorf("a workspace of %d bytes", c.Workspace())
		}
		p, err := d.c.Alloc(4000)
		if err != nil {
			return err
		}
		if err := d.h.Run(c, o.at[0], o.at[1], o.at[2], p, 4000, 1, 0); err == nil {
			t.Error("no error of too small a workspace")
		}
		// One that is smaller than was said.
		var e *dnn.Error
		if err := d.h.Run(c, o.at[0], o.at[1], o.at[2], p, 4096, 1, 0); !errors.As(err, &e) || e.Name != "CUDNN_STATUS_BAD_PARAM" {
			t.Errorf("a workspace that is not there: %v", err)
		}
		return errors.Join(c.Destroy(), d.c.Free(p), d.free(o))
	})
}

func TestWhatCannotBe(t *testing.T) {
	within(t, func(d *desk) error {
		s := plain(dnn.F32)
		bad := s
		bad.XStride = s.C - 1
		if _, err := d.h.Find(dnn.Forward, bad, true, 0, 0, 0, 0); err == nil {
			t.Error("no error of rows that overlap")
		}
		if _, err := d.h.Prepare(dnn.Forward, s, dnn.Choice{Algo: 5, Math: 3}); err == nil {
			t.Error("no error of an algorithm that is not there")
		}
		// fp32 is asked for: a choice of another run must not bring tf32 in.
		if _, err := d.h.Prepare(dnn.Forward, s, dnn.Choice{Algo: 1, Math: 0}); err == nil {
			t.Error("no error of a choice of tf32 for fp32")
		}
		t.Setenv("HPAFLOW_FAKE_PACKED", "1")
		s.YStride = s.K + 8
		o, err := d.operands(rand.New(rand.NewPCG(7, 8)), s)
		if err != nil {
			return err
		}
		if _, err := d.h.Find(dnn.Forward, s, true, 1<<20, o.at[0], o.at[1], o.at[2]); !errors.Is(err, dnn.ErrNoAlgorithm) {
			t.Errorf("a slice of a wider tensor, where there is none: %v", err)
		}
		return d.free(o)
	})
}

func TestFused(t *testing.T) {
	within(t, func(d *desk) error {
		r := rand.New(rand.NewPCG(9, 10))
		for _, as := range []dnn.Type{dnn.F32, dnn.BF16} {
			for _, relu := range []bool{false, true} {
				for _, residual := range []bool{false, true} {
					if err := d.fused(t, r, plain(as), relu, residual); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

func (d *desk) fused(t *testing.T, r *rand.Rand, s dnn.Shape, relu, residual bool) error {
	o, err := d.operands(r, s)
	if err != nil {
		return err
	}
	bias := tensor(r, s, 1, s.K, s.K)
	z := tensor(r, s, s.N*s.H*s.W, s.K, s.K)
	at := [2]cuda.Ptr{}
	for i, v := range [][]float32{bias, z} {
		if at[i], err = d.put(v, s.Type); err != nil {
			return err
		}
	}
	workspace, err := d.c.Alloc(1 << 16)
	if err != nil {
		return err
	}
	math1 := 3
	if s.Type == dnn.BF16 {
		math1 = 1
	}
	if !relu {
		c, err := d.h.Prepare(dnn.Forward, s, dnn.Choice{Algo: 0, Math: math1})
		if err != nil {
			return err
		}
		if err := d.h.RunFused(c, o.at[0], o.at[1], at[0], 0, o.at[2], relu, workspace, 1<<16); !errors.Is(err, dnn.ErrNotFused) {
			t.Errorf("algorithm 0 without relu: %v", err)
		}
		if err := c.Destroy(); err != nil {
			return err
		}
	}
	c, err := d.h.Prepare(dnn.Forward, s, dnn.Choice{Algo: 1, Math: math1})
	if err != nil {
		return err
	}
	zAt := at[1]
	if !residual {
		zAt = 0
	}
	if err := d.h.RunFused(c, o.at[0], o.at[1], at[0], zAt, o.at[2], relu, workspace, 1<<16); err != nil {
		return err
	}
	got, err := d.get(len(o.y), o.at[2], s.Type)
	if err != nil {
		return err
	}
	value, size := sums(dnn.Forward, s, o.x, o.w, o.y)
	_, result := rounding(s)
	for i, v := range got {
		want := value[i] + float64(bias[i%s.K])
		if residual {
			want += float64(z[i])
		}
		if relu {
			want = max(want, 0)
		}
		if diff := math.Abs(float64(v) - want); !(diff <= (size[i]+4)*(0x1p-20+2*result)) {
			t.Fatalf("%s, relu %t, residual %t: value %d is %v, want %v", s, relu, residual, i, v, want)
		}
	}
	return errors.Join(c.Destroy(), d.c.Free(at[0]), d.c.Free(at[1]), d.c.Free(workspace), d.free(o))
}
