package codec

import (
	"image"

	"hpaflow/data"
)

// The standard library's JPEG decoder leaves colour as it is stored: luma, and
// chroma of half the resolution for most files. How chroma is spread over pixels
// is up to the reader; libjpeg, and so Pillow and OpenCV, weigh the nearest sample
// with 3/4 and the next with 1/4 in each direction ("fancy upsampling"). Doing the
// same makes pictures equal to Pillow's within one level.

// ycbcr converts the colours of a JPEG as libjpeg does.
func ycbcr(m *image.YCbCr) *data.Image {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := data.NewImage(w, h, 3, 8)
	up := upsampler{ratio: m.SubsampleRatio, width: w, chroma: (w + 1) / 2, rows: (h + 1) / 2}
	if m.SubsampleRatio == image.YCbCrSubsampleRatio422 {
		up.rows = h
	}
	cb, cr := make([]uint8, w+1), make([]uint8, w+1)
	for y := range h {
		if up.smooth() {
			up.row(cb, m.Cb, m.CStride, y)
			up.row(cr, m.Cr, m.CStride, y)
		} else {
			for x := range w {
				at := m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)
				cb[x], cr[x] = m.Cb[at], m.Cr[at]
			}
		}
		from := m.YOffset(m.Rect.Min.X, m.Rect.Min.Y+y)
		r, g, b := out.Planes[0].U8[y*w:][:w], out.Planes[1].U8[y*w:][:w], out.Planes[2].U8[y*w:][:w]
		for x, luma := range m.Y[from : from+w] {
			r[x], g[x], b[x] = rgb(int32(luma), int32(cb[x])-128, int32(cr[x])-128)
		}
	}
	return out
}

// rgb is the conversion of JFIF in 16 bits of fraction, rounded as libjpeg does.
func rgb(y, cb, cr int32) (r, g, b uint8) {
	const half = 1 << 15
	return clamp(y + (91881*cr+half)>>16), // 1.402
		clamp(y + (-22554*cb-46802*cr+half)>>16), // 0.344136, 0.714136
		clamp(y + (116130*cb+half)>>16) // 1.772
}

func clamp(v int32) uint8 { return uint8(max(0, min(v, 255))) }

// upsampler spreads chroma of half the width, and perhaps of half the height.
type upsampler struct {
	ratio        image.YCbCrSubsampleRatio
	width        int // pixels
	chroma, rows int // samples of chroma
}

// smooth is where libjpeg weighs samples: 4:2:2 and 4:2:0, three samples wide at
// least.
func (u *upsampler) smooth() bool {
	half := u.ratio == image.YCbCrSubsampleRatio422 || u.ratio == image.YCbCrSubsampleRatio420
	return half && u.chroma > 2
}

// row writes the chroma of row y; dst has room for width+1.
func (u *upsampler) row(dst, plane []uint8, stride, y int) {
	if u.ratio == image.YCbCrSubsampleRatio422 {
		u.across(dst, plane[y*stride:][:u.chroma])
		return
	}
	near, next := y/2, y/2-1
	if y%2 == 1 {
		next = y/2 + 1
	}
	next = max(0, min(next, u.rows-1))
	u.both(dst, plane[near*stride:][:u.chroma], plane[next*stride:][:u.chroma])
}

// across is libjpeg's h2v1: rounding goes down and up in turn, so that it
// favours neither.
func (u *upsampler) across(dst, in []uint8) {
	for x, v := range in {
		left, right := in[max(0, x-1)], in[min(x+1, len(in)-1)]
		dst[2*x], dst[2*x+1] = uint8((3*int(v)+int(left)+1)>>2), uint8((3*int(v)+int(right)+2)>>2)
	}
}

// both is libjpeg's h2v2.
func (u *upsampler) both(dst, near, next []uint8) {
	sum := func(x int) int { return 3*int(near[x]) + int(next[x]) }
	last, this := sum(0), sum(0)
	for x := range near {
		following := sum(min(x+1, len(near)-1))
		dst[2*x], dst[2*x+1] = uint8((3*this+last+8)>>4), uint8((3*this+following+7)>>4)
		last, this = this, following
	}
}
