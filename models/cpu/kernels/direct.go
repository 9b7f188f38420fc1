package kernels

// directRows is how many rows of packed weights are multiplied at a time: so few
// that those of a panel stay in the first caches for all tiles.
const directRows = 320

// run computes out from src for n images.
func (p *pass) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	if len(p.taps) == 0 {
		p.clear(ws, n, out)
		return
	}
	packed := w.ready(ws, m, p)
	if p.whole {
		p.multiply(ws, m, n, out, src, packed, e)
		return
	}
	rows := p.cut(m, n, len(ws.workers))
	bands := ceil(p.gridH, rows)
	ws.each(n*p.groups*bands, func(s *scratch, i int) {
		d := direct{
			pass: p, machine: m, scratch: s, out: out, packed: packed, epilogue: e,
			image: i / bands / p.groups, group: i / bands % p.groups, top: i % bands * rows,
		}
		d.rows = min(rows, p.gridH-d.top)
		d.compute(src)
	})
}

// chunk is how many blocks of source channels are multiplied at a time.
func (p *pass) chunk() int {
	return min(p.inBlocks(), max(1, directRows/(len(p.taps)*p.lanes)))
}

// cut is the rows of a piece of work, whose source fits the second cache.
func (p *pass) cut(m *machine, n, threads int) int {
	rows := m.source / (p.chunk() * p.lanes * floatBytes * p.gridW * p.stepX * p.stepY)
	return min(p.gridH, max(1, min(rows, ceil(n*p.groups*p.gridH, piecesFor(threads)))))
}

// piecesFor is how many pieces of work threads can share out fairly.
func piecesFor(threads int) int {
	if threads == 1 {
		return 1
	}
	return 4 * threads
}

// direct is one piece of a pass.
type direct struct {
	*pass
	machine     *machine
	scratch     *scratch
	out, packed []float32
	epilogue    Epilogue

	image, group int
	top, rows    int
}

func (d *direct) compute(src []float32) {
	inBlocks, chunk := d.inBlocks(), d.chunk()
	var buf []float32
	if d.padded {
		buf = d.scratch.get(slotX, d.copySize(chunk, d.rows))
	}
	for first := 0; first < inBlocks; first += chunk {
		count := min(chunk, inBlocks-first)
		b := d.source(d.machine, buf, src, d.image, d.group, first, count, d.top, d.rows, 0)
		d.scratch.ints = d.offsets(d.scratch.ints, &b, count)
		for panel := range d.panels() {
			d.add(&b, panel, first, count)
		}
	}
}

// add adds what some blocks of source channels give to a panel of output blocks.
func (d *direct) add(b *band, panel, first, count int) {
	blocks := d.blocksOf(panel)
	plane := d.outH * d.outW * Lanes
	base := ((d.image*d.groups+d.group)*d.outBl + panel*d.perPanel) * plane
	row := tileRow{
		n: count * len(d.taps), lanes: d.lanes, offsets: &d.scratch.ints[0], xStep: d.stepX * d.lanes * floatBytes, w: &d.packed[d.rowsAt(d.group, panel, first)],
		yStep: d.outStepX * laneBytes, yBlock: plane * floatBytes,
	}
	row.bias, row.flags = d.ends(d.epilogue, d.group, panel, first, count)
	tiles := sharesOf(d.gridW, d.machine.pixels[blocks])
	for r := range d.rows {
		y := base + ((d.fromY+(d.top+r)*d.outStepY)*d.outW+d.fromX)*Lanes
		row.x, row.y = &b.data[b.base+r*d.stepY*b.row], &d.out[y]
		if first == 0 { // with the first sums, since y may be the residual
			row.res = at(d.epilogue.Residual, y)
		}
		d.machine.row(d.scratch, blocks, tiles, &row)
	}
}

// rowsAt is where the packed weights of a panel are, from a block of source channels on.
func (p *pass) rowsAt(group, panel, first int) int {
	return (group*p.panels()+panel)*p.panelSize() + first*len(p.taps)*p.lanes*p.blocksOf(panel)*Lanes
}

// ends is what the tiles of some blocks of source channels do besides: the bias
// comes before the first, the cut after the last.
func (p *pass) ends(e Epilogue, group, panel, first, count int) (bias *float32, flags int) {
	if first > 0 {
		flags |= addResult
	} else {
		bias = at(e.Bias, (group*p.outBl+panel*p.perPanel)*Lanes)
	}
	if first+count == p.inBlocks() && e.ReLU {
		flags |= cutResult
	}
	return bias, flags
}

// clear zeroes the grid: no tap reaches it.
func (p *pass) clear(ws *Workspace, n int, out []float32) {
	plane := p.outH * p.outW * Lanes
	ws.each(n*p.groups*p.outBl, func(_ *scratch, i int) {
		o := out[i*plane : (i+1)*plane]
		for y := p.fromY; y < p.outH; y += p.outStepY {
			for x := p.fromX; x < p.outW; x += p.outStepX {
				*(*[Lanes]float32)(o[(y*p.outW+x)*Lanes:]) = [Lanes]float32{}
			}
		}
	})
}
