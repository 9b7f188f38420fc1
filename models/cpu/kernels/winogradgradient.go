package kernels

// The gradient of a 3x3 kernel in minimal form, F(3x3,4x4): of each tile, the
// 4x4 gradients are the kernel that slides over the 6x6 inputs. Both are
// turned, multiplied and summed over the tiles of all images; the sums are
// turned back once.

// gradBytes is about how much turned input and gradient is in work at once.
const gradBytes = 3 << 20

// gradient computes dw from dy and x.
func (p *winogradPass) gradient(ws *Workspace, m *machine, n int, dw, dy, x []float32) {
	total := n * p.tilesH * p.tilesW
	switch {
	case p.groups > 1:
		p.gradientGroups(ws, m, total, dw, dy, x)
		return
	case p.byPanels(total * (p.inBl + p.outBl)):
		p.gradientPanels(ws, m, total, dw, dy, x)
		return
	}
	chunk := min(total, max(48, gradBytes/(tilePoints*(p.inBl+p.outBl)*laneBytes)))
	g := winogradGradient{winogradPass: p, machine: m}
	g.reserve(&ws.shared, chunk)
	g.clear(&ws.shared)
	for first := 0; first < total; first += chunk {
		g.turn(ws, first, min(chunk, total-first), x, dy)
		ws.each(p.panels()*tilePoints, func(_ *scratch, i int) {
			g.panel(i / tilePoints).add(i % tilePoints)
		})
	}
	ws.each(p.panels()*p.inBl, func(s *scratch, i int) {
		g.panel(i/p.inBl).unpack(s, dw, i%p.inBl)
	})
}

// gradientPanels is gradient with all tiles at once, each thread some output and some
// input channels, whose sums stay in the second cache.
func (p *winogradPass) gradientPanels(ws *Workspace, m *machine, total int, dw, dy, x []float32) {
	g := winogradGradient{winogradPass: p, machine: m}
	g.reserve(&ws.shared, total)
	g.turn(ws, 0, total, x, dy)
	const few = 3 // blocks, whose channels fill the tiles of any machine
	parts := max(ceil(p.inBl*tilePoints*Lanes*p.perPanel*laneBytes, sumBytes), ceil(2*len(ws.workers), p.panels()))
	most := few * ceil(p.inBl, few*parts)
	parts = ceil(p.inBl, most)
	ws.each(p.panels()*parts, func(s *scratch, i int) {
		first := i % parts * most
		sums := g.sumsOf(i/parts, first, min(most, p.inBl-first))
		sums.values = s.get(slotC, sums.size())
		clear(sums.values)
		for point := range tilePoints {
			sums.add(point)
		}
		for b := range sums.blocks {
			sums.unpack(s, dw, b)
		}
	})
}

// sumBytes is about how much the sums of a piece of work take: a part of the second cache.
const sumBytes = 1 << 20

// gradientGroups is gradient of several groups of channels, each of which a thread
// does by itself.
func (p *winogradPass) gradientGroups(ws *Workspace, m *machine, total int, dw, dy, x []float32) {
	const bytes = 256 << 10 // of turned input and gradient: they stay in the second cache
	chunk := min(total, max(24, bytes/(tilePoints*(p.inBl+p.outBl)*laneBytes)))
	ws.each(p.groups, func(s *scratch, group int) {
		g := winogradGradient{winogradPass: p, machine: m, group: group}
		g.reserve(s, chunk)
		g.clear(s)
		for first := 0; first < total; first += chunk {
			g.begin(s, first, min(chunk, total-first))
			for i := range g.parts() {
				g.turnPart(s, i, x, dy)
			}
			for i := range p.panels() * tilePoints {
				g.panel(i / tilePoints).add(i % tilePoints)
			}
		}
		for i := range p.panels() * p.inBl {
			g.panel(i/p.inBl).unpack(s, dw, i%p.inBl)
		}
	})
}

// winogradGradient is the turned input and gradient of a run of tiles.
type winogradGradient struct {
	*winogradPass
	machine      *machine
	group        int
	first, count int       // tiles
	points       []float32 // [point][input block][tile][lane]
	grads        []float32 // [point][panel][tile][channel of the panel]
	offsets      []int     // of the input channels in a point
	sums         []float32 // of all panels
}

// reserve makes room for so many tiles.
func (g *winogradGradient) reserve(s *scratch, tiles int) {
	g.points = s.get(slotX, tilePoints*spaced(g.inBl*tiles))
	g.grads = s.get(slotB, tilePoints*spaced(g.outBl*tiles))
}

// clear makes the sums of all panels zero.
func (g *winogradGradient) clear(s *scratch) {
	g.sums = s.get(slotC, g.panels()*g.sumsOf(0, 0, g.inBl).size())
	clear(g.sums)
}

// begin begins a run of tiles.
func (g *winogradGradient) begin(s *scratch, first, count int) {
	g.first, g.count = first, count
	s.ints = g.laneOffsets(s.ints, count)
	g.offsets = s.ints
}

// turn turns tiles, each thread some blocks.
func (g *winogradGradient) turn(ws *Workspace, first, count int, x, dy []float32) {
	g.begin(&ws.shared, first, count)
	ws.each(g.parts(), func(s *scratch, i int) { g.turnPart(s, i, x, dy) })
}

// gradPart is how many blocks of the gradient are turned by one piece of work, at most:
// their values of a tile fill whole lines.
const gradPart = 4

