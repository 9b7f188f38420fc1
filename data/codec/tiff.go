package codec

import (
	"hpaflow/data"
	"hpaflow/data/codec/tiff"
)

func claimTIFF(b []byte) (Claim, error) {
	p, err := theImage(b)
	if err != nil {
		return Claim{}, err
	}
	planes, depth, err := planesOfTIFF(p)
	return Claim{Width: p.Width, Height: p.Height, Channels: planes, Depth: depth, scratch: p.Scratch()}, err
}

func decodeTIFF(b []byte, alloc allocator) error {
	p, err := theImage(b)
	if err != nil {
		return err
	}
	if err := within("TIFF", p.Width, p.Height); err != nil {
		return err
	}
	n, depth, err := planesOfTIFF(p)
	if err != nil {
		return err
	}
	if err := p.Plausible(); err != nil {
		return err
	}
	planes, err := alloc(p.Width, p.Height, n, depth)
	if err != nil {
		return err
	}
	if p.Photometric == tiff.Palette {
		return lookUp(p, planes)
	}
	raw := make([][]byte, n)
	for i := range planes {
		raw[i] = planes[i].Raw()
	}
	if err := p.Decode(raw); err != nil {
		return err
	}
	for i := range min(n, colours(p)) {
		spread(planes[i], p.Bits, p.Photometric == tiff.WhiteIsZero)
	}
	for i := colours(p); i < n; i++ {
		spread(planes[i], p.Bits, false)
	}
	return nil
}

// theImage is the one page of a file that is no smaller copy of another.
func theImage(b []byte) (*tiff.Page, error) {
	f, err := tiff.Open(b)
	if err != nil {
		return nil, err
	}
	var first *tiff.Page
	for i := range f.Len() {
		p, err := f.Page(i)
		if err != nil {
			return nil, err
		}
		if p.Reduced {
			continue
		}
		if first != nil {
			return nil, p.Errorf(tiff.ImageWidth, "the file has %d pages, and which is meant is not known; write each to a file of its own: tiffsplit IN.tif", f.Len())
		}
		first = p
	}
	if first == nil {
		return f.Page(0)
	}
	return first, nil
}

// colours is how many of a pixel's samples are grey or colours, not alpha or
// something else.
func colours(p *tiff.Page) int {
	if p.Photometric == tiff.RGB || p.Photometric == tiff.YCbCr {
		return 3
	}
	return 1
}

// planesOfTIFF is what a page becomes, or why it does not.
func planesOfTIFF(p *tiff.Page) (planes, depth int, err error) {
	switch p.Photometric {
	case tiff.WhiteIsZero, tiff.BlackIsZero, tiff.RGB, tiff.Mask:
	case tiff.YCbCr:
		if !p.IsJPEG() { // whose decoder makes it RGB
			return 0, 0, p.Errorf(tiff.Photometric, "YCbCr is read as JPEG alone; convert it: tiff2rgba IN.tif OUT.tif")
		}
	case tiff.Palette:
		return planesOfPalette(p)
	default:
		return 0, 0, p.Errorf(tiff.Photometric, "%s is not read; convert it to RGB or grey: convert IN.tif -colorspace sRGB OUT.tif", tiff.PhotometricName(p.Photometric))
	}
	if p.Samples > data.MaxPlanes {
		return 0, 0, p.Errorf(tiff.SamplesPerPixel, "%d samples a pixel; at most %d planes are read", p.Samples, data.MaxPlanes)
	}
	if p.Samples < colours(p) {
		return 0, 0, p.Errorf(tiff.SamplesPerPixel, "%s of %d samples a pixel", tiff.PhotometricName(p.Photometric), p.Samples)
	}
	if p.Format != tiff.Unsigned || p.Bits > 16 {
		return 0, 0, p.Errorf(tiff.BitsPerSample, "%d-bit %v samples are neither of 8 nor of 16 bits, and their range is not known", p.Bits, p.Format)
	}
	return p.Samples, 8 * p.Size(), nil
}

// planesOfPalette: a palette of greys, as microscopes write, gives one plane, any
// other three.
func planesOfPalette(p *tiff.Page) (planes, depth int, err error) {
	c, err := p.Colours()
	if err != nil {
		return 0, 0, err
	}
	if p.Samples != 1 || p.Format != tiff.Unsigned {
		return 0, 0, p.Errorf(tiff.SamplesPerPixel, "%d %v samples a pixel with a palette", p.Samples, p.Format)
	}
	n := len(c) / 3
	shift := 8 * (2 - p.Size()) // as Pillow, palettes of 8 bits give 8 bits
	planes = 1
	for i := range n {
		if c[i]>>shift != c[n+i]>>shift || c[i]>>shift != c[2*n+i]>>shift {
			planes = 3
		}
	}
	return planes, 8 * p.Size(), nil
}

// lookUp looks every pixel up in the palette.
func lookUp(p *tiff.Page, planes []data.Plane) error {
	c, err := p.Colours()
	if err != nil {
		return err
	}
	n := len(c) / 3
	last := planes[len(planes)-1]
	if err := p.Decode([][]byte{last.Raw()}); err != nil {
		return err
	}
	for i, v := range last.U8 { // the last is read before it is written
		for k, plane := range planes {
			plane.U8[i] = uint8(c[k*n+int(v)] >> 8)
		}
	}
	for i, v := range last.U16 {
		for k, plane := range planes {
			plane.U16[i] = uint16(c[k*n+int(v)])
		}
	}
	return nil
}

// spread makes samples of less than 8 bits fill 8, as Pillow does, and white the
// largest value.
func spread(p data.Plane, bits int, whiteIsZero bool) {
	most := 1<<bits - 1
	if bits < 8 || bits == 8 && whiteIsZero {
		var table [256]uint8
		for v := range most + 1 {
			to := v
			if whiteIsZero {
				to = most - v
			}
			table[v] = uint8((to*255 + most/2) / most)
		}
		for i, v := range p.U8 {
			p.U8[i] = table[v]
		}
		return
	}
	if whiteIsZero {
		for i, v := range p.U16 {
			p.U16[i] = uint16(most) - v
		}
	}
}
