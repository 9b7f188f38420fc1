package window

import (
	"math/rand/v2"
	"slices"
)

// Visit is a record at its place in an epoch, and the extent it is in.
type Visit struct{ Record, Extent int32 }

// Epoch draws the order of an epoch, with so many files open at a time.
func (l *Layout) Epoch(open int, draw *rand.Rand) []Visit {
	w := &drawing{layout: l, draw: draw, closed: draw.Perm(len(l.files))}
	for range open {
		if s := (slot{}); w.fill(&s) {
			w.slots = append(w.slots, s)
			w.left += len(s.records)
		}
	}
	visits := make([]Visit, 0, l.records())
	for w.left > 0 {
		visits = append(visits, w.next())
	}
	return visits
}

func (l *Layout) records() (n int) {
	for _, e := range l.extents {
		n += len(e)
	}
	return n
}

// slot is a file that is open, and the extent of it that is in memory.
type slot struct {
	extent  int32
	records []int32 // of the extent that have not come yet, in random order
	unread  []int32 // the file's other extents, in random order
}

// drawing is the window while it moves.
type drawing struct {
	layout *Layout
	draw   *rand.Rand
	closed []int // the files that have not been opened, in random order
	slots  []slot
	left   int // records in the slots
}

// next takes a record from all that are in memory, each as likely as the others.
func (w *drawing) next() Visit {
	at, n := 0, w.draw.IntN(w.left)
	for ; n >= len(w.slots[at].records); at++ {
		n -= len(w.slots[at].records)
	}
	s := &w.slots[at]
	last := len(s.records) - 1
	v := Visit{s.records[last], s.extent} // they are in random order
	s.records = s.records[:last]
	w.left--
	if last == 0 {
		if w.fill(s) {
			w.left += len(s.records)
		} else {
			w.slots = slices.Delete(w.slots, at, at+1)
		}
	}
	return v
}

// fill puts an extent into an empty slot: the next one of its file, or one of a
// file that is opened for it, or, where all have been, of a file in another slot.
func (w *drawing) fill(s *slot) bool {
	unread := &s.unread
	if len(*unread) == 0 && len(w.closed) > 0 {
		last := len(w.closed) - 1
		s.unread = w.shuffled(w.layout.files[w.closed[last]])
		w.closed = w.closed[:last]
	}
	if len(*unread) == 0 {
		var others []*slot
		for i := range w.slots {
			if len(w.slots[i].unread) > 0 {
				others = append(others, &w.slots[i])
			}
		}
		if len(others) == 0 {
			return false
		}
		unread = &others[w.draw.IntN(len(others))].unread
	}
	last := len(*unread) - 1
	s.extent = (*unread)[last]
	*unread = (*unread)[:last]
	s.records = w.shuffled(w.layout.extents[s.extent])
	return true
}

func (w *drawing) shuffled(list []int32) []int32 {
	list = slices.Clone(list)
	w.draw.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
