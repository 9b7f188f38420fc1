package pixel

import (
	"math"
	"sync"

	"hpaflow/data"
)

// Bilinear resizes as OpenCV's INTER_LINEAR does, which is what albumentations'
// Resize calls: pixel centres at half coordinates, no antialiasing. 8-bit
// planes are computed with 11-bit fixed-point weights, 16-bit ones in float32;
// halving both sides exactly is a mean of 2x2 pixels.
//
// The result equals OpenCV's to the bit. A size that does not change gives the
// image itself.
func Bilinear(im *data.Image, width, height int) *data.Image {
	if width == im.Width && height == im.Height {
		return im
	}
	if im.Depth() == 8 {
		p := packers.Get().(*Layers)
		defer packers.Put(p)
		p.load(im, Identity)
		p.Resize(width, height)
		return p.Image()
	}
	out := data.NewImage(width, height, len(im.Planes), 16)
	cols, rows := columnTaps(im.Width, width), rowTaps(im.Height, height)
	for i, p := range im.Planes {
		if im.Width == 2*width && im.Height == 2*height {
			halve16(out.Planes[i].U16, p.U16, width, height)
		} else {
			bilinear16(out.Planes[i].U16, p.U16, im.Width, cols, rows)
		}
	}
	return out
}

// packers lends out memory for images that are packed for one operation.
var packers = sync.Pool{New: func() any { return new(Layers) }}

// tap is the two source positions that a result is mixed from.
type tap struct {
	at, next int
	weight   float32 // of next, 0..1
	w0, w1   int32   // both weights in 1/2048
}

// columnTaps are the taps along a row: beyond its ends, the last pixel alone.
func columnTaps(from, to int) []tap {
	return taps(from, to, func(at int, weight float32) (int, int, float32) {
		switch {
		case at < 0:
			return 0, 0, 0
		case at >= from-1:
			return from - 1, from - 1, 0
		}
		return at, at + 1, weight
	})
}

// rowTaps are the taps across rows: beyond the ends, the last row is mixed
// with itself, which after rounding is not quite the same.
func rowTaps(from, to int) []tap {
	return taps(from, to, func(at int, weight float32) (int, int, float32) {
		return min(max(at, 0), from-1), min(max(at+1, 0), from-1), weight
	})
}

func taps(from, to int, clamp func(at int, weight float32) (int, int, float32)) []tap {
	list := make([]tap, to)
	scale := float64(from) / float64(to)
	for i := range list {
		x := float32((float64(i)+0.5)*scale - 0.5)
		at := int(math.Floor(float64(x)))
		first, second, weight := clamp(at, x-float32(at))
		list[i] = tap{
			at: first, next: second, weight: weight,
			w0: int32(math.RoundToEven(float64((1 - weight) * 2048))),
			w1: int32(math.RoundToEven(float64(weight * 2048))),
		}
	}
	return list
}

// Resize resizes as Bilinear does.
//
// It keeps the two source rows it needs, resized in x, in 1/128; the mix in y
// drops bits in the order OpenCV's vector code does.
func (p *Packed) Resize(width, height int) {
	if width == p.Width && height == p.Height {
		return
	}
	dst := p.result(width, height)
	from := 4 * p.Width
	src := p.pix[:len(p.pix)+slack]
	if p.Width == 2*width && p.Height == 2*height {
		for y := range height {
			halveRow(dst[4*y*width:4*(y+1)*width], src[2*y*from:], src[(2*y+1)*from:])
		}
		p.replace(width, height)
		return
	}
	offsets, weights := sized(&p.offsets[0], width), make([][2]int16, width)
	for i, c := range columnTaps(p.Width, width) {
		offsets[i], weights[i] = int32(4*c.at), [2]int16{int16(c.w0), int16(c.w1)}
	}
	top, bottom := newRow[int16](4*width), newRow[int16](4*width)
	resizeRow := func(r *mixedRow[int16], y int) { stretchRow(r.values, src[y*from:], offsets, weights) }
	for y, r := range rowTaps(p.Height, height) {
		top, bottom = pick(top, bottom, r, resizeRow)
		blendRow(dst[4*y*width:4*(y+1)*width], top.values, bottom.values, r.w0, r.w1)
	}
	p.replace(width, height)
}

// stretchRow mixes each pixel with its right neighbour, whose weight is zero
// beyond the row's end.
func stretchRow(dst []int16, src []uint8, offsets []int32, weights [][2]int16) {
	for i := fastStretch(dst, src, offsets, weights); i < len(offsets); i++ {
		for c := range 4 {
			at := int(offsets[i]) + c
			dst[4*i+c] = int16((int32(src[at])*int32(weights[i][0]) + int32(src[at+4])*int32(weights[i][1])) >> 4)
		}
	}
}

func blendRow(dst []uint8, top, bottom []int16, wTop, wBottom int32) {
	for i := fastBlend(dst, top, bottom, wTop, wBottom); i < len(dst); i++ {
		sum := int32(top[i])*wTop>>16 + int32(bottom[i])*wBottom>>16
		dst[i] = uint8((sum + 2) >> 2)
	}
}

// halveRow averages 2x2 pixels, halves rounded up.
func halveRow(dst, top, bottom []uint8) {
	for i := fastHalve(dst, top, bottom); i < len(dst); i++ {
		at := i&^3*2 + i&3
		dst[i] = uint8((uint32(top[at]) + uint32(top[at+4]) + uint32(bottom[at]) + uint32(bottom[at+4]) + 2) >> 2)
	}
}

func bilinear16(dst, src []uint16, width int, cols, rows []tap) {
	top, bottom := newRow[float32](len(cols)), newRow[float32](len(cols))
	resizeRow := func(r *mixedRow[float32], y int) {
		line := src[y*width : (y+1)*width]
		for i, c := range cols {
			// Conversions keep the compiler from fusing multiply and add.
			r.values[i] = float32(float32(line[c.at])*(1-c.weight)) + float32(float32(line[c.next])*c.weight)
		}
	}
	for y, r := range rows {
		top, bottom = pick(top, bottom, r, resizeRow)
		out := dst[y*len(cols) : (y+1)*len(cols)]
		for i := range out {
			v := float32(top.values[i]*(1-r.weight)) + float32(bottom.values[i]*r.weight)
			out[i] = uint16(math.RoundToEven(float64(v)))
		}
	}
}

// mixedRow is a source row, resized in x.
type mixedRow[T any] struct {
	y      int // which row; -1 for none
	values []T
}

func newRow[T any](n int) *mixedRow[T] { return &mixedRow[T]{-1, make([]T, n)} }

// pick gives the rows a tap mixes, and resizes those not at hand.
func pick[T any](a, b *mixedRow[T], r tap, resize func(*mixedRow[T], int)) (top, bottom *mixedRow[T]) {
	if b.y == r.at || a.y == r.next {
		a, b = b, a
	}
	if a.y != r.at {
		resize(a, r.at)
		a.y = r.at
	}
	if b.y != r.next {
		resize(b, r.next)
		b.y = r.next
	}
	return a, b
}

// halve16 averages 2x2 pixels, halves rounded up.
func halve16(dst, src []uint16, width, height int) {
	for y := range height {
		top, bottom := src[4*y*width:(4*y+2)*width], src[(4*y+2)*width:(4*y+4)*width]
		for x := range width {
			sum := uint32(top[2*x]) + uint32(top[2*x+1]) + uint32(bottom[2*x]) + uint32(bottom[2*x+1])
			dst[y*width+x] = uint16((sum + 2) >> 2)
		}
	}
}
