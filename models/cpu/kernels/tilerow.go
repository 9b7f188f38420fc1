package kernels

// tileRow is positions that follow each other, of one row of the source and one of the
// result, as convTiles take them. Steps are in bytes.
type tileRow struct {
	n, lanes int
	offsets  *int // n of them, unless the source is dealt to tiles

	x     *float32
	xStep int // from a position's source to the next one's

	w *float32

	y      *float32
	yStep  int // from a position's result to the next one's
	yBlock int // from one block of channels to the next

	bias, res *float32
	flags     int

	// dealt says that the source is laid out by tiles (deal.go), of n blocks each.
	dealt bool

	// yDealt, where it is not 0, is how many blocks each tile has in a result that is
	// laid out by tiles, of which those from yFirst on are written.
	yDealt, yFirst int

	// ahead are weights that will be read next: each tile fetches so many lines of them.
	ahead []float32
	lines int
}

// row computes a row of tiles, of the two sizes there are. The scratch is for a source
// that is dealt.
func (m *machine) row(s *scratch, blocks int, tiles shares, r *tileRow) {
	positions, done := 0, 0
	for _, t := range tiles.runs() {
		if t.count == 0 {
			continue
		}
		offsets, xStep, xNext := r.offsets, r.xStep, t.size*r.xStep
		if r.dealt {
			s.ints = stepped(s.ints, r.n, t.size*laneBytes)
			offsets, xStep, xNext = &s.ints[0], laneBytes, t.size*r.n*laneBytes
		}
		y, yStep, yNext, yBlock := r.y, r.yStep, t.size*r.yStep, r.yBlock
		if r.yDealt > 0 {
			y = value(y, r.yFirst*t.size*laneBytes)
			yStep, yNext, yBlock = laneBytes, t.size*r.yDealt*laneBytes, t.size*laneBytes
		}
		x, res := r.x, r.res
		if positions > 0 {
			x, y = value(x, positions*xNext/t.size), value(y, positions*yNext/t.size)
			if res != nil {
				res = value(res, positions*yNext/t.size)
			}
		}
		var ahead *float32
		if r.lines > 0 {
			ahead = &r.ahead[min(len(r.ahead)-1, done*r.lines*cacheLine)]
		}
		m.convTiles[blocks][t.size](t.count, xNext, yNext, r.n, offsets, r.lanes, x, xStep, r.w, y, yStep, yBlock, r.bias, res, r.flags, ahead, r.lines)
		positions, done = positions+t.count*t.size, done+t.count
	}
}

// cacheLine is the values of a line of the caches.
const cacheLine = 64 / floatBytes
