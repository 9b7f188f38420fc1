package pixel

import (
	"math"

	"hpaflow/data"
)

// Resample resizes as Pillow's Image.resize does: columns first, then rows,
// with weights that take in every source pixel, so that shrinking does not
// alias. A size that does not change gives the image itself.
//
// The result equals Pillow's to the bit. For 8 bits that is mode L: weights in
// 1/2^22, and both passes rounded and clipped to 8 bits. For 16 bits it is mode
// I, clipped to 16 bits: weights and sums in double precision, both passes
// rounded to integers, halves away from zero.
func Resample(im *data.Image, width, height int, f Filter) *data.Image {
	if width == im.Width && height == im.Height {
		return im
	}
	out := data.NewImage(width, height, len(im.Planes), im.Depth())
	if im.Depth() == 16 {
		cols, rows := f.windows(im.Width, width), f.windows(im.Height, height)
		for i, p := range im.Planes {
			resample16(out.Planes[i].U16, p.U16, im.Width, cols, rows)
		}
		return out
	}
	r := newResampler(im.Width, im.Height, width, height, f)
	for i, p := range im.Planes {
		r.plane(out.Planes[i].U8, p.U8)
	}
	return out
}

// resampler resizes 8-bit planes of one size to another. Both passes mix rows
// of a few pixels at once; for the columns' pass, strips of the plane are
// transposed, mixed, and transposed back.
type resampler struct {
	width, height       int // of the source
	outWidth, outHeight int
	cols, rows          []mixture // nil where the length stays

	wide              []uint8 // between the passes
	strip, mixedStrip []uint8 // of stripHeight columns
}

const stripHeight = 32

func newResampler(width, height, outWidth, outHeight int, f Filter) *resampler {
	r := &resampler{width: width, height: height, outWidth: outWidth, outHeight: outHeight}
	r.cols, r.rows = mixtures(axis{f, width, outWidth}), mixtures(axis{f, height, outHeight})
	r.strip = make([]uint8, (width+1)*stripHeight)
	r.mixedStrip = make([]uint8, outWidth*stripHeight)
	return r
}

func (r *resampler) plane(dst, src []uint8) {
	if r.cols != nil {
		wide := dst
		if r.rows != nil {
			wide = sized(&r.wide, r.outWidth*(r.height+1)+slack)
		}
		r.columns(wide, src)
		src = wide
	}
	if r.rows != nil {
		mixRows(dst, r.outWidth, src, r.outWidth, r.outWidth, r.rows)
	}
}

func (r *resampler) columns(wide, src []uint8) {
	for y := 0; y < r.height; y += stripHeight {
		n := min(stripHeight, r.height-y)
		transposePlane(r.strip, stripHeight, src[y*r.width:], r.width, r.width, n)
		mixRows(r.mixedStrip, stripHeight, r.strip, stripHeight, stripHeight, r.cols)
		transposePlane(wide[y*r.outWidth:], r.outWidth, r.mixedStrip, stripHeight, n, r.outWidth)
	}
}

// resample16 keeps whole numbers beyond 16 bits between its two passes.
func resample16(dst, src []uint16, width int, cols, rows []window) {
	height := len(src) / width
	wide, outWidth := make([]float64, len(src)), width
	for i, v := range src {
		wide[i] = float64(v)
	}
	if cols != nil {
		outWidth = len(cols)
		narrow := make([]float64, outWidth*height)
		for x, w := range cols {
			mixWhole(narrow[x:], wide[w.start:], height, outWidth, width, 1, w.weights)
		}
		wide = narrow
	}
	if rows != nil {
		tall := make([]float64, outWidth*len(rows))
		for y, w := range rows {
			mixWhole(tall[y*outWidth:], wide[w.start*outWidth:], outWidth, 1, 1, outWidth, w.weights)
		}
		wide = tall
	}
	for i, v := range wide {
		dst[i] = uint16(min(max(v, 0), math.MaxUint16))
	}
}

// mixWhole is mix8 for whole numbers.
func mixWhole(dst, src []float64, n, to, from, tap int, weights []float64) {
	for i := range n {
		var sum float64
		at := i * from
		for _, k := range weights {
			sum += float64(k * src[at])
			at += tap
		}
		dst[i*to] = math.Round(sum)
	}
}
