package kernels

// lineBytes is about how much the points of the lines in work at once take, beside a
// panel's kernels, of the second cache.
const lineBytes = 192 << 10

// run computes out from src for n images.
func (p *linePass) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	packed := w.ready(ws, m, p)
	lines := min(p.outLines, max(1, lineBytes/(lineIn*p.inBl*laneBytes*p.tiles)-p.across+1))
	lines = max(1, min(lines, ceil(n*p.outLines, piecesFor(len(ws.workers)))))
	bands := sharesOf(p.outLines, lines)
	ws.each(n*bands.count, func(s *scratch, i int) {
		piece := linePiece{linePass: p, machine: m, scratch: s, image: i / bands.count}
		piece.first, piece.count = bands.part(i % bands.count)
		piece.input(src)
		for panel := range p.panels() {
			piece.multiply(panel, packed[panel*p.panelSize():])
			piece.output(panel, out, e)
		}
	})
}

// linePiece is some lines of an image.
type linePiece struct {
	*linePass
	machine      *machine
	scratch      *scratch
	image        int
	first, count int // lines of the result

	points   []float32 // of the source: [point][block][line][tile][lane]
	products []float32 // [point][block of the panel][line][tile][lane]
}

// lines is how many lines of the source there are.
func (l *linePiece) lines() int { return l.count + l.across - 1 }

// input turns the lines of the source, and notes where products read them: the offsets
// of blocks and of a kernel's lines.
func (l *linePiece) input(src []float32) {
	lines, length := l.lines(), (l.tiles-1)*l.outputs+lineIn
	l.points = l.scratch.get(slotX, lineIn*spaced(l.inBl*lines*l.tiles))
	y, x, h, w := l.first-l.padLines, -l.pad, lines, length
	along, next := 1, length // vectors from one to the next of a line, and of lines
	if l.down {
		y, x, h, w = x, y, w, h
		along, next = lines, 1
	}
	window := l.scratch.get(slotRows, h*w*Lanes)
	plane := l.srcH * l.srcW * Lanes
	for b := range l.inBl {
		l.machine.copyWindow(window, src[(l.image*l.inBl+b)*plane:][:plane], l.srcH, l.srcW, y, x, h, w)
		for t := range l.tiles {
			l.machine.lineInput(lines, &l.points[(b*lines*l.tiles+t)*Lanes], spaced(l.inBl*lines*l.tiles)*floatBytes, l.tiles*laneBytes,
				&window[t*l.outputs*along*Lanes], along*laneBytes, next*laneBytes)
		}
	}
	offsets := l.scratch.ints[:0]
	for line := range l.across {
		for b := range l.inBl {
			offsets = append(offsets, (b*lines+line)*l.tiles*laneBytes)
		}
	}
	l.scratch.ints = offsets
}

// multiply sums the products of a panel over all channels and lines of the kernel.
func (l *linePiece) multiply(panel int, packed []float32) {
	blocks, rows, lines := l.blocksOf(panel), l.rows(), l.lines()
	tiles := l.count * l.tiles
	l.products = l.scratch.get(slotB, lineIn*spaced(blocks*tiles))
	parts := sharesOf(tiles, l.machine.pixels[blocks])
	for p := range lineIn {
		x := l.points[p*spaced(l.inBl*lines*l.tiles):]
		y := l.products[p*spaced(blocks*tiles):]
		for lo := 0; lo < rows; lo += lineChunk {
			row := tileRow{
				n: min(lineChunk, rows-lo), lanes: Lanes, offsets: &l.scratch.ints[lo], x: &x[0], xStep: laneBytes,
				w: &packed[p*kernelsOf(rows, blocks)+lo*Lanes*blocks*Lanes], y: &y[0], yStep: laneBytes, yBlock: tiles * laneBytes,
			}
			if lo > 0 {
				row.flags = addResult
			}
			l.machine.row(l.scratch, blocks, parts, &row)
		}
	}
}

// lineChunk is how many blocks of input channels are multiplied at a time; see directRows.
const lineChunk = directRows / Lanes

// output turns the sums of a panel back, into its blocks of the result.
func (l *linePiece) output(panel int, out []float32, e Epilogue) {
	blocks, tiles := l.blocksOf(panel), l.count*l.tiles
	along, next := 1, l.outW // vectors, as of input
	if l.down {
		along, next = next, along
	}
	turn := l.machine.lineOutput[l.taps]
	for b := range blocks {
		block := panel*l.perPanel + b
		plane := (l.image*l.outBl + block) * l.outH * l.outW
		bias := at(e.Bias, block*Lanes)
		for t := range l.tiles {
			to := (plane + l.first*next + t*l.outputs*along) * Lanes
			from := &l.products[(b*tiles+t)*Lanes]
			if (t+1)*l.outputs <= l.outLength {
				turn(l.count, &out[to], along*laneBytes, next*laneBytes, from, spaced(blocks*tiles)*floatBytes, l.tiles*laneBytes, bias, at(e.Residual, to), e.relu())
				continue
			}
			// What hangs over goes to a tile of its own first.
			edges := l.scratch.get(slotC, l.count*l.outputs*Lanes)
			each := func(do func(edge, at int)) {
				for line := range l.count {
					for k := range l.outLength - t*l.outputs {
						do((line*l.outputs+k)*Lanes, to+(line*next+k*along)*Lanes)
					}
				}
			}
			var res *float32
			if e.Residual != nil {
				each(func(edge, at int) { moveVector(edges[edge:], e.Residual[at:]) })
				res = &edges[0]
			}
			turn(l.count, &edges[0], laneBytes, l.outputs*laneBytes, from, spaced(blocks*tiles)*floatBytes, l.tiles*laneBytes, bias, res, e.relu())
			each(func(edge, at int) { moveVector(out[at:], edges[edge:]) })
		}
	}
}
