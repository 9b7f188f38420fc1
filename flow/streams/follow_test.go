package streams

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hpaflow/flow"
)

// The samples that are shown are of one while, oldest first, and none is shown
// after the end.
func TestFollow(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := flow.New(flow.Options{})
	slowly := flow.Filter(flow.FromSlice(g, flow.Stage{Name: "count"}, upTo(60)), flow.Stage{Name: "slow"}, func(int) bool {
		time.Sleep(5 * time.Millisecond)
		return true
	})
	flow.To(slowly, flow.Stage{Name: "sink"}, flow.Discard[int]())
	var shown [][]flow.Stats
	stop := Follow(g, 20*time.Millisecond, 100*time.Millisecond, func(recent []flow.Stats) {
		shown = append(shown, slices.Clone(recent))
	})
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	n := len(shown)
	if n == 0 {
		t.Fatal("nothing was shown")
	}
	for _, recent := range shown {
		if !slices.IsSortedFunc(recent, func(a, b flow.Stats) int { return int(a.Wall - b.Wall) }) {
			t.Error("samples are not in their order")
		}
		if span := recent[len(recent)-1].Wall - recent[0].Wall; span > time.Second {
			t.Errorf("samples of %v, want those of 100ms or little more", span)
		}
	}
	time.Sleep(50 * time.Millisecond)
	if len(shown) != n {
		t.Error("samples were shown after the end")
	}
}
