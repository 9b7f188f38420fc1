package kernels

// gradPositions is how many positions are summed at a stretch: so few that
// their source and gradient stay in the first cache, and that a plain sum of
// them is close.
const gradPositions = 128

// gradient computes dw from dy and x. Each panel of output blocks and few blocks of
// input channels are one piece of work, which runs through the positions of all
// images in order.
func (p *pass) gradient(ws *Workspace, m *machine, n int, dw, dy, x []float32) {
	per := p.gradBlocks(len(ws.workers))
	pieces, panels := ceil(p.inBlocks(), per), p.panels()
	ws.each(p.groups*panels*pieces, func(s *scratch, i int) {
		g := weightGradient{
			pass: p, machine: m, scratch: s,
			group: i / pieces / panels, panel: i / pieces % panels, block: i % pieces * per,
		}
		g.blocks = min(per, p.inBlocks()-g.block)
		g.sum(n, dy, x)
		p.unpackPanel(s, m, dw, g.acc, g.group, g.panel, g.block, g.blocks, len(p.taps)*p.lanes, p.lanes)
	})
}

// gradBlocks is how many blocks of input channels one piece of work takes: so
// many that their taps and lanes leave few places of a tile empty, and, where
// there is work for all threads, that the gradient is read less often.
func (p *pass) gradBlocks(threads int) int {
	const few = 6
	if len(p.taps) == 1 && p.groups*p.panels()*ceil(p.inBlocks(), few) >= 4*threads {
		return few
	}
	if len(p.taps)*p.lanes%p.combos == 0 {
		return 1
	}
	return min(3, p.inBlocks())
}

type weightGradient struct {
	*pass
	machine       *machine
	scratch       *scratch
	group, panel  int
	block, blocks int // of input channels: the first, and how many

	acc []float32 // [block][tap][lane][channel of the panel]
}

// sum computes acc.
func (g *weightGradient) sum(n int, dy, x []float32) {
	blocks := g.blocksOf(g.panel)
	groups := ceil(g.blocks*len(g.taps)*g.lanes, g.combos)
	g.acc = g.scratch.get(slotC, groups*g.combos*blocks*Lanes)
	clear(g.acc)
	rows, cols := min(g.gridH, max(1, gradPositions/g.gridW)), g.gridW
	if g.gridH == 1 && !g.padded {
		cols = min(cols, gradPositions)
	}
	var buf []float32
	if g.padded {
		buf = g.scratch.get(slotX, g.copySize(g.blocks, rows))
	}
	plane := g.outH * g.outW * Lanes
	for image := range n {
		from := ((image*g.groups+g.group)*g.outBl + g.panel*g.perPanel) * plane
		for top := 0; top < g.gridH; top += rows {
			for left := 0; left < g.gridW; left += cols {
				h, w := min(rows, g.gridH-top), min(cols, g.gridW-left)
				b := g.source(buf, x, image, g.group, g.block, g.blocks, top, h, left)
				g.scratch.ints = g.combinations(g.scratch.ints, &b)
				for k := range groups {
					g.machine.gradTile[blocks](h, w, &b.data[b.base], &g.scratch.ints[k*g.combos],
						g.stepX*g.lanes*floatBytes, g.stepY*b.row*floatBytes,
						&dy[from+(top*g.outW+left)*Lanes], g.outW*laneBytes, plane*floatBytes, &g.acc[k*g.combos*blocks*Lanes])
				}
			}
		}
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
