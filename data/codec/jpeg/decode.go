package jpeg

import (
	"errors"
	"sync"

	"hpaflow/data"
)

// Header is what a file says of its image.
type Header struct {
	Width, Height int // pixels, 1 to 65535
	Channels      int // 1 (grey) or 3 (RGB)
}

// decoder is the state of one file, and the memory that is kept from image to
// image.
type decoder struct {
	src []byte
	at  int // the next byte of src

	quant     [4]block
	haveQuant [4]bool
	huff      [2][4]huffman // for means, and for the other coefficients
	interval  int           // units from one restart to the next; 0 for none

	jfif, adobe bool
	transform   byte // of adobe

	header                Header
	baseline, progressive bool
	h, v                  int // the largest sampling factors
	across, down          int // units of interleaved scans
	components            []component
	all                   [3]component

	scans int
	scan  scan
	bits  bits
	block block
	out   output
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// Decode reads an image into planes that alloc makes of a header: as many as
// there are channels, of Width*Height pixels, U8. An error of alloc is returned as it
// is. Nothing is kept of b. After another error planes hold anything.
func Decode(b []byte, alloc func(Header) ([]data.Plane, error)) error {
	return decode(b, false, alloc)
}

// DecodeGrey is Decode into one plane. Of three channels it holds
// (19595R + 38470G + 7471B + 0x8000) >> 16, as Pillow's mode L.
func DecodeGrey(b []byte, alloc func(Header) (data.Plane, error)) error {
	return decode(b, true, func(h Header) ([]data.Plane, error) {
		p, err := alloc(h)
		return []data.Plane{p}, err
	})
}

// ReadHeader reads as far as the image's size.
func ReadHeader(b []byte) (Header, error) {
	d := decoders.Get().(*decoder)
	defer d.release()
	if err := d.begin(b); err != nil {
		return Header{}, err
	}
	return d.header, nil
}

func decode(b []byte, grey bool, alloc func(Header) ([]data.Plane, error)) error {
	d := decoders.Get().(*decoder)
	defer d.release()
	if err := d.begin(b); err != nil {
		return err
	}
	if err := d.plausible(); err != nil {
		return err
	}
	planes, err := alloc(d.header)
	if err != nil {
		return err
	}
	d.out.open(d.header, planes, grey)
	for {
		m, err := d.segment()
		if err != nil {
			return err
		}
		switch m {
		case markSOS:
			if err := d.decodeScan(); err != nil {
				return err
			}
		case markEOI:
			return d.finish()
		}
	}
}

// begin reads to the end of the frame's header.
func (d *decoder) begin(b []byte) error {
	d.src, d.at = b, 0
	d.haveQuant = [4]bool{}
	for class := range d.huff {
		for id := range d.huff[class] {
			d.huff[class][id].defined = false
		}
	}
	d.interval, d.scans = 0, 0
	d.jfif, d.adobe = false, false
	d.components = nil
	if len(b) < 2 {
		return errEnd
	}
	if b[0] != 0xff || b[1] != markSOI {
		return errors.New("jpeg: no JPEG image")
	}
	d.at = 2
	for d.components == nil {
		m, err := d.segment()
		if err != nil {
			return err
		}
		if m == markEOI {
			return errors.New("jpeg: the file has no image")
		}
	}
	return nil
}

// finish checks that all has come, and makes pixels of what was kept.
func (d *decoder) finish() error {
	for i := range d.components {
		c := &d.components[i]
		// libjpeg guesses at the first ten coefficients where bits are lacking. The
		// others may be lacking: they then count as zero.
		for _, low := range c.known[:10] {
			if low != 0 {
				return errorf("component %d is incomplete", c.id)
			}
		}
	}
	if !d.direct() {
		d.show()
	}
	return nil
}

// show makes pixels of coefficients that were kept.
func (d *decoder) show() {
	d.openBands()
	for row := range d.down {
		for i := range d.components {
			c := &d.components[i]
			for y := range c.v {
				line := c.coeffs[(row*c.v+y)*c.across:][:c.across]
				for x := range line {
					c.transform(x, y, &line[x])
				}
			}
		}
		d.emit(row)
	}
}

// release lets go of what belongs to callers.
func (d *decoder) release() {
	d.src, d.out.planes = nil, nil
	decoders.Put(d)
}
