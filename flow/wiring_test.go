package flow_test

import (
	"context"
	"strings"
	"testing"

	"hpaflow/flow"
)

// What cannot be wired is told in words: by Run, or where there is none to tell
// it, by a panic at the call.
func TestMiswired(t *testing.T) {
	numbers := func(g *flow.Graph, name string) flow.Out[int] {
		return flow.FromSlice(g, flow.Stage{Name: name}, []int{1, 2, 3})
	}
	same := func(_ context.Context, r flow.Record[int]) (int, error) { return r.Value, nil }
	panics := func(want string, call func()) {
		t.Helper()
		defer func() {
			if got, _ := recover().(string); got != want {
				t.Errorf("panics with %q, want %q", got, want)
			}
		}()
		call()
	}

	a, b := flow.New(flow.Options{}), flow.New(flow.Options{})
	both := flow.Process2(numbers(a, "here"), numbers(b, "there"), flow.Stage{Name: "join"},
		func(context.Context, *flow.Reader[int], *flow.Reader[int], *flow.Emitter[int]) error { return nil })
	flow.To(both, flow.Stage{Name: "end"}, flow.Discard[int]())
	for _, g := range []*flow.Graph{a, b} {
		if err := g.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `op "join" reads from two graphs`) {
			t.Errorf("joined graphs end with %v", err)
		}
	}

	const zero = `flow: stage "x" is to read a zero Out, which is no stage's output`
	x := flow.Stage{Name: "x"}
	panics(zero, func() { flow.Map(flow.Out[int]{}, x, same) })
	panics(zero, func() { flow.To(flow.Out[int]{}, x, flow.Discard[int]()) })
	panics(zero, func() { flow.Filter(flow.Out[int]{}, x, func(int) bool { return true }) })
	panics(zero, func() {
		flow.Process(flow.Out[int]{}, x, func(context.Context, *flow.Reader[int], *flow.Emitter[int]) error { return nil })
	})
	panics(zero, func() {
		flow.Process2(numbers(flow.New(flow.Options{}), "n"), flow.Out[int]{}, x,
			func(context.Context, *flow.Reader[int], *flow.Reader[int], *flow.Emitter[int]) error { return nil })
	})
	panics(`flow: stage "x" is added to no graph`, func() { numbers(nil, "x") })

	g := flow.New(flow.Options{})
	n := numbers(g, "n")
	flow.To(n, flow.Stage{Name: "end"}, flow.Discard[int]())
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	const late = `flow: stage "x" is added to a graph that runs, or has run`
	panics(late, func() { flow.Map(n, x, same) })
	panics(late, func() { numbers(g, "x") })
	if err := g.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "a graph runs once") {
		t.Errorf("the second Run ends with %v", err)
	}
}
