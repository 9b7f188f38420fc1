package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestALoneRecordPassesAtOnce yields a record only when the one before has
// come through three stages: nothing may wait for a run to fill.
func TestALoneRecordPassesAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{})
	arrived := make(chan struct{})
	out := Source(g, Stage{Name: "source"}, func(_ context.Context, out *Emitter[int]) error {
		for i := range 200 {
			if err := out.Emit("", i); err != nil {
				return err
			}
			<-arrived
		}
		return nil
	})
	for i := range 3 {
		out = Map(out, Stage{Name: fmt.Sprint("map", i)}, identity)
	}
	To(out, Stage{Name: "sink"}, &collector[int]{fail: func(Record[int]) error {
		arrived <- struct{}{}
		return nil
	}})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestDearRecordsAreSpared: what was cheap turns dear in the midst of runs that
// are long by then. Two workers have taken all that is dear, and the others
// still get their part of it.
func TestDearRecordsAreSpared(t *testing.T) {
	defer goleak.VerifyNone(t)
	const cheap, dear = 10_000, 2 * runLength
	g := New(Options{})
	var sink collector[int]
	var busy, most atomic.Int64
	To(Map(count(g, cheap+dear), Stage{Name: "map", Workers: 8}, func(_ context.Context, r Record[int]) (int, error) {
		if r.Value >= cheap {
			now := busy.Add(1)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			time.Sleep(10 * time.Millisecond)
			busy.Add(-1)
		}
		return r.Value, nil
	}), Stage{Name: "sink"}, &sink)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sink.got, upTo(cheap+dear)) {
		t.Fatal("items came out of order or went missing")
	}
	if most.Load() < 6 {
		t.Errorf("only %d workers were at dear records at once", most.Load())
	}
}

// TestSmallRecordsCostNoAllocation on the way through Map, values of a fixed
// size and Sized ones alike.
func TestSmallRecordsCostNoAllocation(t *testing.T) {
	const records = 100_000
	g := New(Options{})
	out := Source(g, Stage{Name: "source"}, func(_ context.Context, out *Emitter[int]) error {
		for i := range records {
			if err := out.Emit("", i); err != nil {
				return err
			}
		}
		return nil
	})
	sized := Map(out, Stage{Name: "sized", Workers: 2}, func(_ context.Context, r Record[int]) (block, error) {
		return block{int64(r.Value % 10)}, nil
	})
	ints := Map(sized, Stage{Name: "ints", Workers: 2}, func(_ context.Context, r Record[block]) (int, error) {
		return int(r.Value.size), nil
	})
	n := 0
	To(ints, Stage{Name: "sink"}, counter{&n})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if each := float64(after.Mallocs-before.Mallocs) / records; each > 0.05 || n != records {
		t.Errorf("%.2f allocations a record, %d records", each, n)
	}
}

// counter is a sink that only counts.
type counter struct{ n *int }

func (counter) Open(context.Context) error                 { return nil }
func (s counter) Write(context.Context, Record[int]) error { *s.n++; return nil }
func (counter) Commit(context.Context) error               { return nil }
func (counter) Abort() error                               { return nil }

// TestLargeRecordsTravelAlone: an edge that has room for hundreds of small
// records takes on only as many large ones as its workers need.
func TestLargeRecordsTravelAlone(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{Memory: 1 << 40})
	var made, used atomic.Int64
	large := Map(count(g, 500), Stage{Name: "large", Workers: 2}, func(_ context.Context, r Record[int]) (block, error) {
		made.Add(1)
		return block{1 << 20}, nil
	})
	var worst int64
	To(large, Stage{Name: "sink"}, &collector[block]{fail: func(Record[block]) error {
		time.Sleep(20 * time.Microsecond)
		worst = max(worst, made.Load()-used.Add(1))
		return nil
	}})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most := int64(2 + 2*1 + 2 + 1); worst > most { // the edge's room, and the one at hand
		t.Errorf("%d large records were under way, want %d at most", worst, most)
	}
}

