package search

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func results(scores ...float64) []Result {
	r := rand.New(rand.NewPCG(1, 2))
	var list []Result
	for i, s := range scores {
		t := Base()
		if i > 0 {
			t = Draw(i, r)
		}
		list = append(list, Result{Trial: t, Epochs: 4, Score: s})
	}
	return list
}

func numbers[T any](list []T, number func(T) int) []int {
	var out []int
	for _, v := range list {
		out = append(out, number(v))
	}
	return out
}

func ofResult(r Result) int { return r.Trial.Number }
func ofTrial(t *Trial) int  { return t.Number }

func TestKeptAreTheBest(t *testing.T) {
	all := results(.9, .1, .5, .5, .7, .8)
	all[4].Epochs = 2      // it was stopped early
	all[5].Diverged = true // and this one has no score
	if got := numbers(Rank(all), ofResult); !slices.Equal(got, []int{0, 2, 3, 1, 4, 5}) {
		t.Errorf("ranked %v", got)
	}
	if got := numbers(Kept(all, 3), ofResult); !slices.Equal(got, []int{2, 3, 1}) {
		t.Errorf("kept %v", got)
	}
	if got := Kept(all[:1], 5); len(got) != 0 {
		t.Errorf("the base alone: kept %v", got)
	}
	p := Policy(Kept(all, 3))
	if err := p.Validate(); err != nil || len(p) != 3 || len(p.Pairs()) != 15 {
		t.Errorf("a policy of %d sets, %v", len(p), err)
	}
}

func TestHalving(t *testing.T) {
	for _, c := range []struct {
		epochs, least, eta int
		want               []int
	}{
		{60, 5, 0, []int{60}}, {60, 5, 3, []int{7, 20, 60}}, {60, 1, 2, []int{1, 2, 4, 8, 15, 30, 60}}, {3, 5, 2, []int{3}}, {1, 1, 2, []int{1}},
	} {
		if got := Rungs(c.epochs, c.least, c.eta); !slices.Equal(got, c.want) {
			t.Errorf("rungs of %d epochs, at least %d, eta %d: %v, want %v", c.epochs, c.least, c.eta, got, c.want)
		}
	}
	all := results(.01, .1, .5, .5, .7, .8, .2)
	for _, c := range []struct {
		eta, least int
		want       []int
	}{{2, 1, []int{0, 4, 5, 2}}, {6, 1, []int{0, 5}}, {6, 4, []int{0, 2, 3, 4, 5}}} {
		slices.Sort(c.want)
		if got := numbers(Survivors(all, c.eta, c.least), ofTrial); !slices.Equal(got, c.want) {
			t.Errorf("eta %d, at least %d: %v go on, want %v", c.eta, c.least, got, c.want)
		}
	}
}

// Table, ranking and survivors follow from the results, not from their order.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := results(rapid.SliceOfN(rapid.SampledFrom([]float64{0, .25, .5}), 1, 9).Draw(t, "scores")...)
		other := slices.Clone(all)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		var a, b bytes.Buffer
		if err := WriteTable(&a, all, 2); err != nil {
			t.Fatal(err)
		}
		if err := WriteTable(&b, other, 2); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() || fmt.Sprint(numbers(Survivors(all, 2, 1), ofTrial)) != fmt.Sprint(numbers(Survivors(other, 2, 1), ofTrial)) {
			t.Fatalf("%s\nand\n%s", a.String(), b.String())
		}
		if n := strings.Count(a.String(), ",kept,"); n != min(2, len(all)-1) {
			t.Fatalf("%d are kept:\n%s", n, a.String())
		}
	})
}
