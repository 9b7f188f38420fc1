package cells

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
)

func countLabels(list []Planned, set string) (counts [28]int, n int) {
	for _, s := range list {
		if s.Set == set {
			n++
			for _, l := range s.Labels.Numbers() {
				counts[l]++
			}
		}
	}
	return counts, n
}

// Whatever is asked for is there: samples, the least of each label, copies of
// earlier samples alone; and Ids are of their set's form, and each stands once.
func TestPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := PlanOptions{
			Seed: rapid.Uint64Range(0, 1<<20).Draw(t, "seed"), Train: rapid.IntRange(1, 400).Draw(t, "train"),
			External: rapid.IntRange(0, 60).Draw(t, "external"), Test: rapid.IntRange(0, 60).Draw(t, "test"),
			Imbalance: rapid.Float64Range(0, 1).Draw(t, "imbalance"), Least: rapid.IntRange(0, 9).Draw(t, "least"),
			Duplicates: rapid.Float64Range(0, 1).Draw(t, "duplicates"), Leaks: rapid.Float64Range(0, 1).Draw(t, "leaks"),
		}
		list, err := Plan(o)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Plan(o)
		if !slices.Equal(list, again) {
			t.Fatal("the same options gave other samples")
		}
		seen, bySeed := map[string]Planned{}, map[uint64]string{}
		for _, s := range list {
			if _, twice := seen[s.ID]; twice || data.CheckID(s.ID) != nil || s.Labels == 0 {
				t.Fatalf("%+v", s)
			}
			if source := data.SourceOf(s.ID); (source == "external") != (s.Set == External) || source == "" {
				t.Fatalf("%s of the %s set is %s", s.ID, s.Set, source)
			}
			of, known := seen[s.CopyOf]
			if s.CopyOf != "" && (!known || of.Seed != s.Seed || of.Labels != s.Labels || of.Set == s.Set) {
				t.Fatalf("%+v is a copy of %+v", s, of)
			}
			if first := bySeed[s.Seed]; s.CopyOf == "" && first != "" {
				t.Fatalf("%s shows the picture of %s", s.ID, first)
			}
			seen[s.ID], bySeed[s.Seed] = s, s.ID
		}
		for set, want := range map[string]int{Train: o.Train, External: o.External, Test: o.Test} {
			counts, n := countLabels(list, set)
			if n != want {
				t.Fatalf("%d samples in %s, want %d", n, set, want)
			}
			if least := min(o.Least, o.Train/28); set == Train && slices.Min(counts[:]) < least {
				t.Fatalf("labels %v, want %d of each", counts, least)
			}
		}
	})
}

// With the real imbalance, and without, frequencies are what they should be.
func TestPlanFrequencies(t *testing.T) {
	for imbalance, ratio := range map[float64][2]float64{1: {1.4, 1.75}, 0: {0.9, 1.1}} {
		list, err := Plan(PlanOptions{Train: 30000, Imbalance: imbalance})
		if err != nil {
			t.Fatal(err)
		}
		counts, _ := countLabels(list, Train)
		if r := float64(counts[0]) / float64(counts[25]); r < ratio[0] || r > ratio[1] {
			t.Errorf("imbalance %v: label 0 is %.2f times as frequent as label 25", imbalance, r)
		}
		if rare := float64(counts[27]) / float64(counts[21]); (rare < 0.05) != (imbalance == 1) {
			t.Errorf("imbalance %v: label 27 is %.3f times as frequent as label 21", imbalance, rare)
		}
	}
}

func TestPlanShares(t *testing.T) {
	list, err := Plan(PlanOptions{Train: 2000, External: 2000, Test: 2000, Duplicates: .1, Leaks: .05})
	if err != nil {
		t.Fatal(err)
	}
	copies := map[string]int{}
	for _, s := range list {
		if s.CopyOf != "" {
			copies[s.Set]++
		}
	}
	if e, l := copies[External], copies[Test]; copies[Train] != 0 || e < 150 || e > 250 || l < 65 || l > 140 {
		t.Errorf("copies %v", copies)
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, o := range []PlanOptions{{Train: -1}, {Train: 1, Imbalance: 2}, {Test: 3}, {Train: 1, Leaks: -.1}} {
		if _, err := Plan(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
