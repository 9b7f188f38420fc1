package codec

import (
	"hpaflow/data"
	"hpaflow/data/codec/tiff"
)

// sortPalette: a palette of greys, as microscopes write, gives one plane, any other
// three.
func (n *chosen) sortPalette() error {
	p, _, err := n.Plane(0, n.zFrom, n.t) // each slice may have a palette of its own
	if err != nil {
		return err
	}
	c, err := p.Colours()
	if err != nil {
		return err
	}
	n.like, n.colours = p, c
	if p.Samples != 1 || p.Format != tiff.Unsigned || n.C > 1 || n.zTo-n.zFrom > 1 {
		return p.Errorf(tiff.SamplesPerPixel, "palettes are read of pages with one sample a pixel, one by one; here are %s, of %d samples", n.Stack, p.Samples)
	}
	k := len(c) / 3
	shift := 8 * (2 - p.Size()) // as Pillow, palettes of 8 bits give 8 bits
	n.planes, n.depth = 1, 8*p.Size()
	for i := range k {
		if c[i]>>shift != c[k+i]>>shift || c[i]>>shift != c[2*k+i]>>shift {
			n.planes = 3
		}
	}
	return nil
}

// lookUp looks every pixel up in the palette.
func (n *chosen) lookUp(planes []data.Plane) error {
	c := n.colours
	k := len(c) / 3
	last := planes[len(planes)-1]
	if err := n.like.Decode([][]byte{last.Raw()}); err != nil {
		return err
	}
	for i, v := range last.U8 { // the last is read before it is written
		for j, plane := range planes {
			plane.U8[i] = uint8(c[j*k+int(v)] >> 8)
		}
	}
	for i, v := range last.U16 {
		for j, plane := range planes {
			plane.U16[i] = uint16(c[j*k+int(v)])
		}
	}
	return nil
}
