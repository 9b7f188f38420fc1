package parts

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestDivide(t *testing.T) {
	large, heavy := Step{Values: cached}, Step{Values: 1 << 10, Weights: 4 << 20}
	joint := Step{Values: 1 << 10, Weights: 4 << 20, Joint: true}
	for _, c := range []struct {
		name           string
		steps          []Step
		batch, threads int
		want           []Part
	}{
		{"few samples of large results", []Step{large, large}, 8, 2, []Part{{0, 2, 1, true}}},
		{"many of many weights", []Step{heavy, heavy}, 8, 2, []Part{{0, 2, 4, true}}},
		{"both", []Step{large, large, heavy}, 8, 2, []Part{{0, 2, 1, true}, {2, 3, 4, true}}},
		{"not worth a wait", []Step{large, large, {Values: cached / 4, Weights: 1 << 10}, large}, 8, 2, []Part{{0, 4, 1, true}}},
		{"joint", []Step{large, joint, joint, large}, 8, 2, []Part{{0, 1, 1, true}, {1, 3, 8, false}, {3, 4, 1, true}}},
		{"one thread", []Step{heavy}, 8, 1, []Part{{0, 1, 8, true}}},
		{"more threads than samples", []Step{large, heavy}, 2, 16, []Part{{0, 2, 1, true}}},
		{"nothing", nil, 8, 2, nil},
	} {
		if got := Divide(c.steps, c.batch, c.threads); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Whatever the steps: parts follow each other, and joint steps take all samples. No
// other samples for all steps cost less than those that were chosen for each.
func TestDivideCostsLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Step {
			return Step{rapid.IntRange(1, 8*cached).Draw(t, "values"), rapid.IntRange(0, 8<<20).Draw(t, "weights"), rapid.Bool().Draw(t, "joint")}
		})).Draw(t, "steps")
		batch, threads := rapid.IntRange(1, 32).Draw(t, "batch"), rapid.IntRange(1, 8).Draw(t, "threads")
		parts, next, cost := Divide(steps, batch, threads), 0, 0
		share := ceil(batch, threads)
		for n, p := range parts {
			if p.First != next || p.End <= p.First || p.Samples < 1 || p.Alone && p.Samples > share || !p.Alone && p.Samples != batch {
				t.Fatalf("part %d of %v", n, parts)
			}
			for _, s := range steps[p.First:p.End] {
				if s.Joint == p.Alone {
					t.Fatalf("part %d of %v has a step that is joint: %v", n, parts, s.Joint)
				}
				cost += s.cost(p.Samples, share)
			}
			next = p.End
		}
		if next != len(steps) {
			t.Fatalf("%v of %d steps", parts, len(steps))
		}
		for samples := 1; samples <= share; samples *= 2 {
			same := 0
			for _, s := range steps {
				same += s.cost(samples, share)
			}
			if same < cost {
				t.Fatalf("%v costs %d, %d samples for all %d", parts, cost, samples, same)
			}
		}
	})
}
