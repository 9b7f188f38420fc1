package flow_test

import (
	"context"
	"slices"
	"testing"

	"hpaflow/flow"
)

// Words are found along the way, the nearest first, and on no other way.
func TestTold(t *testing.T) {
	g := flow.New(flow.Options{})
	source := func(name, word string) flow.Out[int] {
		out := flow.Source(g, flow.Stage{Name: name}, func(context.Context, *flow.Emitter[int]) error { return nil })
		out.Tell(word)
		return out
	}
	same := func(_ context.Context, r flow.Record[int]) (int, error) { return r.Value, nil }
	left, right := source("left", "of left"), source("right", "of right")
	once := flow.Map(left, flow.Stage{Name: "once", Workers: 1}, same)
	once.Tell("of once")
	once.Tell(7)
	twice := flow.Map(once, flow.Stage{Name: "twice", Workers: 1}, same)
	both := flow.Process2(twice, right, flow.Stage{Name: "both"},
		func(context.Context, *flow.Reader[int], *flow.Reader[int], *flow.Emitter[int]) error { return nil })
	for _, c := range []struct {
		of   string
		out  flow.Out[int]
		want []string
	}{
		{"left", left, []string{"of left"}},
		{"twice", twice, []string{"of once", "of left"}},
		{"both", both, []string{"of once", "of right", "of left"}},
	} {
		if got := flow.Told[string](c.out); !slices.Equal(got, c.want) {
			t.Errorf("on the way to %s: %q, want %q", c.of, got, c.want)
		}
	}
	if got := flow.Told[int](both); !slices.Equal(got, []int{7}) {
		t.Errorf("numbers: %v", got)
	}
}
