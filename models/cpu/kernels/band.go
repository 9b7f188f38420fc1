package kernels

// band is what the grid rows top..top+rows of one image, columns left..left+
// cols, read of some blocks of source channels: either the source itself or,
// where taps reach outside it or the source is plain, a copy with zeros
// around.
type band struct {
	data  []float32
	block int // how far apart blocks lie
	row   int // and rows
	base  int // where the first grid position's tap (y,x) is
	y, x  int
}

// size is the values of a copy of some blocks.
func (p *pass) copySize(blocks, rows int) int {
	h, w := p.copyShape(rows)
	return blocks * h * w * p.lanes
}

func (p *pass) copyShape(rows int) (h, w int) {
	return (rows-1)*p.stepY + p.maxY - p.minY + 1, (p.gridW-1)*p.stepX + p.maxX - p.minX + 1
}

// source gives the band of some blocks of a group, copying it to buf where it
// must. src is all images.
func (p *pass) source(m *machine, buf, src []float32, image, group, firstBlock, blocks, top, rows, left int) band {
	if !p.padded {
		plane := p.srcH * p.srcW * Lanes
		from := ((image*p.groups+group)*p.inBl + firstBlock) * plane
		return band{
			data: src[from : from+blocks*plane], block: plane, row: p.srcW * Lanes,
			base: (top*p.stepY*p.srcW + left*p.stepX) * Lanes,
		}
	}
	h, w := p.copyShape(rows)
	b := band{data: buf[:blocks*h*w*p.lanes], block: h * w * p.lanes, row: w * p.lanes, y: p.minY, x: p.minX}
	y := top*p.stepY + p.minY
	for k := range blocks {
		to := b.data[k*b.block : (k+1)*b.block]
		if p.plain {
			p.copyPlain(to, src, image, firstBlock+k, y, h, w)
		} else {
			plane := p.srcH * p.srcW * Lanes
			m.copyWindow(to, src[((image*p.groups+group)*p.inBl+firstBlock+k)*plane:][:plane], p.srcH, p.srcW, y, p.minX, h, w)
		}
	}
	return b
}

// copyPlain is copyWindow of a block of a plain source, from (y,minX) on.
func (p *pass) copyPlain(to, src []float32, image, block, y, h, w int) {
	lo := min(w, max(0, -p.minX))
	hi := max(lo, min(w, p.srcW-p.minX))
	plane := p.srcH * p.srcW
	for i := range h {
		row := to[i*w*p.lanes : (i+1)*w*p.lanes]
		if y+i < 0 || y+i >= p.srcH || lo == hi {
			clear(row)
			continue
		}
		clear(row[:lo*p.lanes])
		clear(row[hi*p.lanes:])
		from := src[(image*p.in+block*p.lanes)*plane+(y+i)*p.srcW+p.minX+lo:]
		interleave(row[lo*p.lanes:], from, min(p.lanes, p.in-block*p.lanes), hi-lo, p.lanes, plane)
	}
}

// offsets are the bytes from a grid position's source to what each block and
// tap reads, in the order of the packed weights.
func (p *pass) offsets(to []int, b *band, blocks int) []int {
	to = to[:0]
	for k := range blocks {
		for _, t := range p.taps {
			to = append(to, (k*b.block+(t.y-b.y)*b.row+(t.x-b.x)*p.lanes)*floatBytes)
		}
	}
	return to
}
