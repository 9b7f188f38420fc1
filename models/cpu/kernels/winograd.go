package kernels

// Winograd's minimal convolution F(4x4,3x3), for kernels of 3x3 at stride 1:
// tiles of 4x4 outputs are computed from tiles of 6x6 inputs that overlap by
// two. Input tiles and kernels are turned into their values at 6x6 points,
// those are multiplied, summed over channels, and turned back:
//
//	Y = A' [ sum over channels of (G w G') .* (B' d B) ] A
//
// with 36 products in place of 144 (Lavin and Gray, Fast Algorithms for
// Convolutional Neural Networks, 2015). The points of a row are 0, a, -a, b,
// -b and infinity (Toom and Cook): B' are the coefficients of the product of
// all x-q but one, G the values at the points over the product of the points'
// distances, A' the powers of the points. With a = 5/8 and b = 3/2 rounding
// errors are about four times those of the direct sum, a third of those with
// the usual 1 and 2.
const (
	winogradA = 5. / 8
	winogradB = 3. / 2

	tileOut    = 4 // outputs of a tile, each way
	tileIn     = tileOut + 2
	tilePoints = tileIn * tileIn
)

// suitsWinograd says whether the minimal form is the faster one: kernels are
// 3x3, of some channels or of groups that fill a block when they are put together,
// and there are enough tiles to make up for turning the kernels. That
// takes as long as 10 tiles, a whole tile in direct form as long as two and a
// half in minimal form.
func (s ConvShape) suitsWinograd() bool {
	if s.KH != 3 || s.KW != 3 || s.StrideH != 1 || s.StrideW != 1 || s.DilationH != 1 || s.DilationW != 1 ||
		s.Plain || s.PadH > 2 || s.PadW > 2 || s.Groups == 1 && (s.In < 16 || s.Out < 16) {
		return false
	}
	tiles := max(1, s.Batch) * ceil(s.OutH(), tileOut) * ceil(s.OutW(), tileOut)
	whole := float64(max(1, s.Batch)*s.OutH()*s.OutW()) / (tileOut * tileOut)
	return 2.5*whole-float64(tiles) >= 10
}

// winogradPass is a convolution, forward or back to the input, in minimal form.
type winogradPass struct {
	merged
	back       bool
	srcH, srcW int
	outH, outW int
	padH, padW int
	tilesH     int
	tilesW     int
}

func newWinograd(m *machine, s ConvShape, back bool) *winogradPass {
	p := &winogradPass{
		merged: merge(m, s, back), back: back,
		srcH: s.H, srcW: s.W, outH: s.OutH(), outW: s.OutW(), padH: s.PadH, padW: s.PadW,
	}
	if back {
		p.srcH, p.srcW, p.outH, p.outW = p.outH, p.outW, p.srcH, p.srcW
		p.padH, p.padW = 2-p.padH, 2-p.padW
	}
	p.tilesH, p.tilesW = ceil(p.outH, tileOut), ceil(p.outW, tileOut)
	return p
}

func (p *winogradPass) packedSize() int { return p.groups * p.panels() * p.panelSize() }

// panelSize is the turned kernels of a panel of output channels.
func (p *winogradPass) panelSize() int { return tilePoints * kernelsOf(p.inBl, p.perPanel) }

// kernelsOf is what the turned kernels of a point take, of so many blocks of input and
// of output channels.
func kernelsOf(in, out int) int { return spaced(in * Lanes * out) }

// spaced is how far apart the values of points lie, of so many vectors each. Those of a
// tile would displace each other in the first cache, were this a multiple of a power of
// two that is large.
func spaced(vectors int) int {
	const large = 512 / laneBytes
	if vectors%large == 0 {
		return vectors*Lanes + cacheLine
	}
	return vectors * Lanes
}

// pack turns the kernels, into [group][panel][point][input channel][channel of the panel].
func (p *winogradPass) pack(ws *Workspace, m *machine, packed, weights []float32) {
	panels := p.panels()
	ws.each(p.groups*panels*p.inBl, func(s *scratch, i int) {
		panel := i / p.inBl
		p.packBlock(s, m, packed[panel*p.panelSize():], weights, panel/panels, panel%panels, i%p.inBl, p.inBl, i%p.inBl)
	})
}

// packBlock turns the kernels of a panel and a block of input channels. Packed is
// [point][input channel][channel of the panel] of so many blocks of input channels,
// of which this is the one at a place.
func (p *winogradPass) packBlock(s *scratch, m *machine, packed, weights []float32, group, panel, block, blocks, at int) {
	outBlocks := p.blocksOf(panel)
	const size = Lanes * 9 * Lanes
	kernels := s.get(slotKernels, 2*size) // [output block][input lane][tap][output lane]
	first, step := 0, laneBytes
	if p.back { // the kernel is turned round
		first, step = 8*Lanes, -laneBytes
	}
	point := kernelsOf(blocks, outBlocks) * floatBytes
	for o := 0; o < outBlocks; {
		turn, count := m.winogradKernel, 1
		if m.winogradKernels != nil && o+1 < outBlocks {
			turn, count = m.winogradKernels, 2
		}
		for i := range count {
			p.gather(m, kernels[i*size:], weights, group, panel*p.perPanel+o+i, block*Lanes, (block+1)*Lanes)
		}
		turn(Lanes, &packed[(at*Lanes*outBlocks+o)*Lanes], tileIn*point, point, outBlocks*laneBytes, &kernels[first], 3*step, step, 9*laneBytes)
		o += count
	}
}

// winogradChunk is how many blocks of input channels are multiplied at a time: so few
// that their turned kernels and tiles stay in the second cache. Every sum is made in
// these steps, whoever makes it.
const winogradChunk = 16

// chunks calls do for the blocks of input channels.
func (p *winogradPass) chunks(do func(lo, hi int)) {
	for lo := 0; lo < p.inBl; lo += winogradChunk {
		do(lo, min(p.inBl, lo+winogradChunk))
	}
}
