package buffers

import (
	"cmp"
	"slices"
)

// Span is values that are needed from one moment to another, both included.
type Span struct{ Size, From, To int }

// line is what places are multiples of, in values: a line of the cache.
const line = 16

// Arrange gives each span its place in one piece of memory, and how large that is.
// Spans that are needed at the same moment have places of their own. The largest
// are placed first, each as low as it goes (greedy by size, as Pisarchyk and Lee
// describe it in Efficient Memory Management for Deep Neural Net Inference, 2020).
func Arrange(spans []Span) (at []int, size int) {
	order := make([]int, len(spans))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(spans[j].Size, spans[i].Size) })
	at = make([]int, len(spans))
	var placed []int // by their places
	for _, i := range order {
		s := spans[i]
		for _, j := range placed {
			o := spans[j]
			if o.From > s.To || s.From > o.To {
				continue
			}
			if at[j] >= at[i]+s.Size {
				break // it fits before this one, and all that come are higher
			}
			at[i] = max(at[i], (at[j]+o.Size+line-1)/line*line)
		}
		size = max(size, at[i]+s.Size)
		k, _ := slices.BinarySearchFunc(placed, at[i], func(j, place int) int { return cmp.Compare(at[j], place) })
		placed = slices.Insert(placed, k, i)
	}
	return at, size
}
