package split_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/duplicates"
	"hpaflow/data/split"
	"hpaflow/data/table"
)

func generator() *rand.Rand { return rand.New(rand.NewPCG(1234, 0)) }

// matrix draws groups: labels of very different frequency that come together
// more or less often, as those of cells do.
func matrix(rt *rapid.T, least, most int) []split.Group {
	labels := rapid.IntRange(1, 8).Draw(rt, "labels")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
	often := make([]float64, labels)
	for l := range often {
		often[l] = math.Pow(10, -2*rng.Float64())
	}
	groups := make([]split.Group, rapid.IntRange(least, most).Draw(rt, "groups"))
	row := 0
	for g := range groups {
		size := 1
		if rng.IntN(10) == 0 {
			size += rng.IntN(3)
		}
		for range size {
			groups[g].Rows = append(groups[g].Rows, row)
			row++
		}
		for l := range often {
			if rng.Float64() < often[l] {
				groups[g].Labels |= data.LabelsOf(l)
			}
		}
	}
	return groups
}

// The steps of the paper, written down as they stand there: sets, and real
// numbers for what is desired. It says of every step which folds it allows.
type paper struct {
	left    []int // groups
	groups  []split.Group
	desired [][]float64 // by label, then fold
	all     []float64
}

func newPaper(groups []split.Group, folds, labels int) *paper {
	p := &paper{groups: groups, desired: make([][]float64, labels), all: make([]float64, folds)}
	for g := range groups {
		p.left = append(p.left, g)
	}
	for j := range folds {
		for g := range groups {
			p.all[j] += float64(len(groups[g].Rows)) / float64(folds)
		}
	}
	for l := range labels {
		p.desired[l] = make([]float64, folds)
		for j := range folds {
			p.desired[l][j] = float64(p.count(l)) / float64(folds)
		}
	}
	return p
}

func (p *paper) count(label int) (n int) {
	for _, g := range p.left {
		if p.groups[g].Labels.Has(label) {
			n += len(p.groups[g].Rows)
		}
	}
	return n
}

// next is the label whose turn it is, or -1, and the groups that have it.
func (p *paper) next() (label int, having []int) {
	label = -1
	for l := range p.desired {
		if n := p.count(l); n > 0 && (label < 0 || n < p.count(label)) {
			label = l
		}
	}
	for _, g := range p.left {
		if label < 0 || p.groups[g].Labels.Has(label) {
			having = append(having, g)
		}
	}
	slices.SortStableFunc(having, func(a, b int) int { return len(p.groups[b].Rows) - len(p.groups[a].Rows) })
	return label, having
}

func argmax(of []int, value []float64) (best []int) {
	for _, j := range of {
		switch {
		case len(best) == 0 || value[j] > value[best[0]]+1e-6:
			best = []int{j}
		case math.Abs(value[j]-value[best[0]]) <= 1e-6:
			best = append(best, j)
		}
	}
	return best
}

func (p *paper) allowed(label int) []int {
	folds := make([]int, len(p.all))
	for j := range folds {
		folds[j] = j
	}
	if label >= 0 {
		folds = argmax(folds, p.desired[label])
	}
	return argmax(folds, p.all)
}

func (p *paper) give(g, fold int) {
	p.left = slices.DeleteFunc(p.left, func(other int) bool { return other == g })
	n := float64(len(p.groups[g].Rows))
	p.all[fold] -= n
	for _, l := range p.groups[g].Labels.Numbers() {
		p.desired[l][fold] -= n
	}
}

// Every step of ours is one that the paper allows, and a tie is drawn among
// exactly the folds that it leaves.
func TestStratifyTakesThePapersSteps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		groups, folds := matrix(rt, 1, 80), rapid.IntRange(2, 11).Draw(rt, "folds")
		got := split.Stratify(groups, folds, generator())
		p, ties := newPaper(groups, folds, 8), generator()
		for len(p.left) > 0 {
			label, having := p.next()
			for _, g := range having {
				allowed := p.allowed(label)
				want := allowed[0]
				if len(allowed) > 1 {
					want = allowed[ties.IntN(len(allowed))]
				}
				if got[g] != want {
					rt.Fatalf("label %d: group %d went to fold %d; the paper allows %v and the draw is %d", label, g, got[g], allowed, want)
				}
				p.give(g, want)
			}
		}
	})
}

