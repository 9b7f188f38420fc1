package streams

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	stock "github.com/reugn/go-streams/flow"
	"go.uber.org/goleak"

	"hpaflow/flow"
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

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func identity(_ context.Context, r flow.Record[int]) (int, error) { return r.Value, nil }

// TestStockOperatorsInAGraph runs go-streams' channel source, Map and Filter
// between stages of ours.
func TestStockOperatorsInAGraph(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := flow.New(flow.Options{})
	src := From[int](g, flow.Stage{Name: "chan"}, extension.NewChanSource(numbers(1000)), nil)
	doubled := Through[int, int](src, flow.Stage{Name: "stock map"}, stock.NewMap(func(i int) int { return 2 * i }, 1),
		func(i int) string { return fmt.Sprint("n", i) })
	ours := flow.Map(doubled, flow.Stage{Name: "ours", Workers: 3}, identity)
	even := Through[int, int](ours, flow.Stage{Name: "stock filter"}, stock.NewFilter(func(i int) bool { return i%4 == 0 }, 1), nil)
	var got []int
	var seen []string
	keys := flow.SinkFunc[int](func(_ context.Context, r flow.Record[int]) error { seen = append(seen, r.Key); return nil })
	flow.To(doubled, flow.Stage{Name: "keys"}, keys)
	flow.Collect(even, flow.Stage{Name: "sink"}, &got)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want []int
	for i := range 500 {
		want = append(want, 4*i)
	}
	if !slices.Equal(got, want) || seen[999] != "n1998" {
		t.Fatalf("got %d values, last key %q", len(got), seen[len(seen)-1])
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
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	src := From[int](g, flow.Stage{Name: "chan"}, extension.NewChanSource(in), nil)
	out := Through[int, int](src, flow.Stage{Name: "map"}, stock.NewMap(func(i int) int { return i }, 1), nil)
	var values []int
	flow.Collect(out, flow.Stage{Name: "sink"}, &values)
	var dead []flow.DeadLetter
	flow.Collect(g.DeadLetters(), flow.Stage{Name: "dead"}, &dead)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(values, []int{1, 4}) || len(dead) != 2 {
		t.Fatalf("got %v, dead %v", values, dead)
	}
	if got := dead[0].String() + "; " + dead[1].String(); got !=
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
	g := flow.New(flow.Options{})
	lines := From[string](g, flow.Stage{Name: "file"}, extension.NewFileSource(path), nil)
	through := Through[string, string](lines, flow.Stage{Name: "map"}, stock.NewMap(strings.TrimSpace, 2), nil)
	n := 0
	flow.ForEach(through, flow.Stage{Name: "sink"}, func(string) error {
		if n++; n == 100 {
			cancel(cause)
		}
		return nil
	})
	if err := g.Run(ctx); !errors.Is(err, cause) {
		t.Fatalf("run returned %v", err)
	}
}

// TestGraphAmongStreams runs a graph of ours between go-streams' own
// components, and one that fails there.
func TestGraphAmongStreams(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, failAt := range []int{-1, 500} {
		square := AsFlow(t.Context(), flow.Options{}, func(in flow.Out[int]) flow.Out[int] {
			return flow.Map(in, flow.Stage{Name: "square", Workers: 4}, func(_ context.Context, r flow.Record[int]) (int, error) {
				if r.Value == failAt {
					return 0, errors.New("cannot")
				}
				return r.Value * r.Value, nil
			})
		})
		out := make(chan any)
		go extension.NewChanSource(numbers(1000)).Via(square).To(extension.NewChanSink(out))
		var got []int
		for v := range out {
			got = append(got, v.(int))
		}
		err := square.Err()
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
	source := AsSource(t.Context(), flow.Options{}, func(g *flow.Graph) flow.Out[int] {
		return flow.FromSlice(g, flow.Stage{Name: "count"}, upTo(100))
	})
	var got []int
	end := AsSink(t.Context(), flow.Options{}, func(in flow.Out[int]) { flow.Collect(in, flow.Stage{Name: "sink"}, &got) })
	source.Via(stock.NewPassThrough()).To(end)
	if err := errors.Join(source.Err(), end.Err()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, upTo(100)) {
		t.Fatalf("got %v", got)
	}
}

func TestTo(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := flow.New(flow.Options{})
	out := make(chan any, 100)
	counted := flow.FromSlice(g, flow.Stage{Name: "count"}, upTo(100))
	To(flow.Map(counted, flow.Stage{Name: "map"}, identity), flow.Stage{Name: "sink"}, extension.NewChanSink(out))
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

// A component that ends before its input does ends the stage, not the run: what
// comes after it gets what there was, and nothing waits for ever.
func TestThroughEndsEarly(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := flow.New(flow.Options{})
	counted := flow.FromSlice(g, flow.Stage{Name: "count"}, upTo(100_000))
	var got []int
	flow.Collect(Through[int, int](counted, flow.Stage{Name: "first"}, newFirst(10), nil), flow.Stage{Name: "sink"}, &got)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, upTo(10)) {
		t.Fatalf("got %v", got)
	}
}

// first is a go-streams flow that passes on n values and then reads no more.
type first struct {
	streams.Flow
	in, out chan any
}

func newFirst(n int) *first {
	f := &first{in: make(chan any), out: make(chan any)}
	go func() {
		defer close(f.out)
		for range n {
			f.out <- <-f.in
		}
	}()
	return f
}

func (f *first) In() chan<- any  { return f.in }
func (f *first) Out() <-chan any { return f.out }

// What comes out of a component belongs to the epoch of what went in.
func TestThroughKeepsTheEpoch(t *testing.T) {
	defer goleak.VerifyNone(t)
	synctest.Test(t, keepsTheEpoch) // where a sleep lasts until all else waits
}

func keepsTheEpoch(t *testing.T) {
	g := flow.New(flow.Options{})
	passes := flow.Source(g, flow.Stage{Name: "passes"}, func(_ context.Context, out *flow.Emitter[int]) error {
		for range 3 {
			if err := errors.Join(out.Emit("a", out.Epoch()), out.EndEpoch()); err != nil {
				return err
			}
			time.Sleep(20 * time.Millisecond) // the operator has no marks: it is to be empty when the next pass begins
		}
		return nil
	})
	through := Through[int, int](passes, flow.Stage{Name: "map"}, stock.NewMap(func(i int) int { return i }, 1), nil)
	values := 0
	flow.To(through, flow.Stage{Name: "sink"}, flow.SinkFunc[int](func(_ context.Context, r flow.Record[int]) error {
		if values++; r.Epoch != r.Value {
			t.Errorf("a value of epoch %d has epoch %d", r.Value, r.Epoch)
		}
		return nil
	}))
	if err := g.Run(t.Context()); err != nil || values != 3 {
		t.Fatalf("%d values, error %v", values, err)
	}
}

// An embedded graph that has failed takes what the stream before it still sends,
// and ends with its context when that stream does not.
func TestAFailedGraphDoesNotWaitForEver(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := AsSink(ctx, flow.Options{}, func(in flow.Out[int]) {
		flow.ForEach(in, flow.Stage{Name: "fails"}, func(int) error { return errors.New("no") })
	})
	s.In() <- 0
	if err := s.Err(); err == nil {
		t.Fatal("did not fail")
	}
	for i := range 100 { // In is never closed
		s.In() <- i
	}
	cancel()
	time.Sleep(drainPatience + 100*time.Millisecond) // goleak waits for less
}