// parts are those of the gradient's panels, and then the blocks of the input.
func (g *winogradGradient) parts() int { return g.panels()*g.partsOfPanel() + g.inBl }

func (g *winogradGradient) partsOfPanel() int { return ceil(g.perPanel, gradPart) }

func (g *winogradGradient) turnPart(s *scratch, i int, x, dy []float32) {
	piece := winogradPiece{winogradPass: g.winogradPass, machine: g.machine, group: g.group, first: g.first, count: g.count}
	if grads := g.panels() * g.partsOfPanel(); i >= grads {
		piece.turnBlock(s, g.points, x, i-grads)
		return
	}
	panel, first := i/g.partsOfPanel(), i%g.partsOfPanel()*gradPart
	piece.turnGrad(s, g.grads, dy, panel, first, min(g.blocksOf(panel), first+gradPart))
}

// turnGrad turns the gradient tiles of blocks lo..hi-1 of a panel.
func (w *winogradPiece) turnGrad(s *scratch, grads, dy []float32, panel, lo, hi int) {
	blocks, plane := w.blocksOf(panel), w.outH*w.outW*Lanes
	point := spaced(w.outBl*w.count) * floatBytes
	grads = grads[panel*w.perPanel*w.count*Lanes:]
	turn := func(n, tile, b, together int, from []float32, row, pair int) {
		to := &grads[(tile*blocks+b)*Lanes]
		if together == 2 {
			w.machine.winogradGrads(n, to, tileIn*point, point, blocks*laneBytes, &from[0], row*laneBytes, laneBytes, tileOut*laneBytes, pair*floatBytes)
		} else {
			w.machine.winogradGrad(n, to, tileIn*point, point, blocks*laneBytes, &from[0], row*laneBytes, laneBytes, tileOut*laneBytes)
		}
	}
	most := 1
	if w.machine.winogradGrads != nil {
		most = 2
	}
	w.eachRun(func(t, image, ty, tx, count int) {
		whole := 0
		if ty*tileOut+tileOut <= w.outH {
			whole = max(0, min(count, w.outW/tileOut-tx))
		}
		for b := lo; b < hi; b += most {
			together := min(most, hi-b)
			from := dy[((image*w.groups+w.group)*w.outBl+panel*w.perPanel+b)*plane:][:together*plane]
			if whole > 0 {
				turn(whole, t, b, together, from[(ty*tileOut*w.outW+tx*tileOut)*Lanes:], w.outW, plane)
			}
			for i := whole; i < count; i++ {
				y, x := ty*tileOut, (tx+i)*tileOut
				for k := range together {
					edge := &s.edges[k]
					clear(edge[:])
					for r := range min(tileOut, w.outH-y) {
						copy(edge[r*tileOut*Lanes:][:min(tileOut, w.outW-x)*Lanes], from[k*plane+((y+r)*w.outW+x)*Lanes:])
					}
				}
				turn(1, t+i, b, together, s.edges[0][:], tileOut, len(s.edges[0]))
			}
		}
	})
}

// winogradSums are the sums of a panel of output channels and some blocks of input
// channels, [point][input channel][channel of the panel].
type winogradSums struct {
	*winogradGradient
	panelIndex    int
	block, blocks int // of input channels: the first, and how many
	values        []float32
}

// sumsOf are those of a panel and some blocks of input channels, without room for them.
func (g *winogradGradient) sumsOf(panel, block, blocks int) winogradSums {
	return winogradSums{winogradGradient: g, panelIndex: panel, block: block, blocks: blocks}
}

// panel is the sums of a panel, of all input channels.
func (g *winogradGradient) panel(i int) winogradSums {
	s := g.sumsOf(i, 0, g.inBl)
	s.values = g.sums[i*s.size():][:s.size()]
	return s
}

// channels are the input channels, rounded up to what a tile takes.
func (s winogradSums) channels() int { return ceil(s.blocks*Lanes, s.combos) * s.combos }

// point is the sums of a point, in values.
func (s winogradSums) point() int { return spaced(s.channels() * s.perPanel) }

func (s winogradSums) size() int { return tilePoints * s.point() }

// add adds the products of a point.
func (s winogradSums) add(point int) {
	blocks := s.blocksOf(s.panelIndex)
	from := &s.points[point*spaced(s.inBl*s.count)]
	grads := &s.grads[point*spaced(s.outBl*s.count)+s.panelIndex*s.perPanel*s.count*Lanes]
	for k := 0; k < s.channels(); k += s.combos {
		s.machine.gradTile[blocks](1, s.count, from, &s.offsets[s.block*Lanes+k], laneBytes, 0, grads, 0, &s.values[point*s.point()+k*blocks*Lanes])
	}
}

// unpack turns the sums of one of the input blocks back and puts them in their places
// in dw.
func (s winogradSums) unpack(sc *scratch, dw []float32, i int) {
	blocks, point := s.blocksOf(s.panelIndex), s.point()*floatBytes
	kernels := sc.get(slotKernels, Lanes*9*Lanes) // [input lane][tap][output lane]
	lo := (s.block + i) * Lanes
	for o := range blocks {
		s.machine.winogradWeights(Lanes, &kernels[0], 3*laneBytes, laneBytes, 9*laneBytes,
			&s.values[(i*Lanes*blocks+o)*Lanes], tileIn*point, point, blocks*laneBytes)
		s.scatter(s.machine, dw, kernels, s.group, s.panelIndex*s.perPanel+o, lo, min(s.in, lo+Lanes))
	}
}
