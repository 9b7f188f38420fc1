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
	cols, rows := f.windows(im.Width, width), f.windows(im.Height, height)
	if im.Width == width {
		cols = nil
	}
	if im.Height == height {
		rows = nil
	}
	if im.Depth() == 16 {
		for i, p := range im.Planes {
			resample16(out.Planes[i].U16, p.U16, im.Width, cols, rows)
		}
		return out
	}
	r := newResampler(im.Width, im.Height, width, height, cols, rows)
	for i, p := range im.Planes {
		r.plane(out.Planes[i].U8, p.U8)
	}
	return out
}

// resampler resizes 8-bit planes of one size to another.
type resampler struct {
	width, height       int // of the source
	outWidth, outHeight int
	cols, rows          []window // nil where the length stays
}

func newResampler(width, height, outWidth, outHeight int, cols, rows []window) *resampler {
	return &resampler{width, height, outWidth, outHeight, cols, rows}
}

func (r *resampler) plane(dst, src []uint8) {
	if r.cols != nil {
		wide := dst
		if r.rows != nil {
			wide = make([]uint8, r.outWidth*r.height)
		}
		for x, w := range r.cols {
			mix8(wide[x:], src[w.start:], r.height, r.outWidth, r.width, 1, w.weights)
		}
		src = wide
	}
	if r.rows != nil {
		for y, w := range r.rows {
			mix8(dst[y*r.outWidth:], src[w.start*r.outWidth:], r.outWidth, 1, 1, r.outWidth, w.weights)
		}
	}
}

// mix8 makes n pixels, to apart, each the weighted sum of pixels that lie tap
// apart; the sums begin from apart.
func mix8(dst, src []uint8, n, to, from, tap int, weights []float64) {
	ks := make([]int32, len(weights))
	for i, w := range weights {
		ks[i] = fixed(w)
	}
	for i := range n {
		sum := int32(1 << (fixedBits - 1))
		at := i * from
		for _, k := range ks {
			sum += k * int32(src[at])
			at += tap
		}
		dst[i*to] = uint8(min(max(sum>>fixedBits, 0), 255))
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
