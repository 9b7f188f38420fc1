package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reugn/go-streams/extension"
	stock "github.com/reugn/go-streams/flow"
	"go.uber.org/goleak"
)

// numbers is a channel of 0..n-1, closed after the last.
func numbers(n int) chan any {
	c := make(chan any)
	go func() {
		defer close(c)
		for i := range n {
			c <- i
		}
	}()
	return c
}

// TestStockOperatorsInAGraph runs go-streams' channel source, Map and Filter
// between stages of ours.
func TestStockOperatorsInAGraph(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	src := FromStream[int](g, Stage{Name: "chan"}, extension.NewChanSource(numbers(1000)), nil)
	doubled := Through[int, int](src, Stage{Name: "stock map"}, stock.NewMap(func(i int) int { return 2 * i }, 1),
		func(i int) string { return fmt.Sprint("n", i) })
	ours := Map(doubled, Stage{Name: "ours", Workers: 3}, identity)
	even := Through[int, int](ours, Stage{Name: "stock filter"}, stock.NewFilter(func(i int) bool { return i%4 == 0 }, 1), nil)
	var keys, sink collector[int]
	var seen []string
	keys.fail = func(r Record[int]) error { seen = append(seen, r.Key); return nil }
	To(doubled, Stage{Name: "keys"}, &keys)
	To(even, Stage{Name: "sink"}, &sink)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want []int
	for i := range 500 {
		want = append(want, 4*i)
	}
	if !slices.Equal(sink.got, want) || seen[999] != "n1998" {
		t.Fatalf("got %d values, last key %q", len(sink.got), seen[len(seen)-1])
	}
}

// TestStreamErrorsAreRecordErrors: a value of another type and a value that
// is an error are tombstones, and tombstones pass a stock operator by.
func TestStreamErrorsAreRecordErrors(t *testing.T) {
	defer goleak.VerifyNone(t)
	in := make(chan any, 4)
	in <- 1
	in <- "two"
	in <- errors.New("three is missing")
	in <- 4
	close(in)
	g := New(Options{OnError: OnErrorSkip})
	src := FromStream[int](g, Stage{Name: "chan"}, extension.NewChanSource(in), nil)
	out := Through[int, int](src, Stage{Name: "map"}, stock.NewMap(func(i int) int { return i }, 1), nil)
	var sink collector[int]
	To(out, Stage{Name: "sink"}, &sink)
	var dead collector[DeadLetter]
	To(g.DeadLetters(), Stage{Name: "dead"}, &dead)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sink.got, []int{1, 4}) || len(dead.got) != 2 {
		t.Fatalf("got %v, dead %v", sink.got, dead.got)
	}
	if got := dead.got[0].String() + "; " + dead.got[1].String(); got !=
		"chan: 1: the go-streams component gave a string, want a int; chan: 2: three is missing" {
		t.Fatal(got)
	}
}

// TestCancelFileSource cancels in the middle of go-streams' file source, whose
// goroutines wait for ever when nobody drains them.
func TestCancelFileSource(t *testing.T) {
	defer goleak.VerifyNone(t)
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte(strings.Repeat("line\n", 10000)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	g := New(Options{})
	lines := FromStream[string](g, Stage{Name: "file"}, extension.NewFileSource(path), nil)
	through := Through[string, string](lines, Stage{Name: "map"}, stock.NewMap(strings.TrimSpace, 2), nil)
	n := 0
	To(through, Stage{Name: "sink"}, &collector[string]{fail: func(Record[string]) error {
		if n++; n == 100 {
			cancel(cause)
		}
		return nil
	}})
	if err := g.Run(ctx); !errors.Is(err, cause) {
		t.Fatalf("run returned %v", err)
	}
}

// TestGraphAmongStreams runs a graph of ours between go-streams' own
// components, and one that fails there.
func TestGraphAmongStreams(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, failAt := range []int{-1, 500} {
		flow := AsFlow(t.Context(), Options{}, func(in Out[int]) Out[int] {
			return Map(in, Stage{Name: "square", Workers: 4}, func(_ context.Context, r Record[int]) (int, error) {
				if r.Value == failAt {
					return 0, errors.New("cannot")
				}
				return r.Value * r.Value, nil
			})
		})
		out := make(chan any)
		go extension.NewChanSource(numbers(1000)).Via(flow).To(extension.NewChanSink(out))
		var got []int
		for v := range out {
			got = append(got, v.(int))
		}
		err := flow.Err()
		if failAt < 0 && (err != nil || len(got) != 1000 || got[999] != 999*999) {
			t.Fatalf("%d values, error %v", len(got), err)
		}
		if failAt >= 0 && (err == nil || err.Error() != "square: 500: cannot" || len(got) > 500) {
			t.Fatalf("%d values, error %v", len(got), err)
		}
	}
}

func TestGraphAsStreamSourceAndSink(t *testing.T) {
	defer goleak.VerifyNone(t)
	source := AsSource(t.Context(), Options{}, func(g *Graph) Out[int] { return count(g, 100) })
	var sink collector[int]
	end := AsSink(t.Context(), Options{}, func(in Out[int]) { To(in, Stage{Name: "sink"}, &sink) })
	source.Via(stock.NewPassThrough()).To(end)
	if err := errors.Join(source.Err(), end.Err()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sink.got, upTo(100)) || sink.committed != 1 {
		t.Fatalf("got %v, committed %d", sink.got, sink.committed)
	}
}

func TestToStream(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	out := make(chan any, 100)
	ToStream(Map(count(g, 100), Stage{Name: "map"}, identity), Stage{Name: "sink"}, extension.NewChanSink(out))
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := []int{}
	for v := range out {
		got = append(got, v.(int))
	}
	if !slices.Equal(got, upTo(100)) {
		t.Fatalf("got %v", got)
	}
}
