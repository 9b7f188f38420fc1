package flow

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A source that waits for a server is what limits the run, and is not busy.
// One that yields out of its order numbers its records all the same.
func TestASourceThatWaitsIsTheBottleneck(t *testing.T) { synctest.Test(t, sourceWaits) }

// sourceWaits runs in virtual time, which only passes while all sleep.
func sourceWaits(t *testing.T) {
	g := New(Options{OnError: OnErrorSkip})
	numbers := Source(g, Stage{Name: "server"}, func(_ context.Context, out *Emitter[int]) error {
		for i := range 8 {
			done := out.Waiting()
			time.Sleep(20 * time.Millisecond)
			done()
			out.At(int64(7 - i))
			if err := out.Emit("", i); err != nil {
				return err
			}
		}
		return nil
	})
	places := &collector[int]{}
	To(Map(numbers, Stage{Name: "work"}, func(_ context.Context, r Record[int]) (int, error) {
		time.Sleep(2 * time.Millisecond)
		return int(r.Seq), nil
	}), Stage{Name: "sink"}, places)
	To(g.DeadLetters(), Stage{Name: "letters"}, &collector[DeadLetter]{}) // whose source waits all the time
	if err := g.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if want := []int{7, 6, 5, 4, 3, 2, 1, 0}; !slices.Equal(places.got, want) {
		t.Errorf("records are numbered %v, want %v", places.got, want)
	}
	stats := g.Stats()
	if server := stats.Stages[0]; server.Busy != 0 || server.Starved < 8*20*time.Millisecond {
		t.Errorf("the source was busy for %s and waited for %s", server.Busy, server.Starved)
	}
	if b, ok := stats.Bottleneck(); ok {
		t.Errorf("a run of %v has the verdict %+v", stats.Wall, b)
	}
	stats.Wall = verdictAfter
	if b, ok := stats.Bottleneck(); !ok || b.Stage != "server" || !strings.Contains(b.Advice, "waits") {
		t.Errorf("bottleneck %+v, %v", b, ok)
	}
}

// So is a stage whose workers wait for a store: it is not busy, takes no worker from
// one that is, and says how long it waited.
func TestAStageThatWaitsIsTheBottleneck(t *testing.T) { synctest.Test(t, stageWaits) }

func stageWaits(t *testing.T) {
	g := New(Options{Budget: 2})
	numbers := Source(g, Stage{Name: "numbers"}, func(_ context.Context, out *Emitter[int]) error {
		for i := range 400 {
			if err := out.Emit("", i); err != nil {
				return err
			}
		}
		return nil
	})
	fetched := Map(numbers, Stage{Name: "fetch", Workers: 4}, func(ctx context.Context, r Record[int]) (int, error) {
		done := Outside(ctx)
		time.Sleep(40 * time.Millisecond)
		done()
		return r.Value, nil
	})
	got := &collector[int]{}
	To(Map(fetched, Stage{Name: "work"}, func(_ context.Context, r Record[int]) (int, error) {
		time.Sleep(5 * time.Millisecond)
		return r.Value, nil
	}), Stage{Name: "sink"}, got)
	if err := g.Run(context.Background()); err != nil || len(got.got) != 400 {
		t.Fatalf("%d records, %v", len(got.got), err)
	}
	stats := g.Stats()
	fetch, work := stats.Stages[1], stats.Stages[2]
	if fetch.Busy > time.Second || fetch.Outside < 400*40*time.Millisecond || fetch.Outside > fetch.Starved {
		t.Errorf("fetch was busy for %s, and waited outside for %s of %s", fetch.Busy, fetch.Outside, fetch.Starved)
	}
	if work.Outside != 0 {
		t.Errorf("work waited outside for %s", work.Outside)
	}
	if b, ok := stats.Bottleneck(); !ok || b.Stage != "fetch" || !strings.Contains(b.Advice, "store") {
		t.Errorf("bottleneck %+v, %v", b, ok)
	}
}

// However long a server is silent, the flow has not stalled.
func TestWaitingIsNoStall(t *testing.T) { synctest.Test(t, silence) }

func silence(t *testing.T) {
	g := New(Options{})
	one := Source(g, Stage{Name: "server"}, func(_ context.Context, out *Emitter[int]) error {
		done := out.Waiting()
		time.Sleep((stallPatience + 3) * watchEvery)
		done()
		return out.Emit("", 1)
	})
	got := &collector[int]{}
	To(one, Stage{Name: "sink"}, got)
	if err := g.Run(context.Background()); err != nil || len(got.got) != 1 {
		t.Errorf("%v, %v", got.got, err)
	}
}
