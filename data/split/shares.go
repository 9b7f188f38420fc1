package split

import "hpaflow/data"

// foldCounts are samples with each label in each fold.
type foldCounts struct {
	folds  int
	byFold [][]int // by label, then fold
	totals []int   // by label
}

func labelCounts(groups []Group, fold []int, folds int) *foldCounts {
	c := &foldCounts{folds: folds, byFold: make([][]int, data.MaxClasses), totals: make([]int, data.MaxClasses)}
	for label := range c.byFold {
		c.byFold[label] = make([]int, folds)
	}
	for g, group := range groups {
		for _, label := range group.Labels.Numbers() {
			c.byFold[label][fold[g]] += len(group.Rows)
			c.totals[label] += len(group.Rows)
		}
	}
	return c
}

// unevenness is the sum, over the labels that occur, of the squared difference
// between the share of a label in some folds and the share these are of all.
func (c *foldCounts) unevenness(folds ...int) (sum float64) {
	ideal := float64(len(folds)) / float64(c.folds)
	for label, total := range c.totals {
		if total == 0 {
			continue
		}
		n := 0
		for _, fold := range folds {
			n += c.byFold[label][fold]
		}
		difference := float64(n)/float64(total) - ideal
		sum += difference * difference
	}
	return sum
}

// Shares tell how a label, or all samples, are divided. A share is a part of
// the samples with the label, 0..1.
type Shares struct {
	Samples int
	Val     []float64 // by cross validation
	TestVal float64
}

// EvenVal is the share that a validation set would have of everything.
func (s Shares) EvenVal() float64 { return 2 * s.EvenTestVal() }

// EvenTestVal is the share that the held-out set would have of everything.
func (s Shares) EvenTestVal() float64 { return 1 / float64(2*len(s.Val)+1) }

// Assignment is one sample with its fold.
type Assignment struct {
	ID     string
	Labels data.Labels
	Fold   int
	Folds  int // how many there are
	Group  int // samples of one group stay together
}

// SharesOf counts the samples with each label below classes, and all of them.
func SharesOf(samples []Assignment, classes int) (labels []Shares, all Shares) {
	if len(samples) == 0 {
		return make([]Shares, classes), Shares{}
	}
	folds := samples[0].Folds
	counts, every := make([][]int, classes), make([]int, folds)
	for label := range counts {
		counts[label] = make([]int, folds)
	}
	for _, s := range samples {
		every[s.Fold]++
		for _, label := range s.Labels.Numbers() {
			counts[label][s.Fold]++
		}
	}
	for _, c := range counts {
		labels = append(labels, sharesOf(c))
	}
	return labels, sharesOf(every)
}

func sharesOf(counts []int) Shares {
	s := Shares{Val: make([]float64, CrossValidations(len(counts)))}
	for _, n := range counts {
		s.Samples += n
	}
	total := float64(max(s.Samples, 1))
	for k := range s.Val {
		s.Val[k] = float64(counts[2*k]+counts[2*k+1]) / total
	}
	s.TestVal = float64(counts[len(counts)-1]) / total
	return s
}
