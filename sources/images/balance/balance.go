package balance

import (
	"fmt"
	"slices"

	"hpaflow/data/table"
	"hpaflow/flow"
)

// Sampler draws the rows of epochs.
type Sampler struct{ upTo []float64 } // sums of the weights, row by row

// New weighs the rows of a table.
func New(rows []table.Row) *Sampler {
	count := map[int]int{}
	for _, r := range rows {
		for _, label := range labelsOf(r) {
			count[label]++
		}
	}
	b := &Sampler{}
	var sum float64
	for _, r := range rows {
		rarest := len(rows)
		for _, label := range labelsOf(r) {
			rarest = min(rarest, count[label])
		}
		sum += 1 / float64(rarest)
		b.upTo = append(b.upTo, sum)
	}
	return b
}

// labelsOf are the numbers of a row's labels; -1 for want of any.
func labelsOf(r table.Row) []int {
	if list := r.Labels.Numbers(); len(list) > 0 {
		return list
	}
	return []int{-1}
}

// Order is the rows of an epoch, as many as there are.
func (b *Sampler) Order(seed uint64, epoch int) []int {
	r := flow.Rand(seed, epoch, "", "balance")
	last := len(b.upTo) - 1
	list := make([]int, len(b.upTo))
	for i := range list {
		at, _ := slices.BinarySearchFunc(b.upTo, r.Float64()*b.upTo[last], func(upTo, drawn float64) int {
			if upTo <= drawn {
				return -1
			}
			return 1
		})
		list[i] = min(at, last)
	}
	return list
}

// Key is that of a sample which an epoch has drawn n times before: its own the
// first time, then with a number, by which it is augmented in another way.
func Key(id string, n int) string {
	if n == 0 {
		return id
	}
	return fmt.Sprintf("%s#%d", id, n+1)
}
