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
}

// tap is one element of the kernel: where it reads relative to the grid
// position's source, and which weight it multiplies.
type tap struct{ y, x, weight int }

// merged is the groups of a convolution, put together until their channels
// fill blocks; the weights between groups that were apart are zero.
type merged struct {
	groups      int
	out, in     int // channels of a merged group
	partOut     int // channels of an original group
	partIn      int
	weights     int // taps of the whole kernel
	outStep     int // how far apart in the weights the out channels lie
	inStep      int
	outBl, inBl int // blocks of a merged group
	partStep    int // how far apart in the weights the original groups lie
}

func merge(s ConvShape, back bool) merged {
	m := merged{groups: s.Groups, partOut: s.Out / s.Groups, partIn: s.In / s.Groups, weights: s.KH * s.KW}
	m.partStep = m.partOut * m.partIn * m.weights
	m.outStep, m.inStep = m.partIn*m.weights, m.weights
	if back {
		m.partOut, m.partIn = m.partIn, m.partOut
		m.outStep, m.inStep = m.inStep, m.outStep
	}
	parts := 1
	for parts < s.Groups && (s.Groups%parts > 0 || parts*m.partOut%Lanes > 0 || parts*m.partIn%Lanes > 0) {
		parts++
	}
	m.groups /= parts
	m.out, m.in = parts*m.partOut, parts*m.partIn
	m.outBl, m.inBl = Blocks(m.out), Blocks(m.in)
	return m
}

// weightRow is where the weights of an output channel stand: of the input
// channels lo..hi of its group, from base on, a step apart.
type weightRow struct{ base, lo, hi, step int }

func (r *weightRow) at(c int) int { return r.base + (c-r.lo)*r.step }

// row gives the row of a group's channel o, empty for a spare lane.
func (m *merged) row(group, o int) weightRow {
	if o >= m.out {
		return weightRow{}
	}
	part := o / m.partOut
	original := group*(m.out/m.partOut) + part
	return weightRow{
		base: original*m.partStep + o%m.partOut*m.outStep,
		lo:   part * m.partIn, hi: (part + 1) * m.partIn, step: m.inStep,
	}
}

// pairs is how many times two blocks of a group's output there are, the last
// of which may be one.
func (m *merged) pairs() int { return ceil(m.outBl, maxBlocks) }

func (m *merged) blocksOf(pair int) int { return min(maxBlocks, m.outBl-pair*maxBlocks) }

func forwardPass(s ConvShape) *pass {
	p := &pass{
		merged: merge(s, false), lanes: Lanes, plain: s.Plain,
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
func backwardPass(s ConvShape, fromY, fromX int) *pass {
	p := &pass{
		merged: merge(s, true), lanes: Lanes,
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
// one of a single row.
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
	if !p.padded && len(p.taps) == 1 && p.gridW == p.srcW && p.gridH == p.srcH && p.gridW == p.outW && p.gridH == p.outH {
		p.gridH, p.gridW = 1, p.gridH*p.gridW
		p.srcH, p.srcW, p.outH, p.outW = 1, p.gridW, 1, p.gridW
	}
}

func (p *pass) packedSize() int {
	return p.groups * p.pairs() * p.pairSize()
}

// pairSize is the packed weights of two blocks of output channels.
func (p *pass) pairSize() int { return p.inBlocks() * len(p.taps) * p.lanes * maxBlocks * Lanes }

// inBlocks is how many times lanes a group's input channels are.
func (p *pass) inBlocks() int { return ceil(p.in, p.lanes) }

// pack lays the weights out as [group][pair][inBlock][tap][lane][channel of the pair].
func (p *pass) pack(ws *Workspace, m *machine, packed, weights []float32) {
	size := p.pairSize()
	if size == 0 {
		return
	}
	pairs := p.pairs()
	ws.each(p.groups*pairs, func(_ *scratch, i int) {
		to := packed[i*size : (i+1)*size]
		group, first := i/pairs, i%pairs*maxBlocks*Lanes
		width := p.blocksOf(i%pairs) * Lanes
		var rows [maxBlocks * Lanes]weightRow
		for o := range width {
			rows[o] = p.row(group, first+o)
		}
		for c := range p.inBlocks() * p.lanes {
			at := to[(c/p.lanes*len(p.taps)*p.lanes+c%p.lanes)*width:]
			for o := range width {
				r := &rows[o]
				if c < r.lo || c >= r.hi {
					for t := range p.taps {
						at[t*p.lanes*width+o] = 0
					}
					continue
				}
				from := weights[r.at(c):]
				for t := range p.taps {
					at[t*p.lanes*width+o] = from[p.taps[t].weight]
				}
			}
		}
	})
}
