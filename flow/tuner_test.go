package flow

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAllocate runs testdata/allocate.txt: a budget, then stages as
// name:busy/workers, with a "!" for a fixed one and a "~" for a cheap one, and the
// workers expected.
func TestAllocate(t *testing.T) {
	f, err := os.Open("testdata/allocate.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line++
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		given, want, ok := strings.Cut(text, "->")
		if !ok {
			t.Fatalf("line %d: no ->", line)
		}
		words := strings.Fields(given)
		var budget int
		if _, err := fmt.Sscan(words[0], &budget); err != nil {
			t.Fatalf("line %d: %v", line, err)
		}
		var loads []load
		for _, word := range words[1:] {
			l := load{limit: budget, fixed: strings.HasSuffix(word, "!"), cheap: strings.HasSuffix(word, "~")}
			if _, err := fmt.Sscanf(strings.TrimRight(word, "!~"), "%g/%d", &l.busy, &l.workers); err != nil {
				t.Fatalf("line %d: %q: %v", line, word, err)
			}
			loads = append(loads, l)
		}
		got := strings.Trim(fmt.Sprint(allocate(loads, budget)), "[]")
		if got != strings.TrimSpace(want) {
			t.Errorf("line %d: %s gives %s, want %s", line, strings.TrimSpace(given), got, strings.TrimSpace(want))
		}
	}
}

// costing is a stage that spends a time on every record.
func costing(spend func(time.Duration), cost time.Duration) func(context.Context, Record[int]) (int, error) {
	return func(_ context.Context, r Record[int]) (int, error) {
		spend(cost)
		return r.Value, nil
	}
}

// spin computes, on this machine about as long as it is told.
func spin(d time.Duration) {
	x := uint64(1)
	for range int(d.Nanoseconds()) {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	spun.Store(x)
}

var spun atomic.Uint64

// BenchmarkTuner compares the tuner with every fixed assignment on stages that
// cost 1:8:2. With sleeping stages a worker is all a stage needs, as for
// downloads; with computing ones the cores are shared.
func BenchmarkTuner(b *testing.B) {
	for _, kind := range []struct {
		name   string
		unit   time.Duration
		budget int
		spend  func(time.Duration)
	}{
		{"sleeping", 500 * time.Microsecond, 8, time.Sleep},
		{"computing", 100 * time.Microsecond, 0, spin},
	} {
		b.Run(kind.name, func(b *testing.B) {
			best, bestAt := 0.0, ""
			budget := New(Options{Budget: kind.budget}).opts.Budget
			run := func(records int, workers [3]int) float64 {
				g := New(Options{Budget: kind.budget})
				out := count(g, records)
				for i, cost := range []time.Duration{1, 8, 2} {
					out = Map(out, Stage{Name: "stage" + fmt.Sprint(i), Workers: workers[i]}, costing(kind.spend, cost*kind.unit))
				}
				To(out, Stage{Name: "sink"}, &collector[int]{})
				start := time.Now()
				if err := g.Run(b.Context()); err != nil {
					b.Fatal(err)
				}
				return float64(records) / time.Since(start).Seconds()
			}
			// As many workers as the tuner may start: one more a stage than the budget, from rounding.
			for w1 := 1; w1 <= 3; w1++ {
				for w2 := 1; w2 <= budget; w2++ {
					for w3 := 1; w3 <= 3 && w1+w2+w3 <= budget+2; w3++ {
						if rate := run(400, [3]int{w1, w2, w3}); rate > best {
							best, bestAt = rate, fmt.Sprint([]int{w1, w2, w3})
						}
					}
				}
			}
			tuned := 0.0
			for b.Loop() {
				tuned = max(tuned, run(3000, [3]int{}))
			}
			b.ReportMetric(tuned, "tuned/s")
			b.ReportMetric(best, "best-fixed/s")
			b.ReportMetric(100*tuned/best, "%of-best")
			b.Logf("best fixed assignment %s: %.0f records/s; tuned: %.0f records/s (%.0f%%)", bestAt, best, tuned, 100*tuned/best)
		})
	}
}

// TestCheapWorkIsToldFromDear, by what the clocks say of each stage, and the
// verdict does not ask for workers that would not help.
func TestCheapWorkIsToldFromDear(t *testing.T) {
	told := false
	for range 5 { // a busy machine may interrupt the few milliseconds that are measured
		g := New(Options{})
		cheap := Map(count(g, 5_000), Stage{Name: "cheap", Workers: 1}, identity)
		dear := Map(cheap, Stage{Name: "dear", Workers: 1}, costing(spin, 50*time.Microsecond)) // handing over may take 10 where races are looked for
		To(dear, Stage{Name: "sink"}, &collector[int]{})
		if err := g.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := g.Stats()
		told = told || s.Stages[1].Cheap && !s.Stages[2].Cheap
	}
	if !told {
		t.Error("cheap work was not told from dear")
	}
	limits := Stats{Wall: verdictAfter, Cores: 8, Stages: []StageStats{{Name: "add", Workers: 1, Parallel: true, Cheap: true, Busy: verdictAfter}}}
	if b, ok := limits.Bottleneck(); !ok || !strings.Contains(b.Advice, "more workers would not help") {
		t.Errorf("bottleneck %+v, %v", b, ok)
	}
}
