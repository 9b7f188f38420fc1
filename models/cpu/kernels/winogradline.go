package kernels

// Winograd's minimal form along a line, for kernels of 5 or 7 taps in a row at stride
// 1: 1x7, 7x1, 5x5. F(4,7) and F(6,5) compute tiles of 4 or 6 outputs from 10 inputs,
// with 10 products in place of 28 or 30; a kernel of several rows sums the products of
// as many lines. The points are 0, plus and minus 3/8, 3/4, 5/4 and 2, and infinity (see
// winograd.go for what is made of them), with which rounding errors are about four times
// those of the direct sum, as those of F(4x4,3x3) are. asm/line.go has them, too.
var linePoints = [4]float64{3. / 8, 3. / 4, 5. / 4, 2}

const (
	lineIn  = 2*len(linePoints) + 2 // inputs of a tile, and points
	maxTaps = 7                     // of a kernel along a line
)

// linePass is a convolution forward, in minimal form along the rows of a plane or, with
// kernels of one column, along its columns. It is for predicting: training computes
// gradients through many layers, in which its errors would show.
type linePass struct {
	merged

	down          bool // lines are columns
	taps, across  int  // of a kernel: along a line, and lines
	outputs       int  // of a tile
	tiles         int  // of a line
	pad, padLines int

	srcH, srcW          int
	outH, outW          int
	outLength, outLines int
}

// lineShape gives the taps along a line, and whether lines are columns; no taps: the
// kernel is none for this form.
func (s ConvShape) lineShape() (taps int, down bool) {
	along := s.KW
	if s.KW == 1 {
		along, down = s.KH, true
	}
	if along != 5 && along != 7 {
		return 0, false
	}
	return along, down
}

// suitsLines says whether that form is the faster one: at stride 1, with so few spare
// outputs of last tiles, and so many tiles in all, that it makes up for turning lines and
// for reading more weights. Turned kernels are to be kept (largestPacked).
func (s ConvShape) suitsLines() bool {
	taps, down := s.lineShape()
	if taps == 0 || s.StrideH != 1 || s.StrideW != 1 || s.DilationH != 1 || s.DilationW != 1 || s.Plain ||
		s.Groups > 1 || s.In < 16 || s.Out < 16 {
		return false
	}
	lines, length := s.OutH(), s.OutW()
	if down {
		lines, length = length, lines
	}
	tiles := lines * ceil(length, lineIn+1-taps)
	if s.WeightSize()/taps*lineIn*floatBytes > largestPacked {
		return false
	}
	return 2*lines*length*taps >= 3*tiles*lineIn && max(1, s.Batch)*tiles >= 24
}

func newLines(m *machine, s ConvShape) *linePass {
	taps, down := s.lineShape()
	p := &linePass{
		merged: merge(m, s, false), down: down,
		taps: taps, across: s.KH * s.KW / taps, outputs: lineIn + 1 - taps,
		srcH: s.H, srcW: s.W, outH: s.OutH(), outW: s.OutW(),
		outLines: s.OutH(), outLength: s.OutW(), padLines: s.PadH, pad: s.PadW,
	}
	if down {
		p.outLines, p.outLength, p.padLines, p.pad = p.outLength, p.outLines, p.pad, p.padLines
	}
	p.tiles = ceil(p.outLength, p.outputs)
	return p
}

func (p *linePass) packedSize() int { return p.panels() * p.panelSize() }

// rows is the blocks of input channels of all lines of a kernel.
func (p *linePass) rows() int { return p.across * p.inBl }

func (p *linePass) panelSize() int { return lineIn * kernelsOf(p.rows(), p.perPanel) }

// pack turns the kernels, into [panel][point][line][input channel][channel of the panel].
func (p *linePass) pack(ws *Workspace, m *machine, packed, weights []float32) {
	ws.each(p.panels()*p.inBl, func(s *scratch, i int) {
		panel, b := i/p.inBl, i%p.inBl
		p.packBlock(s, m, packed[panel*p.panelSize():], weights, panel, b)
	})
}

// packBlock turns the kernels of a panel and a block of input channels.
func (p *linePass) packBlock(s *scratch, m *machine, packed, weights []float32, panel, b int) {
	outBlocks := p.blocksOf(panel)
	kernels := s.get(slotKernels, Lanes*p.weights*Lanes) // [input lane][tap][output lane]
	point := kernelsOf(p.rows(), outBlocks) * floatBytes
	for o := range outBlocks {
		p.gather(m, kernels, weights, 0, panel*p.perPanel+o, b*Lanes, (b+1)*Lanes)
		for line := range p.across {
			m.lineKernel[p.taps](Lanes, &packed[((line*p.inBl+b)*Lanes*outBlocks+o)*Lanes], point, outBlocks*laneBytes,
				&kernels[line*p.taps*Lanes], laneBytes, p.weights*laneBytes)
		}
	}
}
