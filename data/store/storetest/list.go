package storetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"hpaflow/data/store"
)

func list(t *testing.T, s store.Store, _ Options) {
	if all := keys(t, s, store.ListOptions{}); len(all) != 0 {
		t.Errorf("an empty place has %v", all)
	}
	for _, key := range []string{"a", "ab", "b/a", "b/c/d", "b/c/e", "bc"} {
		put(t, s, key, []byte(key))
	}
	for _, c := range []struct {
		o    store.ListOptions
		want []string
	}{
		{store.ListOptions{}, []string{"a", "ab", "b/a", "b/c/d", "b/c/e", "bc"}},
		{store.ListOptions{Folder: true}, []string{"a", "ab", "b/", "bc"}},
		{store.ListOptions{Prefix: "a"}, []string{"a", "ab"}},
		{store.ListOptions{Prefix: "b"}, []string{"b/a", "b/c/d", "b/c/e", "bc"}},
		{store.ListOptions{Prefix: "b", Folder: true}, []string{"b/", "bc"}},
		{store.ListOptions{Prefix: "b/"}, []string{"b/a", "b/c/d", "b/c/e"}},
		{store.ListOptions{Prefix: "b/", Folder: true}, []string{"b/a", "b/c/"}},
		{store.ListOptions{Prefix: "b/c/d"}, []string{"b/c/d"}},
		{store.ListOptions{Prefix: "none/"}, nil},
		{store.ListOptions{Prefix: "a/"}, nil},
	} {
		all := keys(t, s, c.o)
		if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, c.want) {
			t.Errorf("list %+v: %q, not %q", c.o, got, c.want)
		}
		for key, size := range all {
			if key[len(key)-1] != '/' && size != int64(len(key)) {
				t.Errorf("list %+v: %s has %d bytes", c.o, key, size)
			}
		}
	}
	for object, err := range s.List(t.Context(), store.ListOptions{Prefix: "b/a"}) {
		there, err2 := s.Stat(t.Context(), object.Key)
		if err != nil || err2 != nil || object.Version == "" || object.Version != there.Version {
			t.Errorf("listed as %+v, %v; stat says %+v, %v", object, err, there, err2)
		}
	}
	for range s.List(t.Context(), store.ListOptions{}) {
		break // who has seen enough may go
	}
}

// many: a listing of several pages has every object once.
func many(t *testing.T, s store.Store, o Options) {
	var all sync.WaitGroup
	next := make(chan int)
	for range 16 {
		all.Go(func() {
			for i := range next {
				if _, err := store.Put(t.Context(), s, fmt.Sprintf("m/%06d", i), nil, store.CreateOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range o.Many {
		next <- i
	}
	close(next)
	all.Wait()
	for _, folder := range []bool{false, true} {
		if got := len(keys(t, s, store.ListOptions{Prefix: "m/", Folder: folder})); got != o.Many {
			t.Errorf("%d of %d are listed", got, o.Many)
		}
	}
}

// odd are keys that a URL must not be made of by mere joining.
var odd = []string{"with space", "plus+and&", "per%20cent", "quest?ion", "hash#", "ümlaut/日本", "a=b;c", "~-_.!*'()", ".run/units/plan-0.json", "@:,$"}

func oddKeys(t *testing.T, s store.Store, _ Options) {
	for _, key := range odd {
		put(t, s, key, []byte(key))
	}
	for _, key := range odd {
		if got := string(get(t, s, key)); got != key {
			t.Errorf("%q has %q", key, got)
		}
	}
	got, want := slices.Sorted(maps.Keys(keys(t, s, store.ListOptions{}))), slices.Sorted(slices.Values(odd))
	if !slices.Equal(got, want) {
		t.Errorf("listed: %q\n   not: %q", got, want)
	}
	for _, key := range odd {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	nothing(t, s, odd[0])
}

// badKeys: what would lead out of a folder is refused by all stores.
func badKeys(t *testing.T, s store.Store, _ Options) {
	for _, key := range []string{"../a", "a/../b", "a//b", "/a", "a/", "./a", "a\x00b"} {
		if _, err := store.Put(t.Context(), s, key, []byte("x"), store.CreateOptions{}); err == nil {
			t.Errorf("%q was made", key)
		}
	}
	nothing(t, s, "a")
}

func below(t *testing.T, s store.Store, _ Options) {
	put(t, s, "d/e/f", []byte("f"))
	put(t, s, "de", []byte("de"))
	b := store.Below(store.Below(s, "d"), "e/")
	if got := string(get(t, b, "f")); got != "f" {
		t.Errorf("below has %q", got)
	}
	if o := put(t, b, "g", []byte("g")); o.Key != "g" {
		t.Errorf("below made %+v", o)
	}
	if got := slices.Sorted(maps.Keys(keys(t, store.Below(s, "d"), store.ListOptions{}))); !slices.Equal(got, []string{"e/f", "e/g"}) {
		t.Errorf("below has %q", got)
	}
	if o, err := store.Below(s, "d/e/g").Stat(t.Context(), ""); err != nil || o.Size != 1 {
		t.Errorf("the empty key is %+v, %v", o, err)
	}
	if err := b.Delete(t.Context(), "g"); err != nil || b.URL("f") != s.URL("d/e/f") {
		t.Errorf("delete below: %v; %s and %s", err, b.URL("f"), s.URL("d/e/f"))
	}
}
