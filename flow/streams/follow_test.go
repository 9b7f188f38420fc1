package streams

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hpaflow/flow"
)

// The samples that are shown are of one while, oldest first, and none is shown
// after the end. Time is virtual.
func TestFollow(t *testing.T) {
	defer goleak.VerifyNone(t)
	synctest.Test(t, follow)
}

func follow(t *testing.T) {
	g := flow.New(flow.Options{})
	slowly := flow.Filter(flow.FromSlice(g, flow.Stage{Name: "count"}, upTo(60)), flow.Stage{Name: "slow", Workers: 1}, func(int) bool {
		time.Sleep(5 * time.Millisecond)
		return true
	})
	flow.To(slowly, flow.Stage{Name: "sink"}, flow.Discard[int]())
	var shown [][]flow.Stats
	stop := Follow(g.Stats, 20*time.Millisecond, 100*time.Millisecond, func(recent []flow.Stats) {
		shown = append(shown, slices.Clone(recent))
	})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	n := len(shown)
	if n < 13 || n > 16 { // in 300 ms, give or take the ends
		t.Fatalf("shown %d times, want every 20 ms", n)
	}
	for i, recent := range shown {
		if !slices.IsSortedFunc(recent, func(a, b flow.Stats) int { return int(a.Wall - b.Wall) }) {
			t.Error("samples are not in their order")
		}
		span := recent[len(recent)-1].Wall - recent[0].Wall
		if span > 100*time.Millisecond || i > 5 && i < n-1 && span < 60*time.Millisecond {
			t.Errorf("the samples shown as number %d are of %v, want 100ms", i+1, span)
		}
	}
	time.Sleep(50 * time.Millisecond)
	if len(shown) != n {
		t.Error("samples were shown after the end")
	}
}

// Of a run that is over before the first sample is taken nothing is shown.
func TestFollowOfAShortRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := Follow(flow.New(flow.Options{}).Stats, time.Second, time.Minute, func(recent []flow.Stats) {
			t.Errorf("%d samples are shown", len(recent))
		})
		time.Sleep(time.Second / 2)
		stop()
	})
}
