package split

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"hpaflow/data"
)

// Stratify gives every group one of so many equal folds by iterative
// stratification (Sechidis, Tsoumakas, Vlahavas 2011, algorithm 1):
//
// While groups are left, take the label that the fewest of them have, and give
// each that has it to the fold that still wants most of the label; of several
// such folds, to the one that wants most samples in all; of several again, to
// one drawn at random. Groups without labels come last, and go by the second
// and third rule.
//
// Where the paper counts examples, samples are counted, so that a group of two
// weighs as two, and larger groups of a label go first. With groups of one the
// steps are the paper's.
func Stratify(groups []Group, folds int, rng *rand.Rand) []int {
	s := newStratifier(groups, folds, rng)
	for {
		label, found := s.rarest()
		if !found {
			break
		}
		for _, g := range s.having[label] {
			if s.fold[g] < 0 {
				s.assign(g, s.choose(s.wanted[label]))
			}
		}
	}
	for _, g := range s.order {
		if s.fold[g] < 0 {
			s.assign(g, s.choose(nil))
		}
	}
	return s.fold
}

// stratifier is the state of the algorithm. What a fold wants is kept times the
// number of folds: it is then a whole number, and ties are exact.
type stratifier struct {
	groups    []Group
	rng       *rand.Rand
	order     []int   // groups, larger ones first
	fold      []int   // of each group; -1: none yet
	having    [][]int // by label: its groups, in order
	remaining []int   // by label: samples without a fold
	wanted    [][]int // by label, then fold
	wantedAll []int   // by fold: samples of any label
	ties      []int   // scratch
}

func newStratifier(groups []Group, folds int, rng *rand.Rand) *stratifier {
	s := &stratifier{
		groups: groups, rng: rng,
		order: make([]int, len(groups)), fold: make([]int, len(groups)),
		having: make([][]int, data.MaxClasses), remaining: make([]int, data.MaxClasses),
		wanted: make([][]int, data.MaxClasses), wantedAll: make([]int, folds),
	}
	samples := 0
	for g := range groups {
		s.order[g], s.fold[g] = g, -1
		samples += len(groups[g].Rows)
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return len(groups[b].Rows) - len(groups[a].Rows) })
	for _, g := range s.order {
		for _, label := range groups[g].Labels.Numbers() {
			s.having[label] = append(s.having[label], g)
			s.remaining[label] += len(groups[g].Rows)
		}
	}
	for label, n := range s.remaining {
		s.wanted[label] = slices.Repeat([]int{n}, folds)
	}
	for fold := range s.wantedAll {
		s.wantedAll[fold] = samples
	}
	return s
}

// rarest is the label with the fewest remaining samples, the smallest number of
// equals; it reports false when none remain.
func (s *stratifier) rarest() (label int, found bool) {
	for n, count := range s.remaining {
		if count > 0 && (!found || count < s.remaining[label]) {
			label, found = n, true
		}
	}
	return label, found
}

// choose gives the fold that wants a label most. A nil label is no label.
func (s *stratifier) choose(wanted []int) int {
	s.ties = s.ties[:0]
	for fold := range s.wantedAll {
		if len(s.ties) > 0 {
			best := s.ties[0]
			order := 0
			if wanted != nil {
				order = wanted[fold] - wanted[best]
			}
			if order == 0 {
				order = s.wantedAll[fold] - s.wantedAll[best]
			}
			if order < 0 {
				continue
			}
			if order > 0 {
				s.ties = s.ties[:0]
			}
		}
		s.ties = append(s.ties, fold)
	}
	if len(s.ties) == 1 {
		return s.ties[0]
	}
	return s.ties[s.rng.IntN(len(s.ties))]
}

func (s *stratifier) assign(g, fold int) {
	s.fold[g] = fold
	n := len(s.groups[g].Rows)
	for rest := uint64(s.groups[g].Labels); rest != 0; rest &= rest - 1 {
		label := bits.TrailingZeros64(rest)
		s.remaining[label] -= n
		s.wanted[label][fold] -= n * len(s.wantedAll)
	}
	s.wantedAll[fold] -= n * len(s.wantedAll)
}
