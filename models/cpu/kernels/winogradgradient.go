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
	sums := ws.shared.get(slotC, tilePoints*p.panels()*p.sumSize())
	clear(sums)
	for first := 0; first < total; first += chunk {
		g.turn(ws, first, min(chunk, total-first), x, dy)
		ws.each(p.panels()*tilePoints, func(s *scratch, i int) {
			g.sum(s, sums[i*p.sumSize():], i/tilePoints, i%tilePoints)
		})
	}
	ws.each(p.panels()*p.inBl, func(s *scratch, i int) {
		panel := i / p.inBl
		p.unpack(s, m, dw, sums[panel*tilePoints*p.sumSize():], 0, panel, i%p.inBl)
	})
}

// gradientPanels is gradient with all tiles at once, each thread some output
// channels, whose sums stay in the second cache.
func (p *winogradPass) gradientPanels(ws *Workspace, m *machine, total int, dw, dy, x []float32) {
	g := winogradGradient{winogradPass: p, machine: m}
	g.reserve(&ws.shared, total)
	g.turn(ws, 0, total, x, dy)
	ws.each(p.panels(), func(s *scratch, panel int) {
		sums := s.get(slotC, tilePoints*p.sumSize())
		clear(sums)
		for point := range tilePoints {
			g.sum(s, sums[point*p.sumSize():], panel, point)
		}
		for b := range p.inBl {
			p.unpack(s, m, dw, sums, 0, panel, b)
		}
	})
}

// gradientGroups is gradient of several groups of channels, each of which a thread
// does by itself.
func (p *winogradPass) gradientGroups(ws *Workspace, m *machine, total int, dw, dy, x []float32) {
	const bytes = 256 << 10 // of turned input and gradient: they stay in the second cache
	chunk := min(total, max(24, bytes/(tilePoints*(p.inBl+p.outBl)*laneBytes)))
	size := tilePoints * p.sumSize()
	ws.each(p.groups, func(s *scratch, group int) {
		g := winogradGradient{winogradPass: p, machine: m, group: group}
		g.reserve(s, chunk)
		sums := s.get(slotC, p.panels()*size)
		clear(sums)
		for first := 0; first < total; first += chunk {
			g.begin(s, first, min(chunk, total-first))
			for b := range p.inBl + p.outBl {
				g.turnBlock(s, b, x, dy)
			}
			for i := range p.panels() * tilePoints {
				g.sum(s, sums[i*p.sumSize():], i/tilePoints, i%tilePoints)
			}
		}
		for i := range p.panels() * p.inBl {
			panel := i / p.inBl
			p.unpack(s, m, dw, sums[panel*size:], group, panel, i%p.inBl)
		}
	})
}

// sumSize is the sums of one point and panel.
func (p *winogradPass) sumSize() int { return p.combinations() * p.perPanel * Lanes }

// combinations are the input channels, rounded up to what a tile takes.
func (p *winogradPass) combinations() int { return ceil(p.inBl*Lanes, p.combos) * p.combos }

// winogradGradient is the turned input and gradient of a run of tiles.
type winogradGradient struct {
	*winogradPass
	machine      *machine
	group        int
	first, count int       // tiles
	points       []float32 // [point][input block][tile][lane]
	grads        []float32 // [point][output block][tile][lane]
	offsets      []int     // of the input channels in a point
}

// reserve makes room for so many tiles.
func (g *winogradGradient) reserve(s *scratch, tiles int) {
	g.points = s.get(slotX, tilePoints*g.inBl*tiles*Lanes)
	g.grads = s.get(slotB, tilePoints*g.outBl*tiles*Lanes)
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
	ws.each(g.inBl+g.outBl, func(s *scratch, b int) { g.turnBlock(s, b, x, dy) })
}

// turnBlock turns a block of the input or, after those, of the gradient.
func (g *winogradGradient) turnBlock(s *scratch, b int, x, dy []float32) {
	piece := winogradPiece{winogradPass: g.winogradPass, machine: g.machine, group: g.group, first: g.first, count: g.count}
	if b < g.inBl {
		piece.turnBlock(s, g.points, x, b)
	} else {
		piece.turnGrad(s, g.grads, dy, b-g.inBl)
	}
}

// sum adds the products of a panel at a point.
func (g *winogradGradient) sum(s *scratch, sums []float32, panel, point int) {
	blocks := g.blocksOf(panel)
	first := (point*g.outBl + panel*g.perPanel) * g.count * Lanes
	grads := s.get(slotRows, g.count*blocks*Lanes)
	for b := range blocks {
		g.machine.moveVectors(g.count, &grads[b*Lanes], blocks*laneBytes, vectors(g.grads, first+b*g.count*Lanes, g.count), laneBytes)
	}
	from := &g.points[point*g.inBl*g.count*Lanes]
	for k := 0; k < g.combinations(); k += g.combos {
		g.machine.gradTile[blocks](1, g.count, from, &g.offsets[k], laneBytes, 0, &grads[0], 0, &sums[k*blocks*Lanes])
	}
}

// turnGrad turns one block's gradient tiles.
func (w *winogradPiece) turnGrad(s *scratch, points, dy []float32, b int) {
	point := w.outBl * w.count * laneBytes
	w.eachRun(func(t, image, ty, tx, count int) {
		plane := dy[((image*w.groups+w.group)*w.outBl+b)*w.outH*w.outW*Lanes:][:w.outH*w.outW*Lanes]
		to := points[(b*w.count+t)*Lanes:]
		whole := 0
		if ty*tileOut+tileOut <= w.outH {
			whole = max(0, min(count, w.outW/tileOut-tx))
		}
		if whole > 0 {
			w.machine.winogradGrad(whole, &to[0], tileIn*point, point, laneBytes,
				&plane[(ty*tileOut*w.outW+tx*tileOut)*Lanes], w.outW*laneBytes, laneBytes, tileOut*laneBytes)
		}
		for i := whole; i < count; i++ {
			edge := &s.edges[0]
			clear(edge[:])
			y, x := ty*tileOut, (tx+i)*tileOut
			for r := range min(tileOut, w.outH-y) {
				copy(edge[r*tileOut*Lanes:][:min(tileOut, w.outW-x)*Lanes], plane[((y+r)*w.outW+x)*Lanes:])
			}
			w.machine.winogradGrad(1, &to[i*Lanes], tileIn*point, point, 0, &edge[0], tileOut*laneBytes, laneBytes, 0)
		}
	})
}

// unpack turns the sums of a panel and an input block back and puts them in
// their places in dw.
func (p *winogradPass) unpack(s *scratch, m *machine, dw, sums []float32, group, panel, block int) {
	blocks := p.blocksOf(panel)
	point := p.sumSize() * floatBytes
	kernels := s.get(slotKernels, Lanes*9*Lanes) // [input lane][tap][output lane]
	for o := range blocks {
		m.winogradWeights(Lanes, &kernels[0], 3*laneBytes, laneBytes, 9*laneBytes,
			&sums[(block*Lanes*blocks+o)*Lanes], tileIn*point, point, blocks*laneBytes)
		p.scatter(m, dw, kernels, group, panel*p.perPanel+o, block*Lanes, min(p.in, (block+1)*Lanes))
	}
}
