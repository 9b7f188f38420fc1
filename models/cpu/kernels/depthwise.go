package kernels

// depthSide is the side of the depthwise kernels that have loops of their own, and
// depthTaps the weights of a channel.
const (
	depthSide = 7
	depthTaps = depthSide * depthSide
	depthPad  = depthSide / 2
)

// depthwise is a 7x7 convolution of each channel by itself that keeps the size,
// forward or, with the kernels turned about, back. Each piece of work is some rows
// of a block of channels, which are copied with zeros around them.
type depthwise struct {
	c, h, w int
	back    bool
}

// suitsDepthwise says whether a convolution is one.
func (s ConvShape) suitsDepthwise() bool {
	return !s.Plain && s.Groups == s.In && s.Out == s.In && s.KH == depthSide && s.KW == depthSide && s.PadH == depthPad && s.PadW == depthPad &&
		s.StrideH == 1 && s.StrideW == 1 && s.DilationH == 1 && s.DilationW == 1
}

// depthRows is the bytes of source that a piece of work copies, about.
const depthRows = 96 << 10

// packedSize is of [block][weight][channel].
func (d *depthwise) packedSize() int { return Blocks(d.c) * depthTaps * Lanes }

func (d *depthwise) pack(ws *Workspace, _ *machine, packed, weights []float32) {
	ws.each(Blocks(d.c), func(_ *scratch, block int) {
		to := packed[block*depthTaps*Lanes : (block+1)*depthTaps*Lanes]
		clear(to)
		for l := range min(Lanes, d.c-block*Lanes) {
			for k, v := range weights[(block*Lanes+l)*depthTaps:][:depthTaps] {
				if d.back {
					k = depthTaps - 1 - k
				}
				to[k*Lanes+l] = v
			}
		}
	})
}

// rows is how many rows of the result a piece of work has.
func (d *depthwise) rows() int {
	return min(d.h, max(1, depthRows/((d.w+2*depthPad)*laneBytes)-2*depthPad))
}

func (d *depthwise) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	packed := w.ready(ws, m, d)
	rows := d.rows()
	bands, blocks := ceil(d.h, rows), Blocks(d.c)
	ws.each(n*blocks*bands, func(s *scratch, i int) {
		plane, top := i/bands, i%bands*rows
		d.band(s, m, out, src, packed, e, plane, plane%blocks, top, min(rows, d.h-top))
	})
}

// band computes some rows of a plane.
func (d *depthwise) band(s *scratch, m *machine, out, src, packed []float32, e Epilogue, plane, block, top, rows int) {
	buf, row := d.padded(s, slotX, src, plane, top, rows)
	bias := &s.lane(0)[0]
	if e.Bias != nil {
		bias = &e.Bias[block*Lanes]
	}
	first := (plane*d.h + top) * d.w * Lanes
	to := out[first : first+rows*d.w*Lanes]
	after := e.Residual != nil || e.ReLU
	if after { // since out may be the residual
		to = s.get(slotC, len(to))
	}
	tile := m.depthPixels
	for tile > d.w {
		tile /= 2
	}
	w := &packed[block*depthTaps*Lanes]
	for r := range rows {
		for l := 0; l < d.w; l += tile {
			l = min(l, d.w-tile) // the last ones, some of them again
			m.depthTile[tile](&buf[r*row+l*Lanes], row*floatBytes, w, bias, &to[(r*d.w+l)*Lanes])
		}
	}
	if !after {
		return
	}
	one, zero, floor := s.lane(1), s.lane(2), s.lane(3)
	fill(one[:], 1)
	if !e.ReLU {
		*floor = unbounded
	}
	m.blockApply(rows*d.w, &out[first], &to[0], at(e.Residual, first), &one[0], &zero[0], &floor[0])
}

// padded copies rows of a plane and those that their windows reach, with zeros
// outside it. A row has room for one position more.
func (d *depthwise) padded(s *scratch, slot int, src []float32, plane, top, rows int) (buf []float32, row int) {
	row = (d.w + 2*depthPad + 1) * Lanes
	buf = s.get(slot, (rows+2*depthPad)*row)
	for r := range rows + 2*depthPad {
		to := buf[r*row : (r+1)*row]
		y := top + r - depthPad
		if y < 0 || y >= d.h {
			clear(to)
			continue
		}
		clear(to[:depthPad*Lanes])
		copy(to[depthPad*Lanes:], src[(plane*d.h+y)*d.w*Lanes:][:d.w*Lanes])
		clear(to[(depthPad+d.w)*Lanes:])
	}
	return buf, row
}

// gradient computes the weights' gradient. A block of channels is one piece of
// work, which runs through all images in order.
func (d *depthwise) gradient(ws *Workspace, m *machine, n int, dw, dy, x []float32) {
	blocks, rows := Blocks(d.c), d.rows()
	ws.each(blocks, func(s *scratch, block int) {
		var total [depthTaps * Lanes]float64
		sums := s.get(slotC, depthSide*2*depthSide*Lanes)
		even := s.get(slotB, (d.w+1)*Lanes) // a row of dy, filled up to pairs
		clear(even)
		for image := range n {
			plane := image*blocks + block
			for top := 0; top < d.h; top += rows {
				count := min(rows, d.h-top)
				buf, row := d.padded(s, slotX, x, plane, top, count)
				clear(sums)
				for r := range count {
					from := dy[(plane*d.h+top+r)*d.w*Lanes:][:d.w*Lanes]
					if d.w%2 > 0 {
						copy(even, from)
						from = even
					}
					for k := range depthSide {
						m.depthGrad(ceil(d.w, 2), &buf[(r+k)*row], &from[0], &sums[k*2*depthSide*Lanes])
					}
				}
				for k := range total {
					at := k/Lanes*2*Lanes + k%Lanes
					total[k] += float64(sums[at]) + float64(sums[at+Lanes])
				}
			}
		}
		for l := range min(Lanes, d.c-block*Lanes) {
			for k := range depthTaps {
				dw[(block*Lanes+l)*depthTaps+k] = float32(total[k*Lanes+l])
			}
		}
	})
}
