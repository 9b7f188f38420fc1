package codec

import (
	"fmt"
	"image"
	"image/color"

	"hpaflow/data"
)

// planesOf takes an image of the standard library apart, bit for bit.
func planesOf(im image.Image) (*data.Image, error) {
	size := im.Bounds().Size()
	w, h := size.X, size.Y
	switch m := im.(type) {
	case *image.Gray:
		return split8(m.Pix, m.Stride, w, h, 1, 1), nil
	case *image.Gray16:
		return split16(m.Pix, m.Stride, w, h, 1, 1), nil
	case *image.NRGBA:
		return split8(m.Pix, m.Stride, w, h, 4, 4), nil
	case *image.NRGBA64:
		return split16(m.Pix, m.Stride, w, h, 4, 4), nil
	case *image.RGBA: // decoders use it for RGB without alpha
		if m.Opaque() {
			return split8(m.Pix, m.Stride, w, h, 4, 3), nil
		}
	case *image.RGBA64:
		if m.Opaque() {
			return split16(m.Pix, m.Stride, w, h, 4, 3), nil
		}
	case *image.Paletted:
		return paletted(m), nil
	}
	return nil, fmt.Errorf("images of this sort (%T) are not supported", im)
}

// grey writes the grey of the first three of an image's planes.
func grey(out data.Plane, im *data.Image) {
	r, g, b := im.Planes[0], im.Planes[1], im.Planes[2]
	for i := range out.U8 {
		out.U8[i] = uint8(luma(uint32(r.U8[i]), uint32(g.U8[i]), uint32(b.U8[i])))
	}
	for i := range out.U16 {
		out.U16[i] = uint16(luma(uint32(r.U16[i]), uint32(g.U16[i]), uint32(b.U16[i])))
	}
}

// luma is Pillow's conversion to L. Its weights add up to 1<<16, so that
// equal channels pass unchanged, and 16 bits fit.
func luma(r, g, b uint32) uint32 {
	return uint32((uint64(r)*19595 + uint64(g)*38470 + uint64(b)*7471 + 0x8000) >> 16)
}

// split8 takes the first n of each pixel's channels apart.
func split8(pix []uint8, stride, w, h, channels, n int) *data.Image {
	out := data.NewImage(w, h, n, 8)
	for y := range h {
		row := pix[y*stride : y*stride+w*channels]
		for c := range n {
			dst := out.Planes[c].U8[y*w : (y+1)*w]
			if channels == 1 {
				copy(dst, row)
				continue
			}
			for x := range dst {
				dst[x] = row[x*channels+c]
			}
		}
	}
	return out
}

// split16 is split8 for pixels of 16 bits, which are big-endian in memory.
func split16(pix []uint8, stride, w, h, channels, n int) *data.Image {
	out := data.NewImage(w, h, n, 16)
	for y := range h {
		row := pix[y*stride : y*stride+w*channels*2]
		for c := range n {
			dst := out.Planes[c].U16[y*w : (y+1)*w]
			for x := range dst {
				at := 2 * (x*channels + c)
				dst[x] = uint16(row[at])<<8 | uint16(row[at+1])
			}
		}
	}
	return out
}

// paletted looks every pixel up. A palette of greys, as microscopes write,
// gives one plane, any other three.
func paletted(m *image.Paletted) *data.Image {
	size := m.Bounds().Size()
	var table [256][3]uint8
	channels := 1
	for i, c := range m.Palette {
		rgb := color.NRGBAModel.Convert(c).(color.NRGBA)
		table[i] = [3]uint8{rgb.R, rgb.G, rgb.B}
		if rgb.R != rgb.G || rgb.G != rgb.B {
			channels = 3
		}
	}
	out := data.NewImage(size.X, size.Y, channels, 8)
	for y := range size.Y {
		for x, index := range m.Pix[y*m.Stride : y*m.Stride+size.X] {
			for c := range channels {
				out.Planes[c].U8[y*size.X+x] = table[index][c]
			}
		}
	}
	return out
}
