package kernels

// gradient computes dw from dy and x. Both are turned to have the images beside
// each other, so that a tile runs through all images of a row of positions.
func (s *stacked) gradient(ws *Workspace, m *machine, n int, dw, dy, x []float32) {
	panels := s.panels()
	inPlane, outPlane := s.srcH*s.srcW, s.outH*s.outW
	source := s.stackSource(ws, m, n, x)
	ws.shared.ints = s.laneOffsets(ws.shared.ints, inPlane*n)
	ws.each(s.groups*panels, func(sc *scratch, i int) {
		g := stackedGradient{stacked: s, machine: m, n: n, offsets: ws.shared.ints, group: i / panels, panel: i % panels}
		g.source = source[g.group*s.inBl*inPlane*n*Lanes:]
		first, blocks := g.group*s.outBl+g.panel*g.perPanel, s.blocksOf(g.panel)
		g.grads = sc.get(slotB, blocks*outPlane*n*Lanes)
		for b := range blocks {
			m.stackImages(g.grads[b*Lanes:], blocks, dy[(first+b)*outPlane*Lanes:], n, outPlane, s.groups*s.outBl*outPlane)
		}
		g.sums = sc.get(slotC, len(s.taps)*len(g.offsets)*blocks*Lanes)
		clear(g.sums)
		for t := range s.taps {
			g.sum(t)
		}
		s.unpackPanel(sc, m, dw, g.sums, g.group, g.panel, 0, s.inBl, Lanes, len(g.offsets))
	})
}

type stackedGradient struct {
	*stacked
	machine      *machine
	n            int
	offsets      []int // of the input channels
	group, panel int
	source       []float32 // of the group, [block][position][image][lane]
	grads        []float32 // of the panel, [position][image][channel of the panel]
	sums         []float32 // [tap][input channel][channel of the panel]
}

// sum adds up a tap's sums.
func (g *stackedGradient) sum(tap int) {
	w, t, blocks := g.windows[tap], g.taps[tap], g.blocksOf(g.panel)
	rows, cols := w.bottom-w.top, w.right-w.left
	if rows == 0 || cols == 0 {
		return
	}
	position := g.n * laneBytes
	sums := g.sums[tap*len(g.offsets)*blocks*Lanes:]
	for k := 0; k < len(g.offsets); k += g.combos {
		tile := func(i, l, rows, cols, xrow, dyrow int) {
			from := ((i*g.stepY+t.y)*g.srcW + l*g.stepX + t.x) * g.n * Lanes
			g.machine.gradTile[blocks](rows, cols, &g.source[from], &g.offsets[k], laneBytes, xrow,
				&g.grads[(i*g.outW+l)*g.n*blocks*Lanes], dyrow*blocks, &sums[k*blocks*Lanes])
		}
		if g.stepX == 1 { // the positions of a row follow each other in both
			tile(w.top, w.left, rows, cols*g.n, g.stepY*g.srcW*position, g.outW*position)
			continue
		}
		for i := w.top; i < w.bottom; i++ {
			tile(i, w.left, cols, g.n, g.stepX*position, position)
		}
	}
}
