package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hpaflow/data/store"
)

const lasts = time.Minute

func take(t *testing.T, s store.Store, owner string) (context.Context, *store.Hold, error) {
	t.Helper()
	return store.Take(t.Context(), s, ".run/hold/", owner, lasts)
}

// One has the place, as long as it lives, and the next one when it gives it back.
func TestHold(t *testing.T) { synctest.Test(t, testHold) }

func testHold(t *testing.T) {
	s := store.Folder(t.TempDir())
	for i := range 3 {
		held, h, err := take(t, s, "a")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * lasts) // it is renewed
		_, _, err = take(t, s, "b")
		var by *store.HeldError
		if !errors.As(err, &by) || by.Owner != "a" || !strings.Contains(err.Error(), "another run is writing to") {
			t.Errorf("%d: taken twice: %v", i, err)
		}
		if held.Err() != nil {
			t.Errorf("%d: %v", i, context.Cause(held))
		}
		if err := h.Release(t.Context()); err != nil {
			t.Error(err)
		}
	}
	n := 0
	for _, err := range s.List(t.Context(), store.ListOptions{}) {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("%d objects are left", n)
	}
}

// deaf is a store that can be cut off.
type deaf struct {
	store.Store
	off atomic.Bool
}

func (d *deaf) Stat(ctx context.Context, key string) (store.Object, error) {
	if d.off.Load() {
		return store.Object{}, errors.New("the network is down")
	}
	return d.Store.Stat(ctx, key)
}

// A hold that is not renewed is taken over by one of many, and its owner learns that
// it has lost it, before that.
func TestHoldIsTakenOver(t *testing.T) { synctest.Test(t, testHoldIsTakenOver) }

func testHoldIsTakenOver(t *testing.T) {
	s := store.Folder(t.TempDir())
	cut := &deaf{Store: s}
	held, first, err := take(t, cut, "first")
	if err != nil {
		t.Fatal(err)
	}
	cut.off.Store(true)
	var won, lostBefore atomic.Int32
	var winner atomic.Pointer[store.Hold]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for begin := time.Now(); time.Since(begin) < 6*lasts; time.Sleep(lasts / 10) {
				_, h, err := take(t, s, "next")
				var by *store.HeldError
				if err == nil {
					won.Add(1)
					winner.Store(h)
					if held.Err() != nil {
						lostBefore.Add(1)
					}
				} else if !errors.As(err, &by) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lostBefore.Load() != 1 || !strings.Contains(context.Cause(held).Error(), "no longer has the place") {
		t.Errorf("%d took it over, %d after its owner knew: %v", won.Load(), lostBefore.Load(), context.Cause(held))
	}
	cut.off.Store(false)
	if err := first.Release(t.Context()); err != nil { // of a number that is past
		t.Error(err)
	}
	if _, _, err := take(t, s, "late"); err == nil {
		t.Error("what the former owner gave back was not its own any more")
	}
	if err := winner.Load().Release(t.Context()); err != nil {
		t.Error(err)
	}
}
