package pixel

import "math"

// Affine maps a source pixel to where it goes: x' = M[0]x+M[1]y+M[2],
// y' = M[3]x+M[4]y+M[5].
type Affine [6]float64

// Rotation turns by an angle in degrees, counter-clockwise as one sees it, and
// scales, about a centre; OpenCV's getRotationMatrix2D.
func Rotation(cx, cy, degrees, scale float64) Affine {
	radians := degrees * (math.Pi / 180)
	a, b := math.Cos(radians)*scale, math.Sin(radians)*scale
	return Affine{
		a, b, float64((1-a)*cx) - float64(b*cy),
		-b, a, float64(b*cx) + float64((1-a)*cy),
	}
}

// inverse maps back; where there is no way back, everything comes from one
// point, as in OpenCV.
func (m Affine) inverse() Affine {
	d := float64(m[0]*m[4]) - float64(m[1]*m[3])
	if d != 0 {
		d = 1 / d
	}
	a, b, c, e := m[4]*d, -m[1]*d, -m[3]*d, m[0]*d
	return Affine{
		a, b, -float64(a*m[2]) - float64(b*m[5]),
		c, e, -float64(c*m[2]) - float64(e*m[5]),
	}
}

// Warp moves the pixels by m, bilinearly, mirroring what lies beyond the edges
// (reflect-101): OpenCV's warpAffine, in its fixed point of 1/32 pixels.
func (p *Packed) Warp(m Affine) {
	const unit = 1 << 10
	back := m.inverse()
	dx, dy := p.deltas()
	for x := range dx[:p.Width] {
		dx[x] = whole(float64(back[0]*float64(x)) * unit)
		dy[x] = whole(float64(back[3]*float64(x)) * unit)
	}
	p.warp(func(y int) (int32, int32) {
		return whole((float64(back[1]*float64(y))+back[2])*unit) + unit/64,
			whole((float64(back[4]*float64(y))+back[5])*unit) + unit/64
	}, nil)
}

// Remap takes column x from the source's column xs[x] and row y from its row
// ys[y], bilinearly, mirroring what lies beyond the edges: OpenCV's remap, in
// its fixed point of 1/32 pixels. There are Width and Height positions.
func (p *Packed) Remap(xs, ys []float32) {
	dx, dy := p.deltas()
	for x := range dx[:p.Width] {
		dx[x], dy[x] = position(xs[x]), 0
	}
	p.warp(func(y int) (int32, int32) { return 0, position(ys[y]) }, nil)
}

// Displace takes pixel (x,y) from (x,y) moved by what move gives for its row:
// Width shifts along x and along y, in pixels. Where move says false, all shifts
// of the row are too small to be seen. It is OpenCV's remap, as Remap is.
func (p *Packed) Displace(move func(y int, dx, dy []float32) bool) {
	dx, dy := p.deltas()
	mx, my := make([]float32, p.Width), make([]float32, p.Width)
	p.warp(func(int) (int32, int32) { return 0, 0 }, func(y int) bool {
		if !move(y, mx, my) {
			return false
		}
		for x := range mx {
			dx[x] = position(float32(float64(x) + float64(mx[x])))
			dy[x] = position(float32(float64(y) + float64(my[x])))
		}
		return true
	})
}

// position is a position in 1/1024 pixels that stands for 1/32 pixels.
func position(x float32) int32 { return whole(float64(x*32)) << 5 }

// whole rounds, halves to even, and stays within 32 bits.
func whole(x float64) int32 {
	return int32(min(max(math.RoundToEven(x), math.MinInt32), math.MaxInt32))
}

// deltas gives the positions along a row, of whole blocks.
func (p *Packed) deltas() (dx, dy []int32) {
	n := (p.Width + 7) &^ 7
	dx, dy = sized(&p.offsets[0], n), sized(&p.offsets[1], n)
	clear(dx[p.Width:])
	clear(dy[p.Width:])
	return dx, dy
}

// warp makes each row from where it starts and from the deltas, which fill may
// set anew for each; if it says false, the row stays.
func (p *Packed) warp(start func(y int) (x0, y0 int32), fill func(y int) bool) {
	dst := p.result(p.Width, p.Height)
	s := &surface{p.pix, p.Width, p.Height}
	dx, dy := p.offsets[0], p.offsets[1]
	var xs, ys span
	for y := range p.Height {
		if fill != nil && !fill(y) {
			copy(dst[4*y*p.Width:], p.row(y))
			continue
		}
		if fill != nil || y == 0 {
			xs, ys = spanOf(dx[:p.Width]), spanOf(dy[:p.Width])
		}
		x0, y0 := start(y)
		row := dst[4*y*p.Width:]
		if near := xs.near(x0, p.Width) && ys.near(y0, p.Height); near && fastWarp(row, s, dx, dy, x0, y0) {
			continue
		}
		s.row(row, dx[:p.Width], dy, x0, y0)
	}
	p.replace(p.Width, p.Height)
}

// span is the least and the greatest of some positions.
type span struct{ least, most int32 }

func spanOf(d []int32) span {
	s := span{d[0], d[0]}
	for _, v := range d {
		s.least, s.most = min(s.least, v), max(s.most, v)
	}
	return s
}

// near says that from a start on, no position needs to be mirrored twice, nor
// do sums overflow, on an axis of so many pixels.
func (s span) near(start int32, length int) bool {
	end := int64(length-1) << 5
	least, most := (int64(s.least)+int64(start))>>5, (int64(s.most)+int64(start))>>5
	return length > 1 && least >= -end && most <= 2*end
}

// surface is packed pixels that are sampled.
type surface struct {
	pix           []uint8
	width, height int
}

// row samples a row of pixels. What the fast twin does not take is here: tiny
// images, and positions so far off that they are mirrored more than once.
func (s *surface) row(dst []uint8, dx, dy []int32, x0, y0 int32) {
	for i := range dx {
		left, right, fx := neighbours((x0+dx[i])>>5, s.width)
		top, bottom, fy := neighbours((y0+dy[i])>>5, s.height)
		for c := range 4 {
			a := int32(s.pix[4*(top*s.width+left)+c])*(32-fx) + int32(s.pix[4*(top*s.width+right)+c])*fx
			b := int32(s.pix[4*(bottom*s.width+left)+c])*(32-fx) + int32(s.pix[4*(bottom*s.width+right)+c])*fx
			dst[4*i+c] = uint8((a*(32-fy) + b*fy + 512) >> 10)
		}
	}
}

// neighbours gives the two pixels around a position in 1/32 pixels, and the
// second one's weight in 1/32.
func neighbours(at int32, length int) (first, second int, weight int32) {
	at = mirror(at, int32(length-1)<<5)
	first = int(at >> 5)
	return first, min(first+1, length-1), at & 31
}

// mirror brings a position into 0..end, as reflect-101 does.
func mirror(at, end int32) int32 {
	if end == 0 {
		return 0
	}
	at %= 2 * end
	if at < 0 {
		at = -at
	}
	return end - max(end-at, at-end)
}
