package png

import (
	"encoding/binary"
	"errors"
	"sync"

	"hpaflow/data"
	"hpaflow/data/codec/deflate"
)

// decoder is the memory that decoding takes, kept from image to image.
type decoder struct {
	inflater deflate.Inflater
	joined   []byte // compressed pixels of files with several chunks of them
	raw      []byte // filtered rows and a margin
	pixels   []byte // rows of images of several channels or 16 bits
	zeros    []byte // the row above the first
	band     band
}

// errStream says that a stream is not what an image needs. What is wrong with
// it image/png finds out, to which such files are handed.
var errStream = errors.New("png: bad compressed stream")

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// mostKept is how much memory a decoder keeps: what large images take is more
// than it costs to make anew, and would be missing elsewhere.
const mostKept = 16 << 20

func (d *decoder) release() {
	if cap(d.joined)+cap(d.raw)+cap(d.pixels) > mostKept {
		d.joined, d.raw, d.pixels = nil, nil, nil
	}
	decoders.Put(d)
}

// margin is how much memory there is after the filtered rows: the wavefront reads
// less than that beyond them.
const margin = 64

// Decode reads an image into planes that alloc makes of a header: as many as
// there are channels, of Width*Height pixels, U8 or U16 by the depth. An error
// of alloc is returned as it is. Nothing is kept of b.
func Decode(b []byte, alloc func(Header) ([]data.Plane, error)) error {
	d := decoders.Get().(*decoder)
	defer d.release()
	var h Header
	var packed []byte
	var ok bool
	if h, packed, d.joined, ok = parse(b, d.joined); !ok {
		return ErrOther
	}
	row := h.Width * h.pixel()
	n := h.Height * (1 + row)
	// DEFLATE yields at most 1032 bytes for one: a small file cannot ask for much.
	if n/1032 > len(packed) {
		return ErrOther
	}
	planes, err := alloc(h)
	if err != nil {
		return err
	}
	if err := d.decompress(packed, n, row); err != nil {
		return ErrOther
	}
	if h.Depth == 8 && h.Channels == 1 {
		d.unfilter(planes[0].U8, n, row, 1)
		return nil
	}
	d.pixels = grown(d.pixels, h.Height*row)
	d.unfilter(d.pixels, n, row, h.pixel())
	if h.Depth == 16 {
		split16(planes, d.pixels)
	} else {
		split8(planes, d.pixels)
	}
	return nil
}

// grown gives a slice of n bytes, of b's memory if it is enough.
func grown(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// decompress fills raw with n bytes of filtered rows and checks what can be
// checked of them.
func (d *decoder) decompress(packed []byte, n, row int) error {
	const head, tail = 2, 4 // the frame of RFC 1950: method and flags, checksum
	if len(packed) < head+tail {
		return errStream
	}
	method := binary.BigEndian.Uint16(packed)
	if packed[0]&15 != 8 || packed[0]>>4 > 7 || method%31 != 0 || packed[1]&0x20 != 0 {
		return errStream
	}
	d.raw = grown(d.raw, n+margin)
	raw := d.raw
	took, err := d.inflater.Inflate(raw[:n], packed[head:])
	if err != nil || len(packed) != head+took+tail {
		return errStream
	}
	if binary.BigEndian.Uint32(packed[head+took:]) != deflate.Adler32(raw[:n]) {
		return errStream
	}
	for at := 0; at < n; at += 1 + row {
		if raw[at] >= filters {
			return errStream
		}
	}
	return nil
}

// unfilter undoes the filters of the n bytes in raw.
func (d *decoder) unfilter(dst []byte, n, row, pixel int) {
	raw, rows := d.raw[:n+margin], n/(1+row)
	above := d.zeros
	done := d.band.unfilterBands(dst, raw, rows, row, pixel)
	if done > 0 {
		above = dst[(done-1)*row:]
	} else if len(above) < row {
		d.zeros = make([]byte, row)
		above = d.zeros
	}
	unfilterRows(dst[done*row:rows*row], raw[done*(1+row):], above[:row], row, pixel)
}
