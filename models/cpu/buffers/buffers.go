package buffers

// Step says what a step reads and makes, by the numbers of results. Number 0 is
// the input of all, which has no buffer.
type Step struct {
	In, Out []int

	// InPlace is a result whose memory the first of Out may take over, if no
	// later step reads it and it is as large; 0: there is none.
	InPlace int
}

// Place gives each result a buffer, and the size of each buffer. Values are the
// sizes of results, and kept those that are read after all steps.
func Place(steps []Step, values []int, kept ...int) (of, sizes []int) {
	last := make([]int, len(values)) // the step that reads a result last
	for i := range last {
		last[i] = -1
	}
	for i, s := range steps {
		for _, in := range s.In {
			last[in] = i
		}
	}
	for _, k := range kept {
		last[k] = len(steps)
	}
	of = make([]int, len(values))
	var l lending
	for i, s := range steps {
		released := map[int]bool{0: true}
		for k, out := range s.Out {
			if from := s.InPlace; k == 0 && from != 0 && last[from] == i && values[from] == values[out] {
				of[out] = of[from]
				released[from] = true
			} else {
				of[out] = l.lend(values[out])
			}
		}
		for _, in := range s.In {
			if last[in] == i && !released[in] {
				released[in] = true
				l.free = append(l.free, of[in])
			}
		}
		for _, out := range s.Out {
			if last[out] < 0 { // nothing reads it
				l.free = append(l.free, of[out])
			}
		}
	}
	return of, l.sizes
}

// lending is the sizes of all buffers, and those that nobody has.
type lending struct{ sizes, free []int }

// lend takes a buffer for so many values off the free ones, or makes one: of the
// free ones the smallest that is large enough, else the largest, which grows.
func (l *lending) lend(values int) int {
	best := -1
	for i, b := range l.free {
		switch {
		case best < 0:
			best = i
		case l.sizes[b] >= values && (l.sizes[l.free[best]] < values || l.sizes[b] < l.sizes[l.free[best]]):
			best = i
		case l.sizes[b] < values && l.sizes[b] > l.sizes[l.free[best]]:
			best = i
		}
	}
	if best < 0 {
		l.sizes = append(l.sizes, values)
		return len(l.sizes) - 1
	}
	b := l.free[best]
	l.free = append(l.free[:best], l.free[best+1:]...)
	l.sizes[b] = max(l.sizes[b], values)
	return b
}
