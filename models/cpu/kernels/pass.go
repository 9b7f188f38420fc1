package kernels

// pass is a convolution, forward or back to the input, in direct form: a grid
// of positions is laid over the images, and
//
//	out[o][i][l] = sum over channels c and taps t of
//	               source[c][i*stepY + t.y][l*stepX + t.x] * weight[o][c][t],
//
// zero outside the source. Forward, the grid is the output. Backward, the
// gradient of the input falls into stride*stride phases, each a grid of
// positions that the same taps reach; so no product is wasted on zeros that a
// strided convolution would put between its rows.
type pass struct {
	merged

	srcH, srcW   int
	stepY, stepX int
	taps         []tap
	lanes        int  // channels beside each other in the source
	plain        bool // the source is no blocks: (n,in,srcH,srcW)

	gridH, gridW int
	outH, outW   int // the plane that grid position (i,l) lies in ...
	fromY, fromX int // ... at (fromY+i*outStepY, fromX+l*outStepX)
	outStepY     int
	outStepX     int

	minY, maxY, minX, maxX int // of the taps
	padded                 bool
	whole                  bool // one tap inside the source, for whole planes
}

// tap is one element of the kernel: where it reads relative to the grid
// position's source, and which weight it multiplies.
type tap struct{ y, x, weight int }

func forwardPass(m *machine, s ConvShape) *pass {
	p := &pass{
		merged: merge(m, s, false), lanes: Lanes, plain: s.Plain,
		srcH: s.H, srcW: s.W, stepY: s.StrideH, stepX: s.StrideW,
		gridH: s.OutH(), gridW: s.OutW(), outH: s.OutH(), outW: s.OutW(), outStepY: 1, outStepX: 1,
	}
	for ky := range s.KH {
		for kx := range s.KW {
			p.taps = append(p.taps, tap{y: ky*s.DilationH - s.PadH, x: kx*s.DilationW - s.PadW, weight: ky*s.KW + kx})
		}
	}
	if p.plain && s.In <= 4 {
		p.lanes = 4
	}
	p.plan()
	return p
}

// backwardPass is the phase whose input positions are fromY, fromY+StrideH,
// .. by fromX, fromX+StrideW, ..
func backwardPass(m *machine, s ConvShape, fromY, fromX int) *pass {
	p := &pass{
		merged: merge(m, s, true), lanes: Lanes,
		srcH: s.OutH(), srcW: s.OutW(), stepY: 1, stepX: 1,
		gridH: ceil(s.H-fromY, s.StrideH), gridW: ceil(s.W-fromX, s.StrideW),
		outH: s.H, outW: s.W, fromY: fromY, fromX: fromX, outStepY: s.StrideH, outStepX: s.StrideW,
	}
	for ky := range s.KH {
		y := fromY + s.PadH - ky*s.DilationH
		if y%s.StrideH != 0 {
			continue
		}
		for kx := range s.KW {
			if x := fromX + s.PadW - kx*s.DilationW; x%s.StrideW == 0 {
				p.taps = append(p.taps, tap{y: y / s.StrideH, x: x / s.StrideW, weight: ky*s.KW + kx})
			}
		}
	}
	p.plan()
	return p
}

// plan works out the taps' reach. A pass of one tap over whole planes becomes
// one of a single row, whose positions follow each other: a stride that a side of one
// position never takes is none.
func (p *pass) plan() {
	if len(p.taps) == 0 {
		return
	}
	p.minY, p.maxY, p.minX, p.maxX = p.taps[0].y, p.taps[0].y, p.taps[0].x, p.taps[0].x
	for _, t := range p.taps {
		p.minY, p.maxY = min(p.minY, t.y), max(p.maxY, t.y)
		p.minX, p.maxX = min(p.minX, t.x), max(p.maxX, t.x)
	}
	p.padded = p.plain || p.minY < 0 || p.minX < 0 ||
		(p.gridH-1)*p.stepY+p.maxY >= p.srcH || (p.gridW-1)*p.stepX+p.maxX >= p.srcW
	p.whole = !p.padded && len(p.taps) == 1 && p.gridW == p.outW && p.gridH == p.outH
	if p.whole && p.gridW == p.srcW && p.gridH == p.srcH {
		p.gridH, p.gridW = 1, p.gridH*p.gridW
		p.srcH, p.srcW, p.outH, p.outW = 1, p.gridW, 1, p.gridW
		p.stepY, p.stepX = 1, 1
	}
}

func (p *pass) packedSize() int {
	return p.groups * p.panels() * p.panelSize()
}

// panelSize is the packed weights of a panel of output channels.
func (p *pass) panelSize() int { return p.inBlocks() * len(p.taps) * p.lanes * p.perPanel * Lanes }

// inBlocks is how many times lanes a group's input channels are.
func (p *pass) inBlocks() int { return ceil(p.in, p.lanes) }

// pack lays the weights out as [group][panel][inBlock][tap][lane][channel of the panel].
func (p *pass) pack(ws *Workspace, m *machine, packed, weights []float32) {
	size, panels := p.panelSize(), p.panels()
	if size == 0 || p.packAcross(ws, packed, weights, size) {
		return
	}
	ws.each(p.groups*panels, func(s *scratch, i int) {
		p.packPanel(s, m, packed[i*size:(i+1)*size], weights, i/panels, i%panels, len(p.taps)*p.lanes, p.lanes)
	})
}

// packPanel packs the weights of a panel of output channels: blocks of input
// channels and taps lie so many rows apart, a row being the panel's channels.
func (p *pass) packPanel(s *scratch, m *machine, to, weights []float32, group, panel, blockRows, tapRows int) {
	blocks := p.blocksOf(panel)
	if p.weights == 1 && p.packRows(m, to, weights, group, panel) {
		return
	}
	kernels := s.get(slotKernels, p.lanes*p.weights*Lanes)
	for b := range p.inBlocks() {
		for o := range blocks {
			p.gather(m, kernels, weights, group, panel*p.perPanel+o, b*p.lanes, (b+1)*p.lanes)
			for c := range p.lanes {
				row := to[((b*blockRows+c)*blocks+o)*Lanes:]
				from := kernels[c*p.weights*Lanes:]
				for t := range p.taps {
					moveVector(row[t*tapRows*blocks*Lanes:], from[p.taps[t].weight*Lanes:])
				}
			}
		}
	}
}

// unpackPanel is the way back from packPanel, of a pass forward, for n blocks of
// input channels from first on.
func (p *pass) unpackPanel(s *scratch, m *machine, weights, from []float32, group, panel, first, n, blockRows, tapRows int) {
	blocks := p.blocksOf(panel)
	if p.weights == 1 && p.unpackRows(m, weights, from, group, panel, first, n) {
		return
	}
	kernels := s.get(slotKernels, p.lanes*p.weights*Lanes)
	for b := range n {
		for o := range blocks {
			for c := range p.lanes {
				row := from[((b*blockRows+c)*blocks+o)*Lanes:]
				to := kernels[c*p.weights*Lanes:]
				for t := range p.taps {
					moveVector(to[p.taps[t].weight*Lanes:], row[t*tapRows*blocks*Lanes:])
				}
			}
			lo := (first + b) * p.lanes
			p.scatter(m, weights, kernels, group, panel*p.perPanel+o, lo, min(p.in, lo+p.lanes))
		}
	}
}
