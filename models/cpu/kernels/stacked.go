package kernels

// stacked is a pass over planes so small that a tile of neighbouring positions
// would stay half empty, and much of it read zeros around the source. A tile
// takes one position of several images instead, and of the taps only those that
// lie inside.
type stacked struct {
	*pass
	windows []gridRect // of each tap
	ends    []ends     // of each grid position
}

// gridRect is the grid positions for which a tap lies inside the source: rows
// top..bottom-1 and columns left..right-1.
type gridRect struct{ top, bottom, left, right int }

// ends are the first tap that lies inside the source, and the last.
type ends struct{ first, last int }

const (
	stackedBatch     = 4  // images that fill a tile well enough
	stackedPositions = 25 // of a grid, at most
	stackedBlocks    = 7  // of output channels, to share out among threads
)

// stack gives the pass for a batch of about so many images in the form that
// suits it.
func (p *pass) stack(batch int) trained {
	if p.plain || batch < stackedBatch || p.gridH*p.gridW > stackedPositions || p.groups*p.outBl < stackedBlocks {
		return p
	}
	s := &stacked{pass: p, ends: make([]ends, p.gridH*p.gridW)}
	for i := range s.ends {
		s.ends[i].first = -1
	}
	for n, t := range p.taps {
		w := gridRect{}
		w.top, w.bottom = inside(p.gridH, p.stepY, t.y, p.srcH)
		w.left, w.right = inside(p.gridW, p.stepX, t.x, p.srcW)
		s.windows = append(s.windows, w)
		w.each(func(i, l int) {
			e := &s.ends[i*p.gridW+l]
			if e.last = n; e.first < 0 {
				e.first = n
			}
		})
	}
	for _, e := range s.ends {
		if e.first < 0 {
			return p // which knows how to leave a position zero
		}
	}
	return s
}

// inside gives the places lo..hi-1 of a grid whose source, step apart and moved
// by tap, is one of 0..size-1.
func inside(grid, step, tap, size int) (lo, hi int) {
	for lo < grid && lo*step+tap < 0 {
		lo++
	}
	hi = lo
	for hi < grid && hi*step+tap < size {
		hi++
	}
	return lo, hi
}

func (w gridRect) each(do func(i, l int)) {
	for i := w.top; i < w.bottom; i++ {
		for l := w.left; l < w.right; l++ {
			do(i, l)
		}
	}
}

// pack lays the weights out as [group][panel][tap][input channel][channel of the panel].
func (s *stacked) pack(ws *Workspace, m *machine, packed, weights []float32) {
	size, panels := s.panelSize(), s.panels()
	ws.each(s.groups*panels, func(sc *scratch, i int) {
		s.packTaps(sc, m, packed[i*size:(i+1)*size], weights, i/panels, i%panels)
	})
}

func (s *stacked) packTaps(sc *scratch, m *machine, to, weights []float32, group, panel int) {
	s.packPanel(sc, m, to, weights, group, panel, Lanes, s.inBl*Lanes)
}

// run computes out from src for n images. Each thread takes some output
// channels, and packs their weights where it uses them.
func (s *stacked) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	size, panels := s.panelSize(), s.panels()
	source := s.stackSource(ws, m, n, src)
	offsets := ws.shared.ints[:0]
	for b := range s.inBl {
		offsets = append(offsets, b*s.srcH*s.srcW*n*laneBytes)
	}
	ws.shared.ints = offsets
	ws.each(s.groups*panels, func(sc *scratch, i int) {
		piece := stackedPiece{stacked: s, machine: m, n: n, offsets: offsets, epilogue: e, group: i / panels, panel: i % panels}
		if w.packed != nil {
			piece.weights = w.packed[i*size : (i+1)*size]
		} else {
			piece.weights = sc.get(slotA, size)
			s.packTaps(sc, m, piece.weights, w.plain, piece.group, piece.panel)
		}
		chunk := max(1, directRows/Lanes)
		for t := range s.taps {
			for lo := 0; lo < s.inBl; lo += chunk {
				piece.add(t, lo, min(s.inBl, lo+chunk), out, source)
			}
		}
	})
}

// stackedPiece is a panel of output blocks of all images.
type stackedPiece struct {
	*stacked
	machine      *machine
	n            int
	offsets      []int // of the source blocks in an image
	weights      []float32
	epilogue     Epilogue
	group, panel int
}

// add adds what source blocks lo..hi-1 give at a tap.
func (p *stackedPiece) add(tap, lo, hi int, out, src []float32) {
	t, blocks := p.taps[tap], p.blocksOf(p.panel)
	firstOut, firstIn := p.group*p.outBl+p.panel*p.perPanel, p.group*p.inBl
	outPlane := p.outH * p.outW * Lanes
	outImage := p.groups * p.outBl * outPlane
	w := &p.weights[(tap*p.inBl+lo)*Lanes*blocks*Lanes]
	tiles := sharesOf(p.n, p.machine.pixels[blocks])
	p.windows[tap].each(func(i, l int) {
		from := (firstIn*p.srcH*p.srcW + (i*p.stepY+t.y)*p.srcW + l*p.stepX + t.x) * p.n * Lanes
		to := firstOut*outPlane + ((p.fromY+i*p.outStepY)*p.outW+p.fromX+l*p.outStepX)*Lanes
		end := p.ends[i*p.gridW+l]
		first, last := tap == end.first && lo == 0, tap == end.last && hi == p.inBl
		row := tileRow{
			n: hi - lo, lanes: Lanes, offsets: &p.offsets[lo], x: &src[from], xStep: laneBytes, w: w,
			y: &out[to], yStep: outImage * floatBytes, yBlock: outPlane * floatBytes,
		}
		if first { // with the first sums, since out may be the residual
			row.bias, row.res = at(p.epilogue.Bias, firstOut*Lanes), at(p.epilogue.Residual, to)
		} else {
			row.flags |= addResult
		}
		if last && p.epilogue.ReLU {
			row.flags |= cutResult
		}
		p.machine.row(nil, blocks, tiles, &row)
	})
}

// stackSource lays n images of the source out as [block][position][image][lane].
func (s *stacked) stackSource(ws *Workspace, m *machine, n int, src []float32) []float32 {
	blocks, plane := s.groups*s.inBl, s.srcH*s.srcW
	to := ws.shared.get(slotX, blocks*plane*n*Lanes)
	ws.each(blocks, func(_ *scratch, b int) {
		m.stackImages(to[b*plane*n*Lanes:], 1, src[b*plane*Lanes:], n, plane, blocks*plane)
	})
	return to
}

// stackImages lays one block of n images, each stride vectors after the one
// before, out as [position][image][block][lane], of so many blocks.
func (m *machine) stackImages(to []float32, blocks int, from []float32, n, plane, stride int) {
	for image := range n {
		_ = to[((plane-1)*n+image)*blocks*Lanes+Lanes-1]
		m.moveVectors(plane, &to[image*blocks*Lanes], n*blocks*laneBytes, vectors(from, image*stride*Lanes, plane), laneBytes)
	}
}
