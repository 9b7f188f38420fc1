package view

import (
	"fmt"
	"math/bits"
)

// Counts are what rows have in common, for the filters to show.
type Counts struct {
	Rows       int            `json:"rows"`
	Labels     []int          `json:"labels"` // by label
	Unlabelled int            `json:"unlabelled"`
	Sources    []int          `json:"sources"`
	Categories [][]int        `json:"categories"` // by category and value
	Flags      map[string]int `json:"flags"`
}

// Count counts rows.
func (x *Index) Count(rows []uint32) Counts {
	c := Counts{Rows: len(rows), Labels: make([]int, x.Classes), Sources: make([]int, len(Sources)), Flags: map[string]int{}}
	for _, one := range x.Categories {
		counts := make([]int, len(one.Values))
		for _, row := range rows {
			counts[one.of[row]]++
		}
		c.Categories = append(c.Categories, counts)
	}
	var perSource [256]int
	for _, row := range rows {
		perSource[x.source[row]]++
		if !x.labeled.has(int(row)) {
			c.Unlabelled++
			continue
		}
		for l := uint64(x.labels[row]); l != 0; l &= l - 1 {
			if n := bits.TrailingZeros64(l); n < len(c.Labels) {
				c.Labels[n]++
			}
		}
	}
	copy(c.Sources, perSource[:])
	in := newBitset(x.Rows())
	for _, row := range rows {
		in.set(int(row))
	}
	for name, set := range x.sets() {
		for i := range in {
			c.Flags[name] += bits.OnesCount64(in[i] & set[i])
		}
	}
	if len(x.Groupings) > 0 {
		for _, row := range rows {
			if x.grouped(int(row)) {
				c.Flags["grouped"]++
			}
		}
	}
	return c
}

// Together counts how many rows have each two labels; on the diagonal, those with one.
func (x *Index) Together(rows []uint32) [][]int {
	counts := make([][]int, x.Classes)
	for n := range counts {
		counts[n] = make([]int, x.Classes)
	}
	for _, row := range rows {
		if !x.labeled.has(int(row)) {
			continue
		}
		for a := uint64(x.labels[row]); a != 0; a &= a - 1 {
			for b := uint64(x.labels[row]); b != 0; b &= b - 1 {
				if i, j := bits.TrailingZeros64(a), bits.TrailingZeros64(b); i < x.Classes && j < x.Classes {
					counts[i][j]++
				}
			}
		}
	}
	return counts
}

// Score is how a table's decisions for one label compare with the labels.
type Score struct {
	TP        int     `json:"tp"`
	FP        int     `json:"fp"`
	FN        int     `json:"fn"`
	F1        float64 `json:"f1"` // 2 TP over 2 TP + FP + FN, 0 where that is 0/0
	Threshold float64 `json:"threshold"`
}

// Scores are those of a table over rows that are labelled and stand in it.
func (x *Index) Scores(rows []uint32, table, thresholds int) ([]Score, error) {
	q := Question{Table: table, By: thresholds, Verdict: Verdict{Kind: "right", Label: -1}}
	if err := x.check(&q); err != nil {
		return nil, err
	}
	t, by := x.Tables[table], x.by(&q)
	rows = x.judged(t, rows)
	scores := make([]Score, x.Classes)
	inParts(len(scores), 1, func(n, _ int) {
		s := &scores[n]
		for _, row := range rows {
			said, truth := t.decides(int(row), n, by), x.labels[row].Has(n)
			switch {
			case said && truth:
				s.TP++
			case said:
				s.FP++
			case truth:
				s.FN++
			}
		}
		s.F1, s.Threshold = f1(s.TP, s.FP, s.FN), by.At(n)
	})
	return scores, nil
}

func f1(tp, fp, fn int) float64 {
	if 2*tp+fp+fn == 0 {
		return 0
	}
	return 2 * float64(tp) / float64(2*tp+fp+fn)
}

// judged are the rows that a table's decisions can be compared for.
func (x *Index) judged(t *Table, rows []uint32) []uint32 {
	list := make([]uint32, 0, len(rows))
	for _, row := range rows {
		if t.has.has(int(row)) && x.labeled.has(int(row)) {
			list = append(list, row)
		}
	}
	return list
}

// Curve is the F1 of a label at each hundredth, as a threshold.
func (x *Index) Curve(rows []uint32, table, label int) ([]Score, error) {
	if err := x.check(&Question{Table: table, Verdict: Verdict{Kind: "right", Label: label}}); err != nil {
		return nil, err
	}
	t := x.Tables[table]
	if label < 0 || label >= len(t.p) {
		return nil, fmt.Errorf("%s has no probabilities of label %d", t.Name, label)
	}
	var with, without [102]int // rows by how many hundredths their probability is above
	for _, row := range x.judged(t, rows) {
		p := t.p[label][row]
		h := 0
		for h = int(p * 100); h < 101 && float32(h)/100 < p; h++ { // above the hundredths before h
		}
		for h > 0 && float32(h-1)/100 >= p {
			h--
		}
		if x.labels[row].Has(label) {
			with[h]++
		} else {
			without[h]++
		}
	}
	list := make([]Score, 101)
	tp, fp, present := 0, 0, 0
	for _, n := range with {
		present += n
	}
	for h := 100; h >= 0; h-- { // those with h+1 and more are above h hundredths
		tp += with[h+1]
		fp += without[h+1]
		list[h] = Score{TP: tp, FP: fp, FN: present - tp, F1: f1(tp, fp, present-tp), Threshold: float64(h) / 100}
	}
	return list, nil
}
