package kernels

// A product takes its source tile by tile, so that each tile reads memory in order:
// [tile][block][position of the tile][lane].

// deal copies one of so many blocks of positions to their tiles, and undeal back. A row
// is laid out as tiles of one block are.
func (m *machine) deal(to, row []float32, tiles shares, block, count int) {
	m.moveTiles(tiles, to, block, count, row, 0, 1)
}

func (m *machine) undeal(row, from []float32, tiles shares, block, count int) {
	m.moveTiles(tiles, row, 0, 1, from, block, count)
}

// moveTiles copies a block of tiles that have so many to one of others.
func (m *machine) moveTiles(tiles shares, to []float32, toBlock, toCount int, from []float32, fromBlock, fromCount int) {
	for _, t := range tiles.runs() {
		if t.count > 0 {
			size := t.size * Lanes
			_, _ = to[t.count*size*toCount-1], from[t.count*size*fromCount-1]
			m.moveRuns(t.count, t.size, &to[toBlock*size], toCount*size*floatBytes, &from[fromBlock*size], fromCount*size*floatBytes)
			to, from = to[t.count*size*toCount:], from[t.count*size*fromCount:]
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
