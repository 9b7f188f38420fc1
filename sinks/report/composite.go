package report

import (
	"image"
	"slices"

	"hpaflow/data"
)

// Composite is up to four planes as a screen shows them: red, green and blue,
// and yellow as a third of it in red and in green; of more, the first three. A
// single plane is grey. The picture is opaque, with 8 bits a colour.
func Composite(im *data.Image) *image.NRGBA { return previewOf(nil, nil, len(im.Planes)).Composite(im) }

// Composite is the picture of the planes that are shown.
func (p Preview) Composite(im *data.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, im.Width, im.Height))
	black := func(int) int { return 0 }
	levels := [4]func(i int) int{black, black, black, black}
	for colour, c := range p.planes {
		levels[colour] = levelsOf(im.Planes[c])
	}
	for i := range im.Width * im.Height {
		third := levels[3](i) / 3
		out.Pix[4*i] = uint8(min(255, levels[0](i)+third))
		out.Pix[4*i+1] = uint8(min(255, levels[1](i)+third))
		out.Pix[4*i+2] = uint8(levels[2](i))
		out.Pix[4*i+3] = 255
	}
	return out
}

// levelsOf gives the pixels of a plane in 8 bits.
func levelsOf(p data.Plane) func(i int) int {
	if p.U16 != nil {
		return func(i int) int { return int(p.U16[i] >> 8) }
	}
	return func(i int) int { return int(p.U8[i]) }
}

// darkest is the brightest pixel that a plane is lit up from, so that one can
// see it; a black one stays black.
const darkest = 32

// litUp is a plane in 8 bits, as bright as can be.
func litUp(p data.Plane) data.Plane {
	lit := make([]uint8, len(p.U8)+len(p.U16))
	if p.U16 != nil {
		brightest := max(int(slices.Max(p.U16)), darkest)
		for i, v := range p.U16 {
			lit[i] = uint8(int(v) * 255 / brightest)
		}
	} else {
		brightest := max(int(slices.Max(p.U8)), darkest)
		for i, v := range p.U8 {
			lit[i] = uint8(int(v) * 255 / brightest)
		}
	}
	return data.Plane{U8: lit}
}

// LitUp is an image of 8 bits as bright as can be: by the brightest pixel of all
// its planes, so that they keep their relation.
func LitUp(im *data.Image) *data.Image {
	brightest := darkest
	for _, p := range im.Planes {
		if p.U16 != nil {
			brightest = max(brightest, int(slices.Max(p.U16)))
		} else {
			brightest = max(brightest, int(slices.Max(p.U8)))
		}
	}
	out := data.NewImage(im.Width, im.Height, len(im.Planes), 8)
	for i, p := range im.Planes {
		for j, v := range p.U16 {
			out.Planes[i].U8[j] = uint8(int(v) * 255 / brightest)
		}
		for j, v := range p.U8 {
			out.Planes[i].U8[j] = uint8(int(v) * 255 / brightest)
		}
	}
	return out
}
