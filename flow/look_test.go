package flow

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// Who looks at a stage is shown what it yields, in order, for as long as wanted; those
// who only pass by the stage are not, and nothing else changes.
func TestLook(t *testing.T) {
	g := New(Options{OnError: OnErrorSkip})
	double := Map(FromSlice(g, Stage{Name: "count"}, upTo(100)), Stage{Name: "double", Workers: 1}, func(_ context.Context, r Record[int]) (int, error) {
		if r.Value == 1 {
			return 0, errors.New("not this one")
		}
		return 2 * r.Value, nil
	})
	var out []int
	Collect(double, Stage{Name: "out"}, &out)
	var three, all []int
	g.Look("double", func(_ string, v any) bool { three = append(three, v.(int)); return len(three) < 3 })
	g.Look("double", func(_ string, v any) bool { all = append(all, v.(int)); return true })
	g.Look("nowhere", func(string, any) bool { t.Error("there is no such stage"); return false })
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(three, []int{0, 4, 6}) || !slices.Equal(all, out) || len(out) != 99 {
		t.Errorf("shown %v and %d of %d", three, len(all), len(out))
	}
	if g.Yields("double") != reflect.TypeFor[int]() || g.Yields("out") != nil || g.Yields("nowhere") != nil {
		t.Error("the types of what is yielded are wrong")
	}
}
