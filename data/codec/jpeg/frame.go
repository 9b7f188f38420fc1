package jpeg

import (
	"encoding/binary"
	"errors"
)

// component is one of a frame's colours.
type component struct {
	id            byte
	h, v          int // sampling factors
	table         byte
	width, height int // samples, without what fills up blocks
	across, down  int // blocks, in whole units of interleaved scans

	quant  block    // latched when its first scan begins
	known  [64]int8 // the lowest bit that has come of each coefficient, in the order they are sent; -1 of none
	coeffs []block  // of files of several scans, across*down
	spread func(*band, int) []byte
	band   band
}

// blocks is how many blocks hold samples.
func (c *component) blocks() (across, down int) { return (c.width + 7) / 8, (c.height + 7) / 8 }

// readFrame reads SOF and has the planes made.
func (d *decoder) readFrame(m byte, b []byte) error {
	if d.components != nil {
		return errors.New("jpeg: a second frame")
	}
	if len(b) < 6 {
		return errors.New("jpeg: the frame's header is cut short")
	}
	if b[0] != 8 {
		return errorf("%d bits a sample are not supported; write it as PNG by libjpeg-turbo 3 and ImageMagick: djpeg IN.jpg | magick - OUT.png", b[0])
	}
	d.baseline, d.progressive = m == markSOF0, m == markSOF2
	d.header.Height, d.header.Width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	n := int(b[5])
	if n != 1 && n != 3 && (n != 4 || d.colours != AsMarked) {
		return errorf("images of %d components are not supported", n)
	}
	if len(b) != 6+3*n {
		return errors.New("jpeg: the frame's header has a wrong length")
	}
	if d.header.Width == 0 || d.header.Height == 0 {
		return errorf("an image of %d x %d pixels", d.header.Width, d.header.Height)
	}
	d.header.Channels = min(n, 3)
	d.components = d.all[:n]
	for i := range d.components {
		c, part := &d.components[i], b[6+3*i:]
		*c = component{id: part[0], h: int(part[1] >> 4), v: int(part[1] & 15), table: part[2], band: c.band, coeffs: c.coeffs[:0]}
		for k := range c.known {
			c.known[k] = -1
		}
		for _, other := range d.components[:i] {
			if other.id == c.id {
				return errorf("two components %d", c.id)
			}
		}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.table > 3 {
			return errorf("component %d has sampling %d x %d and quantisation table %d", c.id, c.h, c.v, c.table)
		}
		if n == 1 {
			c.h, c.v = 1, 1 // what factors say is relative to other components
		}
	}
	return d.lay()
}

// lay finds how large components are.
func (d *decoder) lay() error {
	d.h, d.v = 1, 1
	for _, c := range d.components {
		d.h, d.v = max(d.h, c.h), max(d.v, c.v)
	}
	d.across = (d.header.Width + 8*d.h - 1) / (8 * d.h)
	d.down = (d.header.Height + 8*d.v - 1) / (8 * d.v)
	for i := range d.components {
		c := &d.components[i]
		if d.h%c.h != 0 || d.v%c.v != 0 {
			return errorf("sampling %d x %d beside %d x %d is not supported", c.h, c.v, d.h, d.v)
		}
		c.width = (d.header.Width*c.h + d.h - 1) / d.h
		c.height = (d.header.Height*c.v + d.v - 1) / d.v
		c.across, c.down = d.across*c.h, d.down*c.v
	}
	return nil
}

// plausible refuses an image that the file is too short for: the code of a
// block's mean has a bit at least.
func (d *decoder) plausible() error {
	bits := 0
	for i := range d.components {
		across, down := d.components[i].blocks()
		bits += across * down
	}
	if bits/8 > len(d.src) {
		return errorf("image claims %d x %d pixels, more than its %d bytes can hold", d.header.Width, d.header.Height, len(d.src))
	}
	return nil
}

// isYCCK says that of four components the first three are YCbCr of inks.
func (d *decoder) isYCCK() bool { return d.adobe && d.transform == 2 }

// isRGB says that three components are red, green and blue; otherwise they are
// YCbCr. A file that does not say is judged by its components' names, as libjpeg does.
func (d *decoder) isRGB() bool {
	if d.colours != AsMarked {
		return d.colours == AsStored
	}
	if d.jfif {
		return false
	}
	if d.adobe {
		return d.transform == 0
	}
	c := d.components
	return c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B'
}