// TestManyStagesAndWorkersEndAtOnce, when they are through and when cancelled.
func TestManyStagesAndWorkersEndAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, size := range []struct{ stages, workers int }{{40, 1}, {4, 64}} {
		for _, cancelled := range []bool{false, true} {
			ctx, cancel := context.WithCancelCause(t.Context())
			enough := errors.New("enough")
			g := New(Options{})
			records := 1000
			if cancelled {
				records = 1 << 40
			}
			out := count(g, records)
			for i := range size.stages {
				out = Map(out, Stage{Name: fmt.Sprint("map", i), Workers: size.workers}, identity)
			}
			var since time.Time
			To(out, Stage{Name: "sink"}, &collector[int]{fail: func(r Record[int]) error {
				if since = time.Now(); cancelled && r.Value == 999 {
					cancel(enough)
				}
				return nil
			}})
			err := g.Run(ctx)
			if took := time.Since(since); took > time.Second {
				t.Errorf("%+v, cancelled %v: the end took %v", size, cancelled, took)
			}
			if cancelled != errors.Is(err, enough) {
				t.Errorf("%+v, cancelled %v: %v", size, cancelled, err)
			}
			cancel(nil)
		}
	}
}

// TestProcessAnswersWhatItRead: what a serial stage emits or fails has the
// number and the epoch of the record it read last, from whichever reader.
func TestProcessAnswersWhatItRead(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := New(Options{OnError: OnErrorSkip})
	twice := Source(g, Stage{Name: "twice"}, func(_ context.Context, out *Emitter[string]) error {
		for range 2 {
			for _, key := range []string{"a", "b"} {
				if err := out.Emit(key, key); err != nil {
					return err
				}
			}
			if err := out.EndEpoch(); err != nil {
				return err
			}
		}
		return nil
	})
	answers := Process2(twice, count(g, 3), Stage{Name: "answer"}, func(ctx context.Context, a *Reader[string], b *Reader[int], out *Emitter[string]) error {
		for r, err := range a.Values(ctx) {
			if err != nil {
				return err
			}
			if r.Key == "a" {
				err = out.Emit(r.Key, "answers "+r.Key)
			} else {
				err = out.Fail(r.Key, errors.New("b"))
			}
			if err != nil {
				return err
			}
		}
		for {
			r, err := b.Next(ctx)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err := out.Emit(r.Key, "answers "+r.Key); err != nil {
				return err
			}
		}
	})
	var got []string
	seen := Process(answers, Stage{Name: "see"}, func(ctx context.Context, in *Reader[string], _ *Emitter[int]) error {
		for {
			r, err := in.Next(ctx)
			if err != nil {
				return nil
			}
			got = append(got, fmt.Sprintf("%s %d/%d %v", r.Key, r.Epoch, r.Seq, r.Dead != nil))
		}
	})
	To(seen, Stage{Name: "sink"}, &collector[int]{})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"a 0/0 false", "b 0/1 true", "a 1/2 false", "b 1/3 true", "0 0/0 false", "1 0/1 false", "2 0/2 false"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// BenchmarkLoneRecord is how long a record takes through three idle stages.
func BenchmarkLoneRecord(b *testing.B) {
	g := New(Options{})
	arrived := make(chan struct{})
	out := Source(g, Stage{Name: "source"}, func(_ context.Context, out *Emitter[int]) error {
		for b.Loop() {
			if err := out.Emit("", 0); err != nil {
				return err
			}
			<-arrived
		}
		return nil
	})
	for i := range 3 {
		out = Map(out, Stage{Name: fmt.Sprint("map", i)}, identity)
	}
	To(out, Stage{Name: "sink"}, &collector[int]{fail: func(Record[int]) error {
		arrived <- struct{}{}
		return nil
	}})
	if err := g.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
}
