package kernels

// quads is a convolution of groups of four channels in and out, of which a vector holds
// two: those of ResNeXt's first layers. Put together to groups of eight, half of their
// products would be with zero. Here a channel of the source is brought to the lanes of
// its own group's outputs. Each piece of work is some rows and columns of a block, whose
// source is copied with zeros around it.
type quads struct{ ConvShape }

const (
	quad       = 4  // channels of a group
	quadTaps   = 3  // of a row of the kernel
	quadPixels = 12 // of a tile, at most

	quadBytes   = 96 << 10 // of source in a piece: a part of the second cache
	quadColumns = 120      // of a piece, about: the rows that a tile reads stay in the first cache
)

// suitsQuads says whether a convolution is one.
func (s ConvShape) suitsQuads() bool {
	return !s.Plain && s.In == quad*s.Groups && s.Out == s.In && s.Groups%2 == 0 && s.KW == quadTaps &&
		s.StrideH == 1 && s.StrideW == 1 && s.DilationH == 1 && s.DilationW == 1
}

// steps are the weights of an output channel.
func (q *quads) steps() int { return q.KH * quad * quadTaps }

// packedSize is of [block][row of the kernel][input channel of the group][tap][channel].
func (q *quads) packedSize() int { return Blocks(q.Out) * q.steps() * Lanes }

func (q *quads) pack(ws *Workspace, _ *machine, packed, weights []float32) {
	ws.each(Blocks(q.Out), func(_ *scratch, block int) {
		to := packed[block*q.steps()*Lanes:]
		for l := range Lanes {
			of := weights[(block*Lanes+l)*q.steps():] // [input channel][row][tap]
			for c := range quad {
				for y := range q.KH {
					for t := range quadTaps {
						to[((y*quad+c)*quadTaps+t)*Lanes+l] = of[(c*q.KH+y)*quadTaps+t]
					}
				}
			}
		}
	})
}

func (q *quads) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	packed := w.ready(ws, m, q)
	across := sharesOf(q.OutW(), quadColumns)
	rows := quadBytes/((across.of(0)+quadTaps-1)*laneBytes) - q.KH + 1
	down := sharesOf(q.OutH(), max(1, min(rows, ceil(n*Blocks(q.Out)*q.OutH(), piecesFor(len(ws.workers))))))
	ws.each(n*Blocks(q.Out)*down.count*across.count, func(s *scratch, i int) {
		p := quadPiece{quads: q, machine: m, scratch: s, plane: i / across.count / down.count}
		p.left, p.columns = across.part(i % across.count)
		p.top, p.rows = down.part(i / across.count % down.count)
		p.compute(out, src, packed, e)
	})
}

// quadPiece is some rows and columns of a block of an image.
type quadPiece struct {
	*quads
	machine *machine
	scratch *scratch
	plane   int // the block, counted through all images

	top, rows, left, columns int
}

func (p *quadPiece) compute(out, src, packed []float32, e Epilogue) {
	height, width := p.rows+p.KH-1, p.columns+quadTaps-1
	source := p.scratch.get(slotX, height*width*Lanes)
	p.machine.copyWindow(source, src[p.plane*p.H*p.W*Lanes:][:p.H*p.W*Lanes], p.H, p.W, p.top-p.PadH, p.left-p.PadW, height, width)
	block := p.plane % Blocks(p.Out)
	w, bias := &packed[block*p.steps()*Lanes], &p.scratch.lane(0)[0]
	if e.Bias != nil {
		bias = &e.Bias[block*Lanes]
	}
	tiles := sharesOf(p.columns, quadPixels).runs()
	for r := range p.rows {
		x, y := r*width*Lanes, ((p.plane*p.OutH()+p.top+r)*p.OutW()+p.left)*Lanes
		for _, t := range tiles {
			if t.count > 0 {
				p.machine.quadTiles[t.size](t.count, p.KH, &source[x], width*laneBytes, w, vectors(out, y, t.count*t.size), bias, at(e.Residual, y), e.relu())
				x, y = x+t.count*t.size*Lanes, y+t.count*t.size*Lanes
			}
		}
	}
}
