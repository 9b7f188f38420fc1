package kernels

// A convolution of one tap that fills whole planes is a product of matrices:
// weights by channels with channels by positions, those of all images. The
// source is copied to where its tiles lie close together, since the planes of an
// image may lie so far apart that they displace each other in the caches.

const (
	productBlocks = 4 // times a tile's blocks: so many at least share a copy of the source

	productBytes = 256 << 10 // of source that a piece reads for each panel anew: part of the second cache

	// productRows is how many rows of packed weights are multiplied at a time, at most:
	// so few that a panel's and a tile's source stay in the first cache for all tiles.
	// Sums are made by these steps, so that they do not depend on the machine, nor on
	// the panel.
	productRows = 256
)

// depth is how many blocks of source channels are multiplied at a time: about the same
// number each time.
func (p *pass) depth() int {
	times := ceil(p.inBlocks()*Lanes, productRows)
	return ceil(p.inBlocks(), times)
}

// multiply computes out from src for n images.
func (p *pass) multiply(ws *Workspace, m *machine, n int, out, src, packed []float32, e Epilogue) {
	p.multiplyOf(ws, m, n, out, src, nil, packed, e)
}

// multiplyOf is multiply of src or, without it, of what a norm gives.
func (p *pass) multiplyOf(ws *Workspace, m *machine, n int, out, src []float32, norm *Normed, packed []float32, e Epilogue) {
	tile, least := p.tilePixels(m), 4*m.pixels[m.blocks]
	total, threads := n*p.positions(), len(ws.workers)
	most := max(least, productBytes/(p.depth()*laneBytes)/tile*tile)
	runs := ceil(total, most)
	ranges := 1
	if fair := ceil(piecesFor(threads), p.groups); runs < fair { // rather share out panels than cut small
		ranges = min(ceil(p.outBl, productBlocks*m.blocks), ceil(fair, runs))
		runs = max(runs, min(ceil(fair, ranges), total/least))
	}
	ws.each(p.groups*runs*ranges, func(s *scratch, i int) {
		d := product{pass: p, machine: m, scratch: s, norm: norm, out: out, packed: packed, epilogue: e, group: i / ranges / runs}
		run, part := i/ranges%runs, i%ranges
		d.from, d.to = run*total/runs, (run+1)*total/runs
		d.firstPanel, d.endPanel = part*p.panels()/ranges, (part+1)*p.panels()/ranges
		d.compute(src)
	})
}

// product is one piece of work: some positions, counted through all images, and
// some panels.
type product struct {
	*pass
	machine     *machine
	scratch     *scratch
	norm        *Normed // that gives the source, or nil
	out, packed []float32
	epilogue    Epilogue

	group                int
	from, to             int
	firstPanel, endPanel int

	source []float32 // of the piece's tiles
}

// positions is how many an image has.
func (p *pass) positions() int { return p.gridH * p.gridW }

// segments calls do for the piece's positions in each image: from..to-1 of it, and
// how many came before.
func (d *product) segments(do func(image, from, to, before int)) {
	for at := d.from; at < d.to; {
		image := at / d.positions()
		end := min(d.to, (image+1)*d.positions())
		do(image, at-image*d.positions(), end-image*d.positions(), at-d.from)
		at = end
	}
}

func (d *product) compute(src []float32) {
	inBlocks, chunk := d.inBlocks(), d.depth()
	d.source = d.scratch.get(slotX, chunk*(d.to-d.from)*Lanes)
	for first := 0; first < inBlocks; first += chunk {
		count := min(chunk, inBlocks-first)
		d.segments(func(image, from, to, before int) { d.bring(src, image, from, to, before, first, count) })
		for panel := d.firstPanel; panel < d.endPanel; panel++ {
			d.segments(func(image, from, to, before int) { d.add(image, from, to, before, panel, first, count) })
		}
	}
}

// tilePixels is how many positions a tile has at most.
func (p *pass) tilePixels(m *machine) int { return m.pixels[min(p.perPanel, p.outBl)] }

// tiles are those of so many positions of an image.
func (d *product) tiles(positions int) shares {
	return sharesOf(positions, d.tilePixels(d.machine))
}

// bring copies what positions from..to-1 of an image read of some blocks of source
// channels, tile by tile: [block][position of the tile][lane]. So a tile reads
// memory in order, which the caches foresee, and so does the copying.
func (d *product) bring(src []float32, image, from, to, before, first, count int) {
	plane := d.srcH * d.srcW * Lanes
	start := ((image*d.groups+d.group)*d.inBl + first) * plane
	dense := d.gridH == d.srcH && d.gridW == d.srcW
	tiles, row := d.tiles(to-from), d.scratch.get(slotRows, (to-from)*Lanes)
	for b := range count {
		switch {
		case d.norm != nil:
			d.norm.collect(d.scratch, d.machine, row, image, first+b, from, to-from)
		case dense:
			row = src[start+b*plane:][from*Lanes : to*Lanes]
		default:
			d.collect(d.machine, row, src[start+b*plane:][:plane], from, to)
		}
		d.machine.deal(d.source[before*count*Lanes:], row, tiles, b, count)
	}
}

// collect copies what positions from..to-1 read of a plane.
func (p *pass) collect(m *machine, buf, plane []float32, from, to int) {
	for at := from; at < to; {
		y, x := at/p.gridW, at%p.gridW
		count := min(to-at, p.gridW-x) // of a row
		source := plane[((y*p.stepY+p.minY)*p.srcW+x*p.stepX+p.minX)*Lanes:]
		_, _ = buf[(at-from+count)*Lanes-1], source[(count-1)*p.stepX*Lanes+Lanes-1]
		m.moveVectors(count, &buf[(at-from)*Lanes], laneBytes, &source[0], p.stepX*laneBytes)
		at += count
	}
}

// add adds what some blocks of source channels give to a panel of output blocks, at
// positions from..to-1 of an image.
func (d *product) add(image, from, to, before, panel, first, count int) {
	blocks, plane := d.blocksOf(panel), d.positions()*Lanes
	y := ((image*d.groups+d.group)*d.outBl+panel*d.perPanel)*plane + from*Lanes
	row := tileRow{
		n: count, lanes: Lanes, dealt: true, x: &d.source[before*count*Lanes], w: &d.packed[d.rowsAt(d.group, panel, first)],
		y: &d.out[y], yStep: laneBytes, yBlock: plane * floatBytes,
	}
	row.bias, row.flags = d.ends(d.epilogue, d.group, panel, first, count)
	if first == 0 { // with the first sums, since y may be the residual
		row.res = at(d.epilogue.Residual, y)
	}
	row.ahead, row.lines = d.next(before, panel, first, count)
	d.machine.row(d.scratch, blocks, d.tiles(to-from), &row)
}

// next is what each tile from a position of the piece on fetches: its share of the
// weights that come after a panel's.
func (d *product) next(position, panel, first, count int) (ahead []float32, lines int) {
	if panel++; panel == d.endPanel {
		if panel, first = d.firstPanel, first+count; first == d.inBlocks() {
			return nil, 0
		}
		count = min(count, d.inBlocks()-first)
	}
	tile := d.tilePixels(d.machine)
	size := count * Lanes * d.blocksOf(panel) * Lanes
	lines = ceil(size, ceil(d.to-d.from, tile)*cacheLine)
	return d.packed[d.rowsAt(d.group, panel, first):][:size][min(size-1, position/tile*lines*cacheLine):], lines
}
