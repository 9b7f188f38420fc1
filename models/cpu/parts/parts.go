package parts

// Step is what of a step matters here.
type Step struct {
	Values  int  // that it reads and writes, a sample
	Weights int  // that it reads besides, whatever the samples
	Joint   bool // much of its work is one for all samples of a run
}

// Part is the steps First..End-1, which run one after the other for so many samples,
// then for the next. Alone, each thread does that for samples of its own, and no step
// waits for another thread; joint steps take all samples at once.
type Part struct {
	First, End, Samples int
	Alone               bool
}

const (
	// cached is how many values steps may read and write at once, a thread, so that
	// results are still in a core's cache when the next step reads them. The last
	// cache holds four times as many.
	cached = 256 << 10

	// wait is what threads lose where a part ends and they wait for each other, in
	// values that a thread reads in that time.
	wait = 1 << 20
)

// Divide cuts steps into parts for batches of so many samples on so many threads: the
// parts for which the fewest values are read from beyond a core's cache, found step by
// step (dynamic programming over how many samples a step takes).
func Divide(steps []Step, batch, threads int) []Part {
	share := ceil(batch, threads)
	var choices []int // of samples at once
	for n := 1; n < share; n *= 2 {
		choices = append(choices, n)
	}
	choices = append(choices, share)
	change := 0 // from one choice to another
	if threads > 1 {
		change = wait
	}

	costs := make([]int, len(choices))    // of the steps so far, by the last one's choice
	before := make([][]int, len(steps)+1) // by step and its choice: the choice before
	for i, s := range steps {
		best, next := least(costs), make([]int, len(choices))
		before[i] = make([]int, len(choices))
		for c, samples := range choices {
			from, cost := c, costs[c]
			if i > 0 && costs[best]+change < cost {
				from, cost = best, costs[best]+change
			}
			before[i][c], next[c] = from, cost+s.cost(samples, share)
		}
		costs = next
	}
	samples := make([]int, len(steps))
	for i, c := len(steps)-1, least(costs); i >= 0; i-- {
		samples[i], c = choices[c], before[i][c]
	}
	return join(steps, samples, batch)
}

// cost is how many values a thread reads from beyond its cache for its share of the
// samples, so many at once; of memory, which is slower, three times as many count.
func (s Step) cost(samples, share int) int {
	if s.Joint {
		return 0
	}
	cost := s.Weights * ceil(share, samples)
	switch values := s.Values * samples; {
	case values > 4*cached:
		cost += 3 * s.Values * share
	case values > cached:
		cost += s.Values * share
	}
	return cost
}

// join makes parts of neighbours that are alike.
func join(steps []Step, samples []int, batch int) (parts []Part) {
	for i, s := range steps {
		next := Part{First: i, End: i + 1, Samples: samples[i], Alone: !s.Joint}
		if s.Joint {
			next.Samples = batch
		}
		if last := len(parts) - 1; last >= 0 && parts[last].Samples == next.Samples && parts[last].Alone == next.Alone {
			parts[last].End = next.End
			continue
		}
		parts = append(parts, next)
	}
	return parts
}

// least is where the smallest cost is, the first of equals.
func least(costs []int) (best int) {
	for i, c := range costs {
		if c < costs[best] {
			best = i
		}
	}
	return best
}

func ceil(a, b int) int { return (a + b - 1) / b }
