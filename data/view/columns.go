package view

import (
	"errors"
	"math/bits"

	"hpaflow/data"
)

// Category is a column of few words, such as a split's.
type Category struct {
	Name   string
	Values []string // the first stands for none and is empty
	of     []uint8
	number map[string]uint8
}

// NewCategory is one of which nothing is known yet.
func NewCategory(name string) *Category {
	return &Category{Name: name, Values: []string{""}, number: map[string]uint8{"": 0}}
}

// ErrValues says that a column holds too many words to be a split.
var ErrValues = errors.New("more than 255 values are no splits")

// Set sets a row's.
func (c *Category) Set(row int, value string) error {
	n, known := c.number[value]
	if !known {
		if len(c.Values) > 255 {
			return ErrValues
		}
		n = uint8(len(c.Values))
		c.Values = append(c.Values, value)
		c.number[value] = n
	}
	c.grow(row + 1)
	c.of[row] = n
	return nil
}

// Of is a row's value.
func (c *Category) Of(row int) string { return c.Values[c.of[row]] }

func (c *Category) grow(rows int) { c.of = grown(c.of, rows, 0) }

// grown is a column with so many rows or more, a value in those that are new.
func grown[T any](column []T, rows int, value T) []T {
	for len(column) < rows {
		column = append(column, value)
	}
	return column
}

// Table is the probabilities of labels, or only what was decided.
type Table struct {
	Name string
	p    [][]float32 // by label, of all rows; NaN: there is none; nil: only decisions
	has  bitset
	said []data.Labels // of a table of decisions
}

// NewTable is one for so many labels; 0: of decisions alone.
func NewTable(name string, classes int) *Table {
	t := &Table{Name: name}
	if classes > 0 {
		t.p = make([][]float32, classes)
	}
	return t
}

// Set sets a row's probabilities.
func (t *Table) Set(row int, p []float64) {
	t.grow(row + 1)
	t.has.set(row)
	for n, v := range p {
		t.p[n][row] = float32(v)
	}
}

// Decided sets a row's labels as they were decided.
func (t *Table) Decided(row int, labels data.Labels) {
	t.grow(row + 1)
	t.has.set(row)
	t.said[row] = labels
}

func (t *Table) grow(rows int) {
	t.has = t.has.grown(rows)
	if t.p == nil {
		t.said = grown(t.said, rows, 0)
		return
	}
	if len(t.p) == 0 || len(t.p[0]) >= rows {
		return
	}
	for n := range t.p {
		t.p[n] = grown(t.p[n], rows, none)
	}
}

// Expect makes room for so many rows at once.
func (t *Table) Expect(rows int) {
	for n := range t.p {
		if cap(t.p[n]) < rows {
			t.p[n] = append(make([]float32, 0, rows), t.p[n]...)
		}
	}
}

// Probabilities says whether it has some, or only decisions.
func (t *Table) Probabilities() bool { return t.p != nil }

// Has says whether a row stands in it.
func (t *Table) Has(row int) bool { return t.has.has(row) }

// Of gives a row's probabilities.
func (t *Table) Of(row int) []float32 {
	list := make([]float32, len(t.p))
	for n := range t.p {
		list[n] = t.p[n][row]
	}
	return list
}

// Decision is what a table says of a row, by thresholds; nil: by one half.
func (t *Table) Decision(row int, by *Thresholds) data.Labels {
	if t.p == nil {
		return t.said[row]
	}
	var labels data.Labels
	for n := range t.p {
		if t.p[n][row] > by.at(n) {
			labels |= 1 << n
		}
	}
	return labels
}

// decides says whether a table decides for one label.
func (t *Table) decides(row, label int, by *Thresholds) bool {
	if t.p == nil {
		return t.said[row].Has(label)
	}
	return label < len(t.p) && t.p[label][row] > by.at(label)
}

// Thresholds are a probability for each label, above which it is decided for.
type Thresholds struct {
	Name   string
	Values []float64
}

func (t *Thresholds) at(label int) float32 { return float32(t.At(label)) }

// At is the threshold of a label; without a table it is one half.
func (t *Thresholds) At(label int) float64 {
	if t == nil || label >= len(t.Values) {
		return 0.5
	}
	return t.Values[label]
}

// Grouping is groups of samples that show one picture, or leak.
type Grouping struct {
	Name   string
	Groups [][]uint32 // rows, of groups of two and more
	of     []uint32   // group plus one
}

// Put makes a group.
func (g *Grouping) Put(rows []uint32) {
	if len(rows) < 2 {
		return
	}
	g.Groups = append(g.Groups, rows)
	for _, r := range rows {
		g.grow(int(r) + 1)
		g.of[r] = uint32(len(g.Groups))
	}
}

func (g *Grouping) grow(rows int) { g.of = grown(g.of, rows, 0) }

// Of is the number of the group that a row is in.
func (g *Grouping) Of(row int) (group int, some bool) {
	if row >= len(g.of) || g.of[row] == 0 {
		return 0, false
	}
	return int(g.of[row]) - 1, true
}

// hashes are perceptual ones, of rows that have them.
type hashes struct {
	a, p []uint64
	has  bitset
}

func (h *hashes) grow(rows int) {
	h.has = h.has.grown(rows)
	h.a, h.p = grown(h.a, rows, 0), grown(h.p, rows, 0)
}

// SetHashes sets both hashes of a row.
func (x *Index) SetHashes(row int, average, perceptual uint64) {
	if x.hashes == nil {
		x.hashes = &hashes{}
	}
	x.hashes.grow(x.Rows())
	x.hashes.has.set(row)
	x.hashes.a[row], x.hashes.p[row] = average, perceptual
}

// Hashes gives both of a row.
func (x *Index) Hashes(row int) (average, perceptual uint64, some bool) {
	if x.hashes == nil || !x.hashes.has.has(row) {
		return 0, 0, false
	}
	return x.hashes.a[row], x.hashes.p[row], true
}

// Distance is how many bits two hashes differ in.
func Distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }
