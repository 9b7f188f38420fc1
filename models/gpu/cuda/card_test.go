//go:build gpu && linux

package cuda_test

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
	"time"

	"hpaflow/models/gpu/cuda"
)

func TestDo(t *testing.T) {
	c := open(t)
	want := errors.New("what f said")
	if err := c.Do(func() error { return want }); err != want {
		t.Errorf("Do said %v", err)
	}
	func() {
		defer func() {
			if r := recover(); r != "as f did" {
				t.Errorf("Do panicked with %v", r)
			}
		}()
		_ = c.Do(func() error { panic("as f did") })
	}()
	if err := c.Do(func() error { return nil }); err != nil {
		t.Errorf("after a panic: %v", err)
	}
	// A goroutine that ends must not leave others waiting.
	if err := c.Do(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("no error of an f that ended its goroutine")
	}
	if err := c.Do(func() error { return nil }); err == nil {
		t.Error("no error of a card without a thread")
	}
}

func TestTwoUsersOfACard(t *testing.T) {
	one, two := open(t), open(t)
	do(t, one, func() error { _, err := one.Alloc(1000); return err })
	do(t, two, func() error {
		free, total, err := two.MemInfo()
		if total-free != 1000 {
			t.Errorf("%d bytes are taken, want 1000", total-free)
		}
		return err
	})
}

func TestMemory(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_MEMORY", "10000")
	c := open(t)
	do(t, c, func() error {
		p, err := c.Alloc(6000)
		if err != nil {
			return err
		}
		if p%256 != 0 {
			t.Errorf("%x is not aligned", p)
		}
		_, err = c.Alloc(6000)
		var e *cuda.Error
		if !errors.Is(err, cuda.ErrOutOfMemory) || errors.Is(err, cuda.ErrCardLost) || !errors.As(err, &e) ||
			e.Error() != "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (out of memory)" {
			t.Errorf("6000 of 4000 bytes: %v", err)
		}
		if err := c.Free(p); err != nil {
			return err
		}
		if p, err = c.Alloc(10000); err != nil {
			t.Errorf("all bytes: %v", err)
		}
		if _, err := c.Alloc(0); err == nil {
			t.Error("no error of 0 bytes")
		}
		if err := c.Free(0); err != nil {
			t.Errorf("freeing nothing: %v", err)
		}
		return c.Free(p)
	})
}

func TestCopies(t *testing.T) {
	c := open(t)
	do(t, c, func() error {
		w, err := set(c)
		if err != nil {
			return err
		}
		p, err := c.Alloc(64)
		if err != nil {
			return err
		}
		pinned, err := c.Pinned(64)
		if err != nil {
			return err
		}
		// Pinned memory is read when the stream is there, Go's memory at once.
		for _, src := range [][]byte{pinned, make([]byte, 64)} {
			copy(src, "before")
			_ = w.wait.Launch(one, one, 0, w.a, int32(20000))
			if err := c.CopyToDevice(p, src, w.a); err != nil {
				return err
			}
			copy(src, "after ")
			got := make([]byte, 6)
			if err := c.CopyToHost(got, p, w.a); err != nil {
				return err
			}
			want := "before"
			if &src[0] == &pinned[0] {
				want = "after "
			}
			if string(got) != want {
				t.Errorf("read %q, want %q", got, want)
			}
		}
		if err := errors.Join(
			c.Copy(p+32, p, 6, w.a),
			c.Zero(p+33, 2, w.a),
			c.CopyToHost(pinned, p, w.a),
			w.a.Synchronize(),
		); err != nil {
			return err
		}
		if got := pinned[32:38]; !bytes.Equal(got, []byte("b\x00\x00ore")) {
			t.Errorf("got %q", got)
		}
		for name, err := range map[string]error{
			"a copy past the end":        c.CopyToDevice(p+1, pinned, w.a),
			"a copy to nowhere":          c.CopyToDevice(4096, pinned, w.a),
			"a fill past the end":        c.Zero(p, 65, w.a),
			"a copy onto itself":         c.Copy(p+1, p, 2, w.a),
			"a copy from before":         c.CopyToHost(pinned[:1], p-1, w.a),
			"memory that was not pinned": c.FreePinned(make([]byte, 8)),
		} {
			if err == nil || errors.Is(err, cuda.ErrCardLost) {
				t.Errorf("%s: %v", name, err)
			}
		}
		return errors.Join(c.Free(p), c.FreePinned(pinned))
	})
}

func TestStreams(t *testing.T) {
	t.Setenv("HPAFLOW_FAKE_DELAY", "200")
	c := open(t)
	do(t, c, func() error {
		w, err := set(c)
		if err != nil {
			return err
		}
		from, err := c.NewEvent(true)
		if err != nil {
			return err
		}
		to, err := c.NewEvent(true)
		if err != nil {
			return err
		}
		p, err := c.Alloc(8)
		if err != nil {
			return err
		}
		if done, err := to.Query(); err != nil || !done {
			t.Errorf("an event that marks nothing: %t, %v", done, err)
		}
		// b takes what a has made, because it waits.
		if err := errors.Join(
			c.Zero(p, 8, w.a),
			from.Record(w.a),
			w.wait.Launch(one, one, 0, w.a, int32(20000)),
			w.scale.Launch(one, one, 0, w.a, p, p, float32(1), int32(5), int64(1)),
			to.Record(w.a),
			w.b.Wait(to),
			w.scale.Launch(one, one, 0, w.b, p+4, p, float32(2), int32(1), int64(1)),
		); err != nil {
			return err
		}
		if done, err := to.Query(); err != nil || done {
			t.Errorf("an event to come: %t, %v", done, err)
		}
		got := make([]byte, 8)
		if err := c.CopyToHost(got, p, w.b); err != nil {
			return err
		}
		if v := floats(got); v[0] != 5 || v[1] != 11 {
			t.Errorf("got %v, want 5 and 11", v)
		}
		if err := to.Synchronize(); err != nil {
			return err
		}
		if d, err := to.Elapsed(from); err != nil || d < 20*time.Millisecond {
			t.Errorf("%v elapsed, %v", d, err)
		}
		plain, err := c.NewEvent(false)
		if err != nil {
			return err
		}
		if _, err := plain.Elapsed(from); err == nil {
			t.Error("no error of the time of an event without")
		}
		return errors.Join(from.Destroy(), to.Destroy(), plain.Destroy(), c.Synchronize(), w.a.Destroy(), w.b.Destroy(), c.Free(p))
	})
}
