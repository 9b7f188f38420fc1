package split

import "math"

// Held-out and validation sets are made of folds: of 2n+1 folds, cross
// validation k of n takes folds 2k and 2k+1 as "val", and the last fold is
// "test_val" in all of them. The rest is "train".

// CrossValidations is the number of cross validations that so many folds give.
func CrossValidations(folds int) int { return (folds - 1) / 2 }

// Name is the split of a fold in cross validation k.
func Name(fold, folds, k int) string {
	switch {
	case fold == folds-1:
		return "test_val"
	case fold/2 == k:
		return "val"
	}
	return "train"
}

// Number renames folds so that the sets made of them are as even as can be: a
// stratifier leaves a rare label with one sample more in some folds than in
// others, and two poor folds should not meet. Of all ways to pair folds and to
// leave one over, it takes the first with the smallest sum of squared
// differences between a set's share of a label and its share of the folds.
// Fold holds the fold of each group and is changed; folds is odd, 13 at most.
func Number(groups []Group, fold []int, folds int) {
	counts := labelCounts(groups, fold, folds)
	p := &pairing{
		folds: folds, best: math.Inf(1),
		one: make([]float64, folds), two: make([][]float64, folds), number: make([]int, folds),
	}
	for a := range folds {
		p.number[a] = unnumbered
		p.one[a] = counts.unevenness(a)
		p.two[a] = make([]float64, folds)
		for b := range folds {
			p.two[a][b] = counts.unevenness(a, b)
		}
	}
	p.search(0, 0)
	for g := range fold {
		fold[g] = p.found[fold[g]]
	}
}

const unnumbered = -1

// pairing searches the ways to pair folds, and gives up a way as soon as it is
// no better than the best.
type pairing struct {
	folds   int
	one     []float64   // unevenness of a set of this fold
	two     [][]float64 // of a set of these two
	number  []int       // of each fold, so far
	heldOut bool        // one is left over already
	best    float64
	found   []int
}

// search numbers the folds that are left, given the pairs made and their sum.
func (p *pairing) search(pairs int, sum float64) {
	if sum >= p.best {
		return
	}
	a := 0
	for a < p.folds && p.number[a] != unnumbered {
		a++
	}
	if a == p.folds {
		p.best, p.found = sum, append([]int{}, p.number...)
		return
	}
	if !p.heldOut {
		p.heldOut, p.number[a] = true, p.folds-1
		p.search(pairs, sum+p.one[a])
		p.heldOut, p.number[a] = false, unnumbered
	}
	for b := a + 1; b < p.folds; b++ {
		if p.number[b] != unnumbered {
			continue
		}
		p.number[a], p.number[b] = 2*pairs, 2*pairs+1
		p.search(pairs+1, sum+p.two[a][b])
		p.number[a], p.number[b] = unnumbered, unnumbered
	}
}
