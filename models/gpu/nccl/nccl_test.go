//go:build gpu && linux

package nccl_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"unsafe"

	"hpaflow/models/gpu/cuda"
	"hpaflow/models/gpu/nccl"
)

// rank is a card with what it needs here.
type rank struct {
	*cuda.Card
	comm *nccl.Comm
	s    cuda.Stream
	p    cuda.Ptr
}

const count = 1000

// join opens so many cards, with count numbers i+card on each.
func join(t *testing.T, cards int) []*rank {
	t.Helper()
	var ranks []*rank
	var opened []*cuda.Card
	for i := range cards {
		c, err := cuda.OpenCard(i)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
		r := &rank{Card: c}
		if err := c.Do(func() (err error) {
			if r.s, err = c.NewStream(); err != nil {
				return err
			}
			if r.p, err = c.Alloc(4 * count); err != nil {
				return err
			}
			values := make([]float32, count)
			for k := range values {
				values[k] = float32(k + i)
			}
			return c.CopyToDevice(r.p, bytesOf(values), r.s)
		}); err != nil {
			t.Fatal(err)
		}
		ranks, opened = append(ranks, r), append(opened, c)
	}
	comms, err := nccl.Init(opened)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range ranks {
		r.comm = comms[i]
	}
	return ranks
}

// each runs f on all cards at once.
func each(ranks []*rank, f func(r *rank) error) error {
	errs := make([]error, len(ranks))
	var wait sync.WaitGroup
	for i, r := range ranks {
		wait.Go(func() { errs[i] = r.Do(func() error { return f(r) }) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func bytesOf(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}

func (r *rank) values() ([]float32, error) {
	values := make([]float32, count)
	return values, r.CopyToHost(bytesOf(values), r.p, r.s)
}

// Sums and copies, called by each card's thread.
func TestThreads(t *testing.T) {
	ranks := join(t, 3)
	if err := each(ranks, func(r *rank) error {
		// The second half again, so that calls come in their order.
		if err := errors.Join(r.comm.AllReduce(r.p, r.p, count, r.s), r.comm.AllReduce(r.p+2*count, r.p+2*count, count/2, r.s)); err != nil {
			return err
		}
		got, err := r.values()
		if err != nil {
			return err
		}
		for i, v := range got {
			want := float32(3*i + 3)
			if i >= count/2 {
				want *= 3
			}
			if v != want {
				return fmt.Errorf("value %d of card %d is %v, want %v", i, r.Index, v, want)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := each(ranks, func(r *rank) error { return errors.Join(r.comm.Err(), r.comm.Destroy()) }); err != nil {
		t.Error(err)
	}
}

// The same by one thread, in a group.
func TestGroup(t *testing.T) {
	ranks := join(t, 2)
	if err := ranks[0].Do(func() error {
		err := nccl.GroupStart()
		for _, r := range ranks {
			err = errors.Join(err, r.comm.Broadcast(r.p, 4*count, 1, r.s))
		}
		return errors.Join(err, nccl.GroupEnd())
	}); err != nil {
		t.Fatal(err)
	}
	if err := each(ranks, func(r *rank) error {
		got, err := r.values()
		if err == nil && (got[0] != 1 || got[count-1] != count) {
			err = fmt.Errorf("card %d has %v to %v", r.Index, got[0], got[count-1])
		}
		return errors.Join(err, r.comm.Destroy())
	}); err != nil {
		t.Error(err)
	}
}

// Captured in each card's graph, and launched several times.
func TestGraphs(t *testing.T) {
	ranks := join(t, 2)
	if err := each(ranks, func(r *rank) error {
		if err := errors.Join(r.BeginCapture(r.s), r.comm.AllReduce(r.p, r.p, count, r.s)); err != nil {
			return err
		}
		g, err := r.EndCapture(r.s)
		if err != nil {
			return err
		}
		for range 3 {
			if err := g.Launch(r.s); err != nil {
				return err
			}
		}
		got, err := r.values()
		if err == nil && got[10] != 4*(10+11) {
			err = fmt.Errorf("card %d has %v, want 84", r.Index, got[10])
		}
		return errors.Join(err, g.Destroy(), r.comm.Destroy())
	}); err != nil {
		t.Error(err)
	}
}

// A rank that does not come leaves the others waiting, until they are aborted.
func TestAbort(t *testing.T) {
	ranks := join(t, 2)
	r := ranks[0]
	if err := r.Do(func() error {
		if err := r.comm.AllReduce(r.p, r.p, count, r.s); err != nil {
			return err
		}
		if done, err := r.s.Query(); done || err != nil {
			t.Errorf("the work of one rank of two is done: %t, %v", done, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := each(ranks, func(r *rank) error { return r.comm.Abort() }); err != nil {
		t.Error(err)
	}
	if err := r.Do(func() error { return r.s.Synchronize() }); !errors.Is(err, cuda.ErrCardLost) {
		t.Errorf("after the abort: %v", err)
	}
}

// Ranks that do not call alike.
func TestUnlike(t *testing.T) {
	ranks := join(t, 2)
	if err := each(ranks, func(r *rank) error {
		err := r.comm.AllReduce(r.p, r.p, int64(count-r.Index), r.s)
		if err := r.s.Synchronize(); !errors.Is(err, cuda.ErrCardLost) {
			t.Errorf("card %d: %v", r.Index, err)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if err := ranks[0].comm.Err(); err == nil || err.Error() != "what was given to NCCL of rank 0: invalid usage" {
		t.Errorf("sums of different lengths: %v", err)
	}
}

func TestFaults(t *testing.T) {
	r := join(t, 1)[0]
	var e *nccl.Error
	if err := r.comm.Broadcast(r.p, 4, 7, r.s); !errors.As(err, &e) || e.Rank != 0 || err.Error() != "ncclBroadcast of rank 0: invalid argument" {
		t.Errorf("a copy from a rank that is not there: %v", err)
	}
	if err := r.Do(func() error { return r.comm.AllReduce(r.p, r.p, count+1, r.s) }); err == nil {
		t.Error("no error of a sum past the end of memory")
	}
	if _, err := nccl.Init([]*cuda.Card{r.Card, r.Card}); err == nil {
		t.Error("no error of one card twice")
	}
	if err := r.comm.Destroy(); err != nil {
		t.Error(err)
	}
}
