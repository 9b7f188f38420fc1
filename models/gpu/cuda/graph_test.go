//go:build gpu && linux

package cuda_test

import (
	"errors"
	"strings"
	"testing"
	"unsafe"
)

func floats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4)
}

// A graph of two streams does what they did, as often as it is launched, with
// what pinned memory holds by then.
func TestGraph(t *testing.T) {
	c := open(t)
	do(t, c, func() error {
		w, err := set(c)
		if err != nil {
			return err
		}
		in, err := c.Pinned(4)
		if err != nil {
			return err
		}
		out, err := c.Pinned(8)
		if err != nil {
			return err
		}
		p, err := c.Alloc(8)
		if err != nil {
			return err
		}
		fork, err := c.NewEvent(false)
		if err != nil {
			return err
		}
		join, err := c.NewEvent(false)
		if err != nil {
			return err
		}
		if err := errors.Join(
			c.BeginCapture(w.a),
			c.CopyToDevice(p, in, w.a),
			fork.Record(w.a),
			w.b.Wait(fork),
			w.scale.Launch(one, one, 0, w.b, p+4, p, float32(2), int32(0), int64(1)),
			join.Record(w.b),
			w.a.Wait(join),
			w.scale.Launch(one, one, 0, w.a, p, p, float32(1), int32(1), int64(1)),
			c.CopyToHost(out, p, w.a),
		); err != nil {
			return err
		}
		g, err := c.EndCapture(w.a)
		if err != nil {
			return err
		}
		if g.Nodes() != 4 {
			t.Errorf("%d pieces, want 4", g.Nodes())
		}
		if v := floats(out); v[0] == v[0] || v[1] == v[1] {
			t.Errorf("a capture has written %v", v)
		}
		for i := range 5 {
			floats(in)[0] = float32(i)
			if err := errors.Join(g.Launch(w.b), w.b.Synchronize()); err != nil {
				return err
			}
			if v := floats(out); v[0] != float32(i+1) || v[1] != float32(2*i) {
				t.Errorf("launch %d gave %v", i, v)
			}
		}
		return g.Destroy()
	})
}

// A wait that was forgotten in a capture is seen: pieces run in any order that
// their waits allow.
func TestGraphOrder(t *testing.T) {
	c := open(t)
	do(t, c, func() error {
		w, err := set(c)
		if err != nil {
			return err
		}
		p, err := c.Alloc(4)
		if err != nil {
			return err
		}
		fork, err := c.NewEvent(false)
		if err != nil {
			return err
		}
		join, err := c.NewEvent(false)
		if err != nil {
			return err
		}
		if err := errors.Join(
			c.BeginCapture(w.a),
			c.Zero(p, 4, w.a),
			fork.Record(w.a),
			w.b.Wait(fork),
			w.scale.Launch(one, one, 0, w.b, p, p, float32(2), int32(0), int64(1)),
			join.Record(w.b),
			w.scale.Launch(one, one, 0, w.a, p, p, float32(1), int32(3), int64(1)),
			w.a.Wait(join),
		); err != nil {
			return err
		}
		g, err := c.EndCapture(w.a)
		if err != nil {
			return err
		}
		seen := map[float32]bool{}
		for range 50 {
			got := make([]byte, 4)
			if err := errors.Join(g.Launch(w.a), c.CopyToHost(got, p, w.a)); err != nil {
				return err
			}
			seen[floats(got)[0]] = true
		}
		if !seen[3] || !seen[6] {
			t.Errorf("only %v were seen of 3 and 6", seen)
		}
		return g.Destroy()
	})
}

func TestCaptureFaults(t *testing.T) {
	c := open(t)
	do(t, c, func() error {
		w, err := set(c)
		if err != nil {
			return err
		}
		p, err := c.Alloc(4)
		if err != nil {
			return err
		}
		e, err := c.NewEvent(false)
		if err != nil {
			return err
		}
		for name, x := range map[string]struct {
			f    func() error
			end  bool // the capture itself is whole
			want string
		}{
			"an allocation":  {func() error { _, err := c.Alloc(4); return err }, true, "STREAM_CAPTURE_UNSUPPORTED"},
			"a free":         {func() error { return c.Free(p) }, true, "STREAM_CAPTURE_UNSUPPORTED"},
			"Go's memory":    {func() error { return c.CopyToDevice(p, make([]byte, 4), w.a) }, true, "STREAM_CAPTURE_UNSUPPORTED"},
			"a wait":         {func() error { return w.a.Synchronize() }, false, "STREAM_CAPTURE_UNSUPPORTED"},
			"another begin":  {func() error { return c.BeginCapture(w.a) }, true, "ILLEGAL_STATE"},
			"another's end":  {func() error { _, err := c.EndCapture(w.b); return err }, true, "ILLEGAL_STATE"},
			"a question":     {func() error { _ = e.Record(w.a); _, err := e.Query(); return err }, true, "CAPTURED_EVENT"},
			"what is before": {func() error { _ = e.Record(w.b); return w.a.Wait(e) }, false, "STREAM_CAPTURE_ISOLATION"},
			"a loose end": {func() error {
				_, _, _ = e.Record(w.a), w.b.Wait(e), c.Zero(p, 4, w.b)
				_, err := c.EndCapture(w.a)
				return err
			}, false, "STREAM_CAPTURE_UNJOINED"},
		} {
			if err := c.BeginCapture(w.a); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := x.f(); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
			g, err := c.EndCapture(w.a)
			if (err == nil) != x.end {
				t.Errorf("%s: the end of the capture: %v", name, err)
			}
			if err == nil {
				_ = g.Destroy()
			}
		}
		if err := e.Record(w.a); err != nil {
			return err
		}
		return errors.Join(w.b.Wait(e), w.b.Synchronize(), c.Free(p))
	})
}
