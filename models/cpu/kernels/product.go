package kernels

// A convolution of one tap that fills whole planes is a product of matrices:
// weights by channels with channels by positions, those of all images. The
// source is copied to where its tiles lie close together, since the planes of an
// image may lie so far apart that they displace each other in the caches.

// productPanels is how many panels at least share a copy of the source.
const productPanels = 4

// multiply computes out from src for n images.
func (p *pass) multiply(ws *Workspace, m *machine, n int, out, src, packed []float32, e Epilogue) {
	p.multiplyOf(ws, m, n, out, src, nil, packed, e)
}

// multiplyOf is multiply of src or, without it, of what a norm gives.
func (p *pass) multiplyOf(ws *Workspace, m *machine, n int, out, src []float32, norm *Normed, packed []float32, e Epilogue) {
	tile := m.pixels[m.blocks]
	total, threads := n*p.positions(), len(ws.workers)
	most := max(4*tile, m.source/(p.chunk()*laneBytes)/tile*tile)
	runs := ceil(total, most)
	ranges := 1
	if fair := ceil(piecesFor(threads), p.groups); runs < fair { // rather share out panels than cut small
		ranges = min(ceil(p.panels(), productPanels), ceil(fair, runs))
		runs = max(runs, min(ceil(fair, ranges), total/(4*tile)))
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
	inBlocks, chunk, width := d.inBlocks(), d.chunk(), (d.to-d.from)*Lanes
	buf := d.scratch.get(slotX, chunk*width)
	for first := 0; first < inBlocks; first += chunk {
		count := min(chunk, inBlocks-first)
		offsets := d.scratch.ints[:0]
		for b := range count {
			offsets = append(offsets, b*width*floatBytes)
		}
		d.scratch.ints = offsets
		d.segments(func(image, from, to, before int) {
			plane := d.srcH * d.srcW * Lanes
			for b := range count {
				if d.norm != nil {
					d.norm.collect(d.scratch, d.machine, buf[b*width+before*Lanes:], image, first+b, from, to-from)
					continue
				}
				at := ((image*d.groups+d.group)*d.inBl + first + b) * plane
				d.collect(buf[b*width+before*Lanes:], src[at:at+plane], from, to)
			}
		})
		for panel := d.firstPanel; panel < d.endPanel; panel++ {
			d.add(buf, panel, first, count)
		}
	}
}

// collect copies what positions from..to-1 read of a plane.
func (p *pass) collect(buf, plane []float32, from, to int) {
	if p.gridH == p.srcH && p.gridW == p.srcW {
		copy(buf, plane[from*Lanes:to*Lanes])
		return
	}
	for at := from; at < to; at++ {
		y, x := at/p.gridW*p.stepY+p.minY, at%p.gridW*p.stepX+p.minX
		moveVector(buf[(at-from)*Lanes:], plane[(y*p.srcW+x)*Lanes:])
	}
}

// add adds what some blocks of source channels give to a panel of output blocks.
func (d *product) add(buf []float32, panel, first, count int) {
	blocks, plane := d.blocksOf(panel), d.positions()*Lanes
	w := d.rowsOf(d.packed, d.group, panel, first)
	bias, flags := d.ends(d.epilogue, d.group, panel, first, count)
	d.segments(func(image, from, to, before int) {
		base := ((image*d.groups+d.group)*d.outBl + panel*d.perPanel) * plane
		tiles := sharesOf(to-from, d.machine.pixels[blocks])
		for t, l := 0, 0; t < tiles.count; t++ {
			pixels := tiles.of(t)
			y := base + (from+l)*Lanes
			var res *float32
			if first == 0 { // with the first sums, since y may be the residual
				res = at(d.epilogue.Residual, y)
			}
			d.machine.convTile[blocks][pixels](count, &d.scratch.ints[0], Lanes, &buf[(before+l)*Lanes], laneBytes,
				w, &d.out[y], laneBytes, plane*floatBytes, bias, res, flags)
			l += pixels
		}
	})
}
