package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// block is a value that claims to hold memory.
type block struct{ size int64 }

func (b block) Bytes() int64 { return b.size }

func blocks(g *Graph, n int, size int64) Out[block] {
	return Source(g, Stage{Name: "blocks"}, func(_ context.Context, out *Emitter[block]) error {
		for i := range n {
			if err := out.Emit(fmt.Sprint(i), block{size}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestMemoryStaysBounded(t *testing.T) {
	defer goleak.VerifyNone(t)
	const limit, size, stages = 10 << 20, 1 << 20, 3
	g := New(Options{Memory: limit})
	out := blocks(g, 300, size)
	for i := range stages {
		out = Map(out, Stage{Name: fmt.Sprint("map", i), Workers: 8}, func(_ context.Context, r Record[block]) (block, error) {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
			return r.Value, nil
		})
	}
	var sink collector[block]
	To(out, Stage{Name: "sink"}, &sink)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := g.Stats()
	if most := int64(limit + (stages+1)*(size+smallValue)); s.MemoryPeak > most {
		t.Errorf("%d bytes were in flight, limit %d and a record a stage make %d", s.MemoryPeak, limit, most)
	}
	if s.MemoryPeak < limit/2 {
		t.Errorf("only %d bytes were in flight of %d allowed", s.MemoryPeak, limit)
	}
	if s.Memory != 0 {
		t.Errorf("%d bytes are still booked after the run", s.Memory)
	}
	if len(sink.got) != 300 {
		t.Errorf("%d of 300 came out", len(sink.got))
	}
}

// TestRecordLargerThanTheBoundPasses: no memory bound can stop a flow.
func TestRecordLargerThanTheBoundPasses(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{Memory: 1})
	out := blocks(g, 50, 1<<30)
	for i := range 3 {
		out = Map(out, Stage{Name: fmt.Sprint("map", i), Workers: 4},
			func(_ context.Context, r Record[block]) (block, error) { return r.Value, nil })
	}
	var sink collector[block]
	To(out, Stage{Name: "sink"}, &sink)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(sink.got) != 50 {
		t.Fatalf("%d of 50 came out", len(sink.got))
	}
}

func TestQueuesAreBoundedInRecords(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	var made, used atomic.Int64
	src := Source(g, Stage{Name: "src"}, func(_ context.Context, out *Emitter[int]) error {
		for i := range 200 {
			made.Add(1)
			if err := out.Emit("k", i); err != nil {
				return err
			}
		}
		return nil
	})
	mapped := Map(src, Stage{Name: "map", Workers: 2, Queue: 4}, identity)
	var worst int64
	To(mapped, Stage{Name: "sink", Queue: 4}, &collector[int]{fail: func(Record[int]) error {
		time.Sleep(100 * time.Microsecond)
		worst = max(worst, made.Load()-used.Add(1))
		return nil
	}})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if worst > 4+4+2 { // both queues, the one at hand and the one being made
		t.Fatalf("the source was %d records ahead of the sink", worst)
	}
}

// TestForkGivesEveryReaderEverything also checks that a reader may leave early.
func TestForkGivesEveryReaderEverything(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	src := Map(count(g, 1000), Stage{Name: "map", Workers: 3}, identity)
	var all collector[int]
	To(src, Stage{Name: "all"}, &all)
	first := Process(src, Stage{Name: "first"}, func(ctx context.Context, in *Reader[int], out *Emitter[int]) error {
		for range 10 {
			r, err := in.Next(ctx)
			if err != nil {
				return err
			}
			if err := out.Forward(r); err != nil {
				return err
			}
		}
		return nil
	})
	var some collector[int]
	To(first, Stage{Name: "some"}, &some)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(all.got, upTo(1000)) || !slices.Equal(some.got, upTo(10)) {
		t.Fatalf("all got %d, some got %v", len(all.got), some.got)
	}
	if left := g.Stats().Memory; left != 0 {
		t.Errorf("%d bytes are still booked after the run", left)
	}
}

// TestSourceStopsWhenNobodyReads: an endless source ends with its last reader.
func TestSourceStopsWhenNobodyReads(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	take := Process(Map(count(g, 1<<40), Stage{Name: "map", Workers: 2}, identity), Stage{Name: "take"},
		func(ctx context.Context, in *Reader[int], out *Emitter[int]) error {
			r, err := in.Next(ctx)
			if err != nil {
				return err
			}
			return out.Forward(r)
		})
	var sink collector[int]
	To(take, Stage{Name: "sink"}, &sink)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(sink.got) != 1 || sink.committed != 1 {
		t.Fatalf("got %v, committed %d", sink.got, sink.committed)
	}
}

// TestStallIsFound reads one branch of a fork to its end before the other.
func TestStallIsFound(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	src := count(g, 100000)
	left := Map(src, Stage{Name: "left"}, identity)
	right := Map(src, Stage{Name: "right"}, identity)
	joined := Process2(left, right, Stage{Name: "join"},
		func(ctx context.Context, a *Reader[int], b *Reader[int], _ *Emitter[int]) error {
			for _, in := range []*Reader[int]{a, b} {
				for {
					if _, err := in.Next(ctx); err != nil {
						break
					}
				}
			}
			return nil
		})
	To(joined, Stage{Name: "sink"}, &collector[int]{})
	err := g.Run(t.Context())
	if !errors.Is(err, ErrStalled) || !strings.Contains(err.Error(), "right waits for room") {
		t.Fatalf("run returned %v", err)
	}
}

func TestWiringFaultsAreReportedAtOnce(t *testing.T) {
	g := New(Options{OnError: "ignore", Memory: -1})
	count(g, 1)
	half := func(_ context.Context, r Record[int]) (int, error) { return r.Value / 2, nil }
	To(Map(count(g, 1), Stage{Name: "half", Workers: -3, Queue: -1}, half), Stage{Name: "none"}, Discard[int]())
	err := g.Run(t.Context())
	for _, want := range []string{"on_error", "memory", "half: -3 workers", `two stages are called "count"`, "nobody reads the output"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}
