//go:build gpu && linux

package dnn_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"hpaflow/models/gpu/dnn"
)

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
