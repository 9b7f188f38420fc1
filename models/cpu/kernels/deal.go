package kernels

// A product takes its source tile by tile, so that each tile reads memory in order:
// [tile][block][position of the tile][lane].

// deal copies one of so many blocks of positions to tiles, [block][position][lane] each.
func (m *machine) deal(to, row []float32, tiles shares, block, count int) {
	for _, t := range tiles.runs() {
		if t.count > 0 {
			size := t.size * Lanes
			_, _ = row[t.count*size-1], to[t.count*size*count-1]
			m.moveRuns(t.count, t.size, &to[block*size], count*size*floatBytes, &row[0], size*floatBytes)
			row, to = row[t.count*size:], to[t.count*size*count:]
		}
	}
}

// undeal is the way back from deal.
func (m *machine) undeal(row, from []float32, tiles shares, block, count int) {
	for _, t := range tiles.runs() {
		if t.count > 0 {
			size := t.size * Lanes
			_, _ = row[t.count*size-1], from[t.count*size*count-1]
			m.moveRuns(t.count, t.size, &row[0], size*floatBytes, &from[block*size], count*size*floatBytes)
			row, from = row[t.count*size:], from[t.count*size*count:]
		}
	}
}

// stepped are n offsets a step apart.
func stepped(to []int, n, step int) []int {
	to = to[:0]
	for i := range n {
		to = append(to, i*step)
	}
	return to
}
