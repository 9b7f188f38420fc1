package storetest

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"

	"hpaflow/data/store"
)

func ifAbsent(t *testing.T, s store.Store, o Options) {
	for _, size := range []int{3, o.Large} {
		first := Body(size, 1)
		if _, err := store.Put(t.Context(), s, "k", first, store.CreateOptions{IfAbsent: true}); err != nil {
			t.Fatal(err)
		}
		for _, body := range [][]byte{first, Body(size, 2)} {
			if _, err := store.Put(t.Context(), s, "k", body, store.CreateOptions{IfAbsent: true}); !errors.Is(err, store.ErrExist) {
				t.Errorf("%d bytes, a second time: %v", size, err)
			}
		}
		if !bytes.Equal(get(t, s, "k"), first) {
			t.Errorf("%d bytes: what was there was replaced", size)
		}
		if made, err := store.Publish(t.Context(), s, "k", first); made || err != nil {
			t.Errorf("publishing the same bytes: made %t, %v", made, err)
		}
		if made, err := store.Publish(t.Context(), s, "k", Body(size, 2)); made || !errors.Is(err, store.ErrExist) {
			t.Errorf("publishing other bytes: made %t, %v", made, err)
		}
		if all := keys(t, s, store.ListOptions{}); len(all) != 1 {
			t.Errorf("there is %v", all)
		}
		if err := s.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.CheckIfAbsent(t.Context(), s, "check/"); err != nil {
		t.Error(err)
	}
	nothing(t, s, "k")
}

// race: of many that make an object at once where none is, one does.
func race(t *testing.T, s store.Store, o Options) {
	const racers = 16
	for _, size := range []int{100, o.Large} {
		if size > 100 && size*racers > 256<<20 {
			size = 256 << 20 / racers
		}
		var mu sync.Mutex
		var won []int
		var all, begin sync.WaitGroup
		begin.Add(racers)
		for i := range racers {
			all.Go(func() {
				w, err := s.Create(t.Context(), "k", store.CreateOptions{IfAbsent: true})
				if err == nil {
					_, err = w.Write(Body(size, uint64(100+i)))
				}
				begin.Done()
				if err != nil {
					t.Error(err)
					return
				}
				begin.Wait()
				switch _, err = w.Commit(); {
				case err == nil:
					mu.Lock()
					won = append(won, i)
					mu.Unlock()
				case !errors.Is(err, store.ErrExist):
					t.Errorf("racer %d: %v", i, err)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Fatalf("%d bytes: %d of %d racers made the object: %v", size, len(won), racers, won)
		}
		if !bytes.Equal(get(t, s, "k"), Body(size, uint64(100+won[0]))) {
			t.Error("it holds other bytes than those of the one who made it")
		}
		if all := keys(t, s, store.ListOptions{}); len(all) != 1 {
			t.Errorf("the racers left %v", all)
		}
		if err := s.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
	}
	// without the condition all do, and one is the last
	var all sync.WaitGroup
	bodies := [][]byte{Body(5000, 1), Body(6000, 2), Body(7000, 3)}
	for _, body := range bodies {
		all.Go(func() {
			if _, err := store.Put(t.Context(), s, "k", body, store.CreateOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	is := get(t, s, "k")
	if !slices.ContainsFunc(bodies, func(b []byte) bool { return bytes.Equal(b, is) }) {
		t.Error("writers at once made a mixture")
	}
}