// worst is the largest difference between a fold's share of a label and an
// equal share.
func worst(groups []split.Group, fold []int, folds int) (most float64) {
	for l := range 8 {
		counts, total := make([]int, folds), 0
		for g := range groups {
			if groups[g].Labels.Has(l) {
				counts[fold[g]] += len(groups[g].Rows)
				total += len(groups[g].Rows)
			}
		}
		for _, n := range counts {
			if total > 0 {
				most = max(most, math.Abs(float64(n)/float64(total)-1/float64(folds)))
			}
		}
	}
	return most
}

// Against a plain k-fold of shuffled groups, the worst label share is never
// farther off, and on average much less so.
func TestStratifyBeatsPlainKFold(t *testing.T) {
	var ours, plains float64
	rapid.Check(t, func(rt *rapid.T) {
		const folds = 11
		groups := matrix(rt, 1000, 3000)
		stratified := worst(groups, split.Stratify(groups, folds, generator()), folds)
		plain := make([]int, len(groups))
		for i, g := range rand.New(rand.NewPCG(5, 6)).Perm(len(groups)) {
			plain[g] = i % folds
		}
		byChance := worst(groups, plain, folds)
		if stratified > byChance+1e-9 {
			rt.Errorf("worst label share off by %.4f, plain k-fold's by %.4f", stratified, byChance)
		}
		ours, plains = ours+stratified, plains+byChance
	})
	if ours > plains/2 {
		t.Errorf("on average off by %.2f of what plain k-fold is", ours/plains)
	}
	t.Logf("off by %.3f of what plain k-fold is", ours/plains)
}

func TestNumberMakesTheBestPairs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		groups, folds := matrix(rt, 1, 60), 7
		before := split.Stratify(groups, folds, generator())
		after := slices.Clone(before)
		split.Number(groups, after, folds)
		renamed := map[int]int{}
		for g := range groups {
			if to, seen := renamed[before[g]]; seen && to != after[g] {
				rt.Fatalf("fold %d became both %d and %d", before[g], to, after[g])
			}
			renamed[before[g]] = after[g]
		}
		best := math.Inf(1)
		forAllOrders(folds, func(order []int) { best = min(best, unevenness(groups, before, order)) })
		identity := []int{0, 1, 2, 3, 4, 5, 6}
		if got := unevenness(groups, after, identity); got > best+1e-9 {
			rt.Fatalf("sum %.6f, the best order has %.6f", got, best)
		}
	})
}

// unevenness is the sum of squared differences, were each fold renamed by order.
func unevenness(groups []split.Group, fold, order []int) (sum float64) {
	folds := len(order)
	for l := range 8 {
		sets, total := make([]int, folds/2+1), 0
		for g := range groups {
			if groups[g].Labels.Has(l) {
				sets[order[fold[g]]/2] += len(groups[g].Rows)
				total += len(groups[g].Rows)
			}
		}
		for set, n := range sets {
			ideal := 2 / float64(folds)
			if set == folds/2 {
				ideal = 1 / float64(folds)
			}
			if total > 0 {
				difference := float64(n)/float64(total) - ideal
				sum += difference * difference
			}
		}
	}
	return sum
}

