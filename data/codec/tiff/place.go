package tiff

import (
	"encoding/binary"
	"image"

	"hpaflow/data/codec/tiff/predictor"
)

// target is where the pixels of a segment belong.
type target struct {
	page    *Page
	segment segment
	region  image.Rectangle // of the page, that planes hold
	planes  [][]byte        // those of the segment's samples
}

// isSwapped says that samples are not in the machine's order.
func (p *Page) isSwapped() bool {
	return p.Bits > 8 && p.Bits%16 == 0 && p.predictor != 3 && binary.NativeEndian.Uint16([]byte{1, 2}) != p.dir.file.order.Uint16([]byte{1, 2})
}

// direct says that the segment's bytes are, but for order and predictor, those of a
// plane, one behind the other.
func (t *target) direct() bool {
	p, s := t.page, t.segment
	return s.samples == 1 && p.Bits == 8*p.Size() && p.predictor != 3 && !p.whole() &&
		s.width == p.Width && t.region.Dx() == p.Width && s.y >= t.region.Min.Y && s.y+s.height <= t.region.Max.Y
}

// place is where a segment is read to that is read directly.
func (t *target) place() []byte {
	row := t.page.Width * t.page.Size()
	return t.planes[0][(t.segment.y-t.region.Min.Y)*row:][:t.segment.height*row]
}

// finish undoes order and predictor of what was read directly.
func (t *target) finish(dst []byte) {
	p := t.page
	size := p.Size()
	if p.predictor != 2 {
		if p.swapped {
			predictor.Swap(dst, dst, size)
		}
		return
	}
	for row := p.Width * size; len(dst) > 0; dst = dst[row:] {
		if p.swapped {
			predictor.Swap(dst[:row], dst[:row], size)
		}
		predictor.Sum(dst[:row], size)
	}
}

// overlap is the part of the segment that is in the region and of the page.
func (t *target) overlap() image.Rectangle {
	s := t.segment
	return image.Rect(s.x, s.y, min(s.x+s.width, t.page.Width), min(s.y+s.height, t.page.Height)).Intersect(t.region)
}

// row is where so many samples of a row of a plane belong.
func (t *target) row(plane, x, y, n int) []byte {
	size := t.page.Size()
	return t.planes[plane][((y-t.region.Min.Y)*t.region.Dx()+x-t.region.Min.X)*size:][:n*size]
}

// clear makes the samples zeros.
func (t *target) clear() {
	at := t.overlap()
	for c := range t.planes {
		for y := at.Min.Y; y < at.Max.Y; y++ {
			clear(t.row(c, at.Min.X, y, at.Dx()))
		}
	}
}

// place takes the rows of a segment apart. They may be the file's own.
func (d *decoder) place(t *target, rows []byte) {
	p, s := t.page, t.segment
	at := t.overlap()
	if at.Empty() {
		return
	}
	size, stride := p.Size(), s.row(p)
	skip := at.Min.X - s.x // pixels to the left, which count for the predictor
	n := at.Dx()
	for y := at.Min.Y; y < at.Max.Y; y++ {
		src := rows[(y-s.y)*stride:][:stride]
		switch {
		case p.predictor == 3:
			b := grown(&d.swapped, stride)
			copy(b, src)
			src = grown(&d.row, stride)
			predictor.Float(src, b, size, s.samples)
		case p.Bits != 8*size:
			src = wholeBytes(grown(&d.row, s.width*s.samples*size), src, p.Bits)
		case p.swapped:
			b := grown(&d.swapped, stride)
			predictor.Swap(b, src, size)
			src = b
		}
		for c := range t.planes {
			dst := t.row(c, at.Min.X, y, n)
			if p.predictor != 2 {
				gather(dst, src[(skip*s.samples+c)*size:], size, s.samples)
				continue
			}
			if skip == 0 {
				gather(dst, src[c*size:], size, s.samples)
				predictor.Sum(dst, size)
				continue
			}
			whole := grown(&d.row, (skip+n)*size)
			gather(whole, src[c*size:], size, s.samples)
			predictor.Sum(whole, size)
			copy(dst, whole[skip*size:])
		}
	}
}
