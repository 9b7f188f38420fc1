//go:build gpu && linux

package dnn_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/dnn"
)

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
