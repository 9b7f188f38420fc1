package kernels

// gradPositions is how many positions are summed at a stretch: so few that
// their source and gradient stay in the first cache, and that a plain sum of
// them is close.
const gradPositions = 128

// gradient computes dw from dy and x. Some panels of output blocks and blocks of input
// channels are one piece of work, which runs through the positions of all images in
// order.
func (p *pass) gradient(ws *Workspace, m *machine, n int, dw, dy, x []float32) {
	if p.groups == 1 && p.outBl*p.inBlocks() <= fewBlocks {
		p.gradientImages(ws, m, n, dw, dy, x)
		return
	}
	panels, blocks := p.gradCut(len(ws.workers))
	across, along := ceil(p.panels(), panels), ceil(p.inBlocks(), blocks)
	ws.each(p.groups*across*along, func(s *scratch, i int) {
		g := weightGradient{
			pass: p, machine: m, scratch: s,
			group: i / along / across, panel: i / along % across * panels, block: i % along * blocks,
		}
		g.panels, g.blocks = min(panels, p.panels()-g.panel), min(blocks, p.inBlocks()-g.block)
		g.acc = s.get(slotC, g.panels*g.size())
		clear(g.acc)
		g.sum(0, n, dy, x)
		for k := range g.panels {
			g.unpack(s, dw, k)
		}
	})
}

// fewBlocks are blocks of output times those of input channels that are too few to share
// out among threads: those of a network's first convolution.
const fewBlocks = 8

// gradientImages is gradient with an image a piece of work, whose sums are added up
// afterwards, in order.
func (p *pass) gradientImages(ws *Workspace, m *machine, n int, dw, dy, x []float32) {
	whole := weightGradient{pass: p, machine: m, panels: p.panels(), blocks: p.inBlocks()}
	size := whole.panels * whole.size()
	sums := ws.shared.get(slotC, n*size)
	clear(sums)
	ws.each(n, func(s *scratch, image int) {
		g := whole
		g.scratch, g.acc = s, sums[image*size:][:size]
		g.sum(image, image+1, dy, x)
	})
	whole.acc = sums[:size]
	ws.each(whole.panels, func(s *scratch, k int) {
		for image := 1; image < n; image++ {
			m.blockAdd(whole.size()/Lanes, &sums[k*whole.size()], &sums[image*size+k*whole.size()])
		}
		whole.unpack(s, dw, k)
	})
}

// gradPanels is how many panels a piece has at most, and gradSums the bytes of its
// sums: so few that they stay in the second cache, with the input and the gradient of
// a stretch.
const gradPanels, gradSums = 4, 192 << 10

// gradCut is how many panels, and blocks of input channels, one piece of work takes:
// as many as the second cache holds, since each panel reads the input and each block
// the gradient, but leaving work for all threads; and so that taps and lanes leave few
// places of a tile empty.
func (p *pass) gradCut(threads int) (panels, blocks int) {
	few := 1
	for few < 3 && few*len(p.taps)*p.lanes%p.combos != 0 {
		few++
	}
	panels = min(gradPanels, p.panels())
	times := gradSums / (panels * p.perPanel * laneBytes * few * len(p.taps) * p.lanes)
	times = min(8, max(1, times)) // that few blocks are taken
	for p.groups*ceil(p.panels(), panels)*ceil(p.inBlocks(), times*few) < piecesFor(threads) && (panels > 1 || times > 1) {
		if panels > 1 && (times == 1 || panels*p.perPanel >= times*few) {
			panels = ceil(panels, 2)
		} else {
			times = ceil(times, 2)
		}
	}
	return panels, min(times*few, p.inBlocks())
}

type weightGradient struct {
	*pass
	machine       *machine
	scratch       *scratch
	group         int
	panel, panels int // the first, and how many
	block, blocks int // of input channels: the same

	acc   []float32 // [panel][block][tap][lane][channel of the panel]
	grads []float32 // of a stretch and a panel, [position][channel of the panel]
}

// size is the sums of a panel.
func (g *weightGradient) size() int { return g.tiles() * g.combos * g.perPanel * Lanes }

// tiles are those of a panel.
func (g *weightGradient) tiles() int { return ceil(g.blocks*len(g.taps)*g.lanes, g.combos) }

// unpack puts the sums of a panel in their places in dw.
func (g *weightGradient) unpack(s *scratch, dw []float32, k int) {
	g.unpackPanel(s, g.machine, dw, g.acc[k*g.size():], g.group, g.panel+k, g.block, g.blocks, len(g.taps)*g.lanes, g.lanes)
}

// sum adds what images from..to-1 give to acc.
func (g *weightGradient) sum(from, to int, dy, x []float32) {
	rows, cols := min(g.gridH, max(1, gradPositions/g.gridW)), g.gridW
	if g.gridH == 1 && !g.padded {
		cols = min(cols, gradPositions)
	}
	var buf []float32
	if g.padded {
		buf = g.scratch.get(slotX, g.copySize(g.blocks, rows))
	}
	g.grads = g.scratch.get(slotB, rows*cols*g.perPanel*Lanes)
	for image := from; image < to; image++ {
		for top := 0; top < g.gridH; top += rows {
			for left := 0; left < g.gridW; left += cols {
				h, w := min(rows, g.gridH-top), min(cols, g.gridW-left)
				b := g.source(g.machine, buf, x, image, g.group, g.block, g.blocks, top, h, left)
				g.scratch.ints = g.combinations(g.scratch.ints, &b)
				for k := range g.panels {
					g.add(&b, k, dy, image, top, left, h, w)
				}
			}
		}
	}
}

// add adds what a stretch of h by w positions gives to a panel.
func (g *weightGradient) add(b *band, k int, dy []float32, image, top, left, h, w int) {
	blocks := g.blocksOf(g.panel + k)
	plane := g.outH * g.outW * Lanes
	from := ((image*g.groups+g.group)*g.outBl+(g.panel+k)*g.perPanel)*plane + (top*g.outW+left)*Lanes
	for o := range blocks {
		for r := range h {
			g.machine.moveVectors(w, &g.grads[(r*w*blocks+o)*Lanes], blocks*laneBytes, vectors(dy, from+o*plane+r*g.outW*Lanes, w), laneBytes)
		}
	}
	acc := g.acc[k*g.size():]
	for t := range g.tiles() {
		g.machine.gradTile[blocks](h, w, &b.data[b.base], &g.scratch.ints[t*g.combos],
			g.stepX*g.lanes*floatBytes, g.stepY*b.row*floatBytes,
			&g.grads[0], w*blocks*laneBytes, &acc[t*g.combos*blocks*Lanes])
	}
}

// combinations are the offsets of every tap's lanes, filled up with the first.
func (g *weightGradient) combinations(to []int, b *band) []int {
	to = to[:0]
	g.scratch.taps = g.offsets(g.scratch.taps, b, g.blocks)
	for _, o := range g.scratch.taps {
		for l := range g.lanes {
			to = append(to, o+l*floatBytes)
		}
	}
	for len(to)%g.combos > 0 {
		to = append(to, to[0])
	}
	return to
}