func forAllOrders(n int, visit func([]int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var permute func(k int)
	permute = func(k int) {
		if k == n {
			visit(order)
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			permute(k + 1)
			order[k], order[i] = order[i], order[k]
		}
	}
	permute(0)
}

func row(id string, labels ...int) table.Row {
	return table.Row{ID: id, Labels: data.LabelsOf(labels...), Labeled: true}
}

func dup(labels data.Labels, ids ...string) duplicates.Group {
	return duplicates.Group{Hash: 1, IDs: ids, Labels: labels}
}

func TestGroups(t *testing.T) {
	l := data.LabelsOf
	rows := []table.Row{row("a", 1), row("b", 2), row("c", 3), row("d", 4), row("e", 5), row("f", 6), row("g", 7)}
	ahash := []duplicates.Group{
		dup(l(1), "a", "c", "x"), // x has no row
		dup(l(2), "b", "e"),
		dup(l(9), "g"), // of another time: it is alone
	}
	phash := []duplicates.Group{
		dup(l(1, 3), "c", "d"),        // joins a, c, d; contains the labels of the other
		dup(l(5), "e", "f", "y", "b"), // joins b, e, f; neither contains the other: more Ids
		dup(l(0), "y2"),
	}
	got, unknown := split.Groups(rows, ahash, phash)
	want := []split.Group{
		{Rows: []int{0, 2, 3}, Labels: l(1, 3)},
		{Rows: []int{1, 4, 5}, Labels: l(5)},
		{Rows: []int{6}, Labels: l(7)},
	}
	if diff := cmp.Diff(want, got); diff != "" || unknown != 3 {
		t.Errorf("%d unknown, want 3 (x, y, y2)\n%s", unknown, diff)
	}
	alone, _ := split.Groups(rows)
	if len(alone) != len(rows) || alone[3].Labels != l(4) {
		t.Errorf("without duplicates: %v", alone)
	}
}

// A table of duplicates that was made from other labels is refused.
func TestCheck(t *testing.T) {
	l := data.LabelsOf
	rows := []table.Row{row("a", 1), row("b", 2), row("c", 1, 3), row("d")}
	for _, fits := range []duplicates.Group{
		dup(l(1, 2), "a", "b"), dup(l(2), "a", "b"), dup(l(1, 3), "c", "a", "d"), dup(l(), "d", "c"), dup(l(9), "a"), dup(l(9), "a", "x"),
	} {
		if err := split.Check(rows, []duplicates.Group{fits}); err != nil {
			t.Errorf("%v: %v", fits, err)
		}
	}
	err := split.Check(rows, []duplicates.Group{dup(l(1, 2), "a", "b"), dup(l(1, 2), "a", "c")})
	if err == nil || err.Error() != `of one picture, a has "1", c has "1 3", and the table has "1 2" for them: labels have changed since it was made; run duplicates.flow again` {
		t.Error(err)
	}
}

// Whatever the duplicates, rows that a table puts together, directly or by way
// of others, get one fold, and every row gets one.
func TestAssignNeverDividesAGroup(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(rt, "rows")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2))
		var rows []table.Row
		for i := range n {
			rows = append(rows, row(fmt.Sprint("r", i), rng.IntN(28)))
		}
		var tables [][]duplicates.Group
		for range 2 {
			var groups []duplicates.Group
			for ids := rng.Perm(n); len(ids) > 0; {
				k := min(len(ids), 1+rng.IntN(3))
				g := duplicates.Group{Labels: data.LabelsOf(rng.IntN(28))}
				for _, i := range ids[:k] {
					g.IDs = append(g.IDs, rows[i].ID)
				}
				groups, ids = append(groups, g), ids[k:]
			}
			tables = append(tables, groups)
		}
		samples, unknown := split.Assign(rows, tables, 11, generator())
		again, _ := split.Assign(rows, tables, 11, generator())
		if unknown != 0 || len(samples) != n || !slices.Equal(samples, again) {
			rt.Fatalf("%d samples of %d, %d unknown", len(samples), n, unknown)
		}
		of := map[string]split.Assignment{}
		for i, s := range samples {
			if s.ID != rows[i].ID || s.Fold < 0 || s.Fold > 10 {
				rt.Fatalf("row %d: %+v", i, s)
			}
			of[s.ID] = s
		}
		for _, groups := range tables {
			for _, g := range groups {
				for _, id := range g.IDs {
					if a, b := of[id], of[g.IDs[0]]; a.Fold != b.Fold || a.Group != b.Group || a.Labels != b.Labels {
						rt.Fatalf("%+v and %+v stand in one group", a, b)
					}
				}
			}
		}
	})
}

func TestNamesOfSplits(t *testing.T) {
	if split.CrossValidations(11) != 5 {
		t.Fatal("11 folds do not give 5 cross validations")
	}
	for k := range 5 {
		count := map[string][]int{}
		for fold := range 11 {
			name := split.Name(fold, 11, k)
			count[name] = append(count[name], fold)
		}
		if !slices.Equal(count["val"], []int{2 * k, 2*k + 1}) || !slices.Equal(count["test_val"], []int{10}) || len(count["train"]) != 8 {
			t.Errorf("cross validation %d: %v", k, count)
		}
	}
}
