package search

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"hpaflow/data/augment"
)

// Trial is one training of the search.
type Trial struct {
	Number int         // 0 is the base
	Set    augment.Set // nil for the base
}

// Base is the trial without a policy.
func Base() *Trial { return &Trial{} }

// Draw is a trial with a set drawn from the search space.
func Draw(number int, r *rand.Rand) *Trial { return &Trial{Number: number, Set: augment.Draw(r)} }

// Name is what files and people call the trial: trial_007.
func (t *Trial) Name() string { return fmt.Sprintf("trial_%03d", t.Number) }

// IsBase says that the trial is the base.
func (t *Trial) IsBase() bool { return t.Number == 0 }

// Result is how far a trial has come, and how well.
type Result struct {
	Trial    *Trial
	Epochs   int     // trained so far
	Score    float64 // the run's score, 0..1; the larger the better
	Diverged bool    // its loss was no number: it cannot go on
}

// Rank sorts results, best first: those that were trained longer, since they
// were found worth it, then by score, then in the order of the trials.
// Diverged ones come last.
func Rank(results []Result) []Result {
	ranked := slices.Clone(results)
	slices.SortFunc(ranked, func(a, b Result) int {
		if a.Diverged != b.Diverged {
			if a.Diverged {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.Epochs, a.Epochs), cmp.Compare(b.Score, a.Score), cmp.Compare(a.Trial.Number, b.Trial.Number))
	})
	return ranked
}

// Kept are the best results but for the base, at most so many, best first.
func Kept(results []Result, most int) []Result {
	ranked := slices.DeleteFunc(Rank(results), func(r Result) bool { return r.Trial.IsBase() || r.Diverged })
	return ranked[:min(most, len(ranked))]
}

// Policy joins the sets of results.
func Policy(kept []Result) augment.Policy {
	var p augment.Policy
	for _, r := range kept {
		p = append(p, r.Trial.Set)
	}
	return p
}

// Rungs are the numbers of epochs at which trials are compared, in successive
// halving: the last is epochs, each other one the part 1/eta of the next, rounded
// up, as long as it is at least least. Without halving, eta 0, there is one.
func Rungs(epochs, least, eta int) []int {
	rungs := []int{epochs}
	for eta > 1 {
		next := (rungs[0] + eta - 1) / eta
		if next < least || next >= rungs[0] {
			break
		}
		rungs = append([]int{next}, rungs...)
	}
	return rungs
}

// Survivors are the trials that go on after a rung: the base, and the best part
// 1/eta of the others, rounded up, at least so many; in the order of the trials.
func Survivors(results []Result, eta, least int) []*Trial {
	ranked := slices.DeleteFunc(Rank(results), func(r Result) bool { return r.Diverged })
	others := 0
	for _, r := range results {
		if !r.Trial.IsBase() {
			others++
		}
	}
	room := max(least, (others+eta-1)/eta)
	var list []*Trial
	for _, r := range ranked {
		if !r.Trial.IsBase() {
			if room--; room < 0 {
				continue
			}
		}
		list = append(list, r.Trial)
	}
	slices.SortFunc(list, func(a, b *Trial) int { return cmp.Compare(a.Number, b.Number) })
	return list
}
