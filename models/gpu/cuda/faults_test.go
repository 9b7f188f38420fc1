//go:build gpu && linux

package cuda_test

import (
	"errors"
	"testing"

	"hpaflow/models/gpu/cuda"
)

// Each way in which a card may fail is told, by what comes next, with the
// driver's word; and the card is whole again once it was given back.
func TestInjectedFaults(t *testing.T) {
	for name, x := range map[string]struct {
		fail string
		lost bool
		want string
	}{
		"an allocation": {"alloc:2", false, "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (out of memory)"},
		"a launch":      {"launch:3", true, "cuStreamSynchronize: CUDA_ERROR_LAUNCH_FAILED (unspecified launch failure)"},
		"a copy":        {"copy:2", true, "cuStreamSynchronize: CUDA_ERROR_ECC_UNCORRECTABLE (uncorrectable ECC error encountered)"},
		"a lost card":   {"lost:4@0", true, "cuStreamSynchronize: CUDA_ERROR_UNKNOWN (unknown error)"},
		"another card":  {"lost:4@1", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HPAFLOW_FAKE_FAIL", x.fail)
			c, err := cuda.OpenCard(0)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Do(func() error { return work(c) })
			if got := said(err); got != x.want || errors.Is(err, cuda.ErrCardLost) != x.lost {
				t.Errorf("got %v, want %q", err, x.want)
			}
			if x.lost {
				// All else fails as well, at once.
				if err := c.Do(func() error { _, err := c.Alloc(4); return err }); !errors.Is(err, cuda.ErrCardLost) {
					t.Errorf("an allocation of a lost card: %v", err)
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			t.Setenv("HPAFLOW_FAKE_FAIL", "")
			c = open(t)
			do(t, c, func() error { return work(c) })
		})
	}
}

// Faults of kernels, which a true driver may not see.
func TestWildKernels(t *testing.T) {
	for name, f := range map[string]func(w *bench, p cuda.Ptr) error{
		"written behind": func(w *bench, p cuda.Ptr) error { return w.write.Launch(one, one, 0, w.a, p, int64(25)) },
		"written before": func(w *bench, p cuda.Ptr) error { return w.write.Launch(one, one, 0, w.a, p, int64(-1)) },
		"freed": func(w *bench, p cuda.Ptr) error {
			q, err := w.c.Alloc(100)
			return errors.Join(err, w.c.Free(q), w.write.Launch(one, one, 0, w.a, q, int64(0)))
		},
		"of the machine": func(w *bench, p cuda.Ptr) error {
			b, err := w.c.Pinned(64)
			return errors.Join(err, w.write.Launch(one, one, 0, w.a, cuda.Ptr(uintptrOf(b)), int64(0)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			err := c.Do(func() error {
				w, err := set(c)
				if err != nil {
					return err
				}
				p, err := c.Alloc(100)
				if err != nil {
					return err
				}
				return errors.Join(f(w, p), w.a.Synchronize())
			})
			if got := said(err); got != "cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)" || !errors.Is(err, cuda.ErrCardLost) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Memory that nothing was written to is not zero, nor any other number.
func TestPoison(t *testing.T) {
	c := open(t)
	do(t, c, func() error {
		w, err := set(c)
		if err != nil {
			return err
		}
		p, err := c.Alloc(400)
		if err != nil {
			return err
		}
		b := make([]byte, 400)
		if err := c.CopyToHost(b, p, w.a); err != nil {
			return err
		}
		for i, v := range floats(b) {
			if v == v {
				t.Fatalf("value %d is %v", i, v)
			}
		}
		return nil
	})
}

// work is some of everything: three allocations, four launches, two copies.
func work(c *cuda.Card) error {
	w, err := set(c)
	if err != nil {
		return err
	}
	var p [3]cuda.Ptr
	for i := range p {
		if p[i], err = c.Alloc(64); err != nil {
			return err
		}
	}
	b, err := c.Pinned(64)
	if err != nil {
		return err
	}
	copyIn := c.CopyToDevice(p[0], b, w.a)
	for range 4 {
		if err := w.scale.Launch(one, one, 0, w.a, p[1], p[0], float32(1), int32(1), int64(16)); err != nil && !errors.Is(err, cuda.ErrCardLost) {
			return err
		}
	}
	copyOut := c.CopyToHost(b, p[1], w.a)
	for _, err := range []error{copyIn, copyOut} {
		if err != nil && !errors.Is(err, cuda.ErrCardLost) {
			return err
		}
	}
	if err := w.a.Synchronize(); err != nil {
		return err
	}
	return errors.Join(c.Free(p[0]), c.Free(p[1]), c.Free(p[2]), c.FreePinned(b), w.a.Destroy())
}

// said is the driver's word in an error.
func said(err error) string {
	var e *cuda.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Error()
}
