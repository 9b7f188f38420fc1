package jpeg

import (
	"errors"
	"sync"

	"hpaflow/data"
)

// Header is what a file says of its image.
type Header struct {
	Width, Height int // pixels, 1 to 65535
	Channels      int // 1 (grey) or 3 (RGB, which inks become too)
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

	colours     Colours
	jfif, adobe bool
	transform   byte // of adobe

	header                Header
	baseline, progressive bool
	h, v                  int // the largest sampling factors
	across, down          int // units of interleaved scans
	components            []component
	all                   [4]component

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
	return decode(b, Options{}, false, alloc)
}

// Options are what a format says of a stream that holds it.
type Options struct {
	Tables  []byte // a stream of tables alone, for one that has none
	Colours Colours
}

// Colours is what three components are.
type Colours int

// What three components are.
const (
	AsMarked  Colours = iota // what the stream says, as libjpeg understands it
	FromYCbCr                // luma and chroma, to be converted
	AsStored                 // three channels, to be left as they are
)

// DecodeWith is Decode for a stream in a file of another format.
func DecodeWith(b []byte, o Options, alloc func(Header) ([]data.Plane, error)) error {
	return decode(b, o, false, alloc)
}

// DecodeGrey is Decode into one plane. Of three channels it holds
// (19595R + 38470G + 7471B + 0x8000) >> 16, as Pillow's mode L.
func DecodeGrey(b []byte, alloc func(Header) (data.Plane, error)) error {
	return decode(b, Options{}, true, func(h Header) ([]data.Plane, error) {
		p, err := alloc(h)
		return []data.Plane{p}, err
	})
}

// ReadHeader reads as far as the image's size.
func ReadHeader(b []byte) (Header, error) {
	d := decoders.Get().(*decoder)
	defer d.release()
	if err := d.begin(b, Options{}); err != nil {
		return Header{}, err
	}
	return d.header, nil
}

func decode(b []byte, o Options, grey bool, alloc func(Header) ([]data.Plane, error)) error {
	d := decoders.Get().(*decoder)
	defer d.release()
	if err := d.begin(b, o); err != nil {
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
func (d *decoder) begin(b []byte, o Options) error {
	d.haveQuant = [4]bool{}
	for class := range d.huff {
		for id := range d.huff[class] {
			d.huff[class][id].defined = false
		}
	}
	d.interval, d.scans = 0, 0
	d.jfif, d.adobe, d.colours = false, false, o.Colours
	d.components = nil
	if o.Tables != nil {
		if err := d.readTables(o.Tables); err != nil {
			return err
		}
	}
	if err := d.start(b); err != nil {
		return err
	}
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

// start goes to the first segment of a stream.
func (d *decoder) start(b []byte) error {
	d.src, d.at = b, 2
	if len(b) < 2 {
		return errEnd
	}
	if b[0] != 0xff || b[1] != markSOI {
		return errors.New("jpeg: no JPEG image")
	}
	return nil
}

// readTables reads a stream of tables alone.
func (d *decoder) readTables(b []byte) error {
	if err := d.start(b); err != nil {
		return err
	}
	for {
		m, err := d.segment()
		if err != nil {
			return err
		}
		if m == markEOI {
			return nil
		}
		if d.components != nil || m == markSOS {
			return errors.New("jpeg: an image among tables")
		}
	}
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
