package kernels

// shares are the fewest parts of n that have at most so many each. Their sizes
// differ by one at most, the larger ones come first. A division for each part would
// take as long as a small tile.
type shares struct{ count, size, larger int }

func sharesOf(n, most int) shares {
	count := ceil(n, most)
	return shares{count, n / count, n % count}
}

// of is the size of part i.
func (s shares) of(i int) int {
	if i < s.larger {
		return s.size + 1
	}
	return s.size
}

// part gives where part i begins, and its size.
func (s shares) part(i int) (first, size int) {
	return i*s.size + min(i, s.larger), s.of(i)
}

// run is parts of one size.
type run struct{ count, size int }

// runs are the larger parts, if there are any, and the others.
func (s shares) runs() [2]run { return [2]run{{s.larger, s.size + 1}, {s.count - s.larger, s.size}} }

// each calls do for the first of each part, and its size.
func (s shares) each(do func(first, size int)) {
	for i := range s.count {
		do(s.part(i))
	}
}
