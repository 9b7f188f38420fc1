package buffers

// Step says what a step reads and makes, by the numbers of results. Number 0 is
// the input of all, which has no buffer.
type Step struct {
	In, Out []int

	// InPlace is a result whose memory the first of Out may take over, if no
	// later step reads it and it is as large; 0: there is none.
	InPlace int

	// Part is which steps run together: those of equal number, which follow each
	// other, run one after the other for some images, then for the next ones. What
	// one part makes and another reads is of all images, the rest of some.
	Part int
}

// Crossing says which of n results are of all images: those that a part other than
// their own reads, or that are kept.
func Crossing(steps []Step, n int, kept ...int) []bool {
	part, crossing := make([]int, n), make([]bool, n)
	for _, s := range steps {
		for _, in := range s.In {
			crossing[in] = crossing[in] || part[in] != s.Part
		}
		for _, out := range s.Out {
			part[out] = s.Part
		}
	}
	for _, k := range kept {
		crossing[k] = true
	}
	return crossing
}

// Place gives each result a buffer, and the size of each buffer. Values are the
// sizes of results, and kept those that are read after all steps.
func Place(steps []Step, values []int, kept ...int) (of, sizes []int) {
	p := placing{steps: steps, values: values, of: make([]int, len(values)), last: make([]int, len(values))}
	p.crossing = Crossing(steps, len(values), kept...)
	for i := range p.last {
		p.last[i] = -1
	}
	for i, s := range steps {
		for _, in := range s.In {
			p.last[in] = i
		}
	}
	for _, k := range kept {
		p.last[k] = len(steps)
	}
	for first := 0; first < len(steps); {
		end := first
		for end < len(steps) && steps[end].Part == steps[first].Part {
			end++
		}
		p.part(first, end)
		first = end
	}
	return p.of, p.sizes
}

type placing struct {
	lending
	steps    []Step
	values   []int
	of       []int // by result: its buffer
	last     []int // the step that reads it last, or -1
	crossing []bool
}

// inPlace says whether the first result of step i takes over the memory of another.
func (p *placing) inPlace(i int) bool {
	s := p.steps[i]
	from := s.InPlace
	return from != 0 && p.last[from] == i && p.values[from] == p.values[s.Out[0]] && p.crossing[from] == p.crossing[s.Out[0]]
}

// part places what the steps first..end-1 make. Results of all images are there
// from its beginning to its end.
func (p *placing) part(first, end int) {
	for i := first; i < end; i++ {
		for k, out := range p.steps[i].Out {
			if p.crossing[out] && (k > 0 || !p.inPlace(i)) {
				p.of[out] = p.lend(p.values[out])
			}
		}
	}
	var read []int // of all images, for the last time
	for i := first; i < end; i++ {
		s := p.steps[i]
		released := map[int]bool{0: true}
		for k, out := range s.Out {
			switch {
			case k == 0 && p.inPlace(i):
				p.of[out] = p.of[s.InPlace]
				released[s.InPlace] = true
			case !p.crossing[out]:
				p.of[out] = p.lend(p.values[out])
			}
		}
		for _, in := range s.In {
			if p.last[in] != i || released[in] {
				continue
			}
			released[in] = true
			if p.crossing[in] {
				read = append(read, in)
			} else {
				p.free = append(p.free, p.of[in])
			}
		}
		for _, out := range s.Out {
			if p.last[out] < 0 { // nothing reads it
				p.free = append(p.free, p.of[out])
			}
		}
	}
	for _, r := range read {
		p.free = append(p.free, p.of[r])
	}
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
