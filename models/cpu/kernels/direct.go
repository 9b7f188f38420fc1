package kernels

const (
	directWeights = 20 << 10 // bytes of packed weights that stay in the first cache
	directSource  = 160 << 10
)

// run computes out from src for n images.
func (p *pass) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	if len(p.taps) == 0 {
		p.clear(ws, n, out)
		return
	}
	packed := w.ready(ws, m, p)
	rows, cols := p.cut(n, len(ws.workers))
	bands, stretches := ceil(p.gridH, rows), ceil(p.gridW, cols)
	pieces := bands * stretches
	ws.each(n*p.groups*pieces, func(s *scratch, i int) {
		d := direct{
			pass: p, machine: m, scratch: s, out: out, packed: packed, epilogue: e,
			image: i / pieces / p.groups, group: i / pieces % p.groups,
			top: i % pieces / stretches * rows, left: i % pieces % stretches * cols,
		}
		d.rows, d.cols = min(rows, p.gridH-d.top), min(cols, p.gridW-d.left)
		d.compute(src)
	})
}

// cut is the size of a piece of work: a band of rows, or a stretch of a single
// row, whose source fits the second cache.
func (p *pass) cut(n, threads int) (rows, cols int) {
	perPosition := p.inBlocks() * p.lanes * floatBytes
	if p.gridH == 1 && !p.padded {
		cols = max(4*maxPixels, directSource/perPosition/maxPixels*maxPixels)
		if fair := ceil(n*p.groups*p.gridW, 4*threads); fair < cols {
			cols = max(4*maxPixels, ceil(fair, maxPixels)*maxPixels)
		}
		return 1, min(cols, p.gridW)
	}
	rows = max(1, directSource/(perPosition*p.gridW*p.stepX*p.stepY))
	if fair := ceil(n*p.groups*p.gridH, 4*threads); fair < rows {
		rows = max(1, fair)
	}
	return min(rows, p.gridH), p.gridW
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
	left, cols   int
}

func (d *direct) compute(src []float32) {
	inBlocks := d.inBlocks()
	var buf []float32
	if d.padded {
		buf = d.scratch.get(slotX, d.copySize(inBlocks, d.rows))
	}
	b := d.source(buf, src, d.image, d.group, 0, inBlocks, d.top, d.rows, d.left)
	perBlock := len(d.taps) * d.lanes * maxBlocks * Lanes * floatBytes
	chunk := min(inBlocks, max(1, directWeights/perBlock))
	d.scratch.ints = d.offsets(d.scratch.ints, &b, chunk)
	for pair := range d.pairs() {
		for first := 0; first < inBlocks; first += chunk {
			d.multiply(&b, pair, first, min(chunk, inBlocks-first), first+chunk >= inBlocks)
		}
	}
}

// multiply adds what some blocks of source channels give to a pair of output
// blocks.
func (d *direct) multiply(b *band, pair, first, count int, last bool) {
	blocks := d.blocksOf(pair)
	plane := d.outH * d.outW * Lanes
	base := ((d.image*d.groups+d.group)*d.outBl + pair*maxBlocks) * plane
	n := count * len(d.taps)
	w := &d.packed[(d.group*d.pairs()+pair)*d.pairSize()+first*len(d.taps)*d.lanes*blocks*Lanes]
	var bias *float32
	flags := 0
	if first > 0 {
		flags |= addResult
	} else {
		bias = at(d.epilogue.Bias, (d.group*d.outBl+pair*maxBlocks)*Lanes)
	}
	if last && d.epilogue.ReLU {
		flags |= cutResult
	}
	tiles := ceil(d.cols, tileVectors/blocks)
	for r := range d.rows {
		y := base + ((d.fromY+(d.top+r)*d.outStepY)*d.outW+d.fromX+d.left*d.outStepX)*Lanes
		x := b.base + first*b.block + r*d.stepY*b.row
		for t := range tiles {
			l, next := t*d.cols/tiles, (t+1)*d.cols/tiles
			to := y + l*d.outStepX*Lanes
			var res *float32
			if first == 0 { // with the first sums, since y may be the residual
				res = at(d.epilogue.Residual, to)
			}
			d.machine.convTile[blocks][next-l](n, &d.scratch.ints[0], d.lanes, &b.data[x+l*d.stepX*d.lanes],
				d.stepX*d.lanes*floatBytes, w, &d.out[to], d.outStepX*laneBytes, plane*floatBytes, bias, res, flags)
		}
	}
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
