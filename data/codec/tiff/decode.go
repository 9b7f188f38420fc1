package tiff

import (
	"fmt"
	"image"
	"math/bits"
	"sync"

	"github.com/therootcompany/xz"

	"hpaflow/data/codec/deflate"
	"hpaflow/data/codec/tiff/lzw"
)

// decoder is the memory that decoding takes, kept from page to page.
type decoder struct {
	inflater deflate.Inflater
	lzw      lzw.Decoder
	lzma     *xz.Reader // with its window
	packed   []byte     // a segment as it is in the file
	rows     []byte     // a segment's rows
	row      []byte     // a row of samples that take whole bytes
	swapped  []byte     // a row in the machine's order
	joined   []byte     // a JPEG file of a stream and the page's tables
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// mostKept is how much memory a decoder keeps: what large images take is more
// than it costs to make anew, and would be missing elsewhere.
const mostKept = 4 << 20

func (d *decoder) release() {
	if cap(d.packed)+cap(d.rows)+cap(d.joined) > mostKept {
		d.packed, d.rows, d.joined = nil, nil, nil
	}
	decoders.Put(d)
}

// Decode reads the page: a plane for each sample of a pixel, of Width*Height samples of
// Size bytes, in the machine's order. After an error planes hold anything.
func (p *Page) Decode(planes [][]byte) error {
	return p.Region(image.Rect(0, 0, p.Width, p.Height), planes)
}

// Region is Decode of a part of the page, for which alone strips and tiles are read.
// Planes have as many samples as the region has pixels.
func (p *Page) Region(at image.Rectangle, planes [][]byte) error {
	if err := p.Plausible(); err != nil {
		return err
	}
	if at.Empty() || !at.In(image.Rect(0, 0, p.Width, p.Height)) {
		return p.dir.errorf(0, "the region %v is not of its %d x %d pixels", at, p.Width, p.Height)
	}
	for _, plane := range planes {
		if len(planes) != p.Samples || len(plane) != at.Dx()*at.Dy()*p.Size() {
			return p.dir.errorf(0, "%d planes of %d bytes cannot hold %d samples of %d x %d pixels", len(planes), len(plane), p.Samples, at.Dx(), at.Dy())
		}
	}
	d := decoders.Get().(*decoder)
	defer d.release()
	l := &p.layout
	each := l.across * l.down
	for first := 0; first < len(l.offsets); first += each { // the planes of a separate one
		for y := at.Min.Y / l.height; y <= (at.Max.Y-1)/l.height; y++ {
			for x := at.Min.X / l.width; x <= (at.Max.X-1)/l.width; x++ {
				s := p.segment(first + y*l.across + x)
				t := target{page: p, segment: s, region: at, planes: planes[s.first : s.first+s.samples]}
				if err := d.segment(&t); err != nil {
					kind := "strip"
					if l.tiled {
						kind = "tile"
					}
					return p.dir.errorf(0, "%s %d of %d: %w", kind, s.index+1, len(l.offsets), err)
				}
			}
		}
	}
	return nil
}

// Scratch is the memory that Decode takes at most, besides the file and the planes.
func (p *Page) Scratch() int64 {
	l := &p.layout
	s := p.segment(0)
	var n, packed uint64
	if t := (&target{page: p, segment: s, region: image.Rect(0, 0, p.Width, p.Height)}); !t.direct() {
		n = uint64(s.bytes(p)) + 4*uint64(s.width*s.samples*p.Size())
	}
	if p.whole() {
		n *= 2
	}
	for _, c := range l.counts {
		packed = max(packed, c)
	}
	if p.dir.file.r != nil || p.reversed || p.whole() {
		n += min(packed, uint64(p.dir.file.size))
	}
	return int64(min(n, 1<<62))
}

// segment reads a strip or tile and puts its pixels where they belong.
func (d *decoder) segment(t *target) error {
	p, s := t.page, t.segment
	l := &p.layout
	if l.sparse(s.index) {
		t.clear()
		return nil
	}
	n := s.bytes(p)
	size := l.counts[s.index]
	if p.compression == compressionNone {
		size = min(size, uint64(n))
	}
	if t.direct() && p.compression == compressionNone && !p.reversed && size == uint64(n) {
		dst := t.place()
		if err := p.dir.file.fill(dst, l.offsets[s.index]); err != nil {
			return err
		}
		t.finish(dst)
		return nil
	}
	src, err := p.dir.file.bytes(l.offsets[s.index], size, &d.packed)
	if err != nil {
		return err
	}
	if p.reversed && !p.whole() {
		src = d.reverse(src)
	}
	switch {
	case p.whole():
		return d.image(t, src)
	case t.direct():
		dst := t.place()
		if err := d.decompress(p, dst, src); err != nil {
			return err
		}
		t.finish(dst)
		return nil
	case p.compression == compressionNone:
		if len(src) < n {
			return fmt.Errorf("%d bytes, of which its pixels take %d", len(src), n)
		}
		d.place(t, src[:n])
		return nil
	}
	rows := grown(&d.rows, n)
	if err := d.decompress(p, rows, src); err != nil {
		return err
	}
	d.place(t, rows)
	return nil
}

// reverse turns the bits of bytes around.
func (d *decoder) reverse(src []byte) []byte {
	if len(src) > 0 && (len(d.packed) == 0 || &src[0] != &d.packed[0]) { // the file's own
		copy(grown(&d.packed, len(src)), src)
	}
	b := d.packed[:len(src)]
	for i, v := range b {
		b[i] = bits.Reverse8(v)
	}
	return b
}
