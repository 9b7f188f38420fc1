package tiff

import "io"

// layout is how a page is cut into strips or tiles. A tile at the right or lower
// edge is whole, a strip is not.
type layout struct {
	tiled         bool
	width, height int // of a strip or tile
	across, down  int
	separate      bool // each sample of a pixel has strips or tiles of its own
	offsets       []uint64
	counts        []uint64 // bytes
}

func (p *Page) readLayout() error {
	d, l := p.dir, &p.layout
	planar, err := d.number(PlanarConfig, 1)
	if err != nil {
		return err
	}
	if planar != 1 && planar != 2 {
		return d.errorf(PlanarConfig, "%d is none", planar)
	}
	l.separate = planar == 2 && p.Samples > 1
	_, l.tiled = d.entries[TileWidth]
	l.width, l.height = p.Width, p.Height
	offsets, counts := StripOffsets, StripByteCounts
	if l.tiled {
		if l.width, err = d.number(TileWidth, 0); err != nil {
			return err
		}
		if l.height, err = d.number(TileLength, 0); err != nil {
			return err
		}
		if l.width < 1 || l.height < 1 {
			return d.errorf(TileWidth, "tiles of %d x %d pixels", l.width, l.height)
		}
		if _, found := d.entries[TileOffsets]; found { // some write those of strips
			offsets = TileOffsets
		}
		if _, found := d.entries[TileByteCounts]; found {
			counts = TileByteCounts
		}
	} else {
		rows, err := d.number(RowsPerStrip, p.Height)
		if err != nil {
			return err
		}
		if rows > 0 {
			l.height = min(rows, p.Height)
		}
	}
	l.across, l.down = ceil(p.Width, l.width), ceil(p.Height, l.height)
	planes := uint64(1)
	if l.separate {
		planes = uint64(p.Samples)
	}
	e, found := d.entries[offsets]
	if !found {
		return d.errorf(offsets, "is missing: there is nothing to read")
	}
	n := uint64(l.across) * uint64(l.down) // less than 1<<62
	if n > e.count/planes {
		return d.errorf(offsets, "the page claims %d x %d pixels, more than its %d strips or tiles can hold", p.Width, p.Height, e.count)
	}
	n *= planes
	if l.offsets, err = d.numbers(offsets, n); err != nil {
		return err
	}
	return p.readCounts(counts, n)
}

// readCounts reads the lengths of strips, or finds them where a file does not say.
func (p *Page) readCounts(tag Tag, n uint64) (err error) {
	l, size := &p.layout, uint64(p.dir.file.size)
	if e, found := p.dir.entries[tag]; found && e.count > 0 {
		l.counts, err = p.dir.numbers(tag, n)
		return err
	}
	if err := p.dir.keep(tag, n); err != nil {
		return err
	}
	l.counts = make([]uint64, n)
	for i, at := range l.offsets {
		switch {
		case p.compression == compressionNone:
			l.counts[i] = uint64(p.segment(i).bytes(p))
		case at < size: // no stream needs what is behind its end
			l.counts[i] = size - at
		}
	}
	return nil
}

func ceil(a, b int) int { return (a + b - 1) / b }

// segment is a strip or a tile.
type segment struct {
	index          int
	x, y           int // of its first pixel
	width, height  int // with what fills a tile up
	first, samples int // those of a pixel that it has
}

func (p *Page) segment(i int) segment {
	l := &p.layout
	each := l.across * l.down
	s := segment{index: i, width: l.width, height: l.height, samples: p.Samples}
	if l.separate {
		s.first, s.samples = i/each, 1
	}
	i %= each
	s.x, s.y = i%l.across*l.width, i/l.across*l.height
	if !l.tiled {
		s.height = min(s.height, p.Height-s.y)
	}
	return s
}

// row is how many bytes a row of the segment takes in the file, once it is not
// compressed.
func (s segment) row(p *Page) int { return (s.width*s.samples*p.Bits + 7) / 8 }

func (s segment) bytes(p *Page) int { return s.row(p) * s.height }

// sparse says that a segment is not in the file: its samples are zeros.
func (l *layout) sparse(i int) bool { return l.offsets[i] == 0 && l.counts[i] == 0 }

// Plausible refuses a page that the file cannot hold.
func (p *Page) Plausible() error {
	l := &p.layout
	offsets := StripOffsets
	if l.tiled {
		offsets = TileOffsets
	}
	const most = 1 << 47
	if int64(l.width) > most/int64(l.height)/int64(p.Samples)/int64(p.Bits) {
		return p.dir.errorf(TileWidth, "strips or tiles of %d x %d pixels", l.width, l.height)
	}
	missing := 0
	var held, claimed uint64
	for i := range l.offsets {
		if l.sparse(i) {
			missing++
			continue
		}
		if !p.dir.file.has(l.offsets[i], l.counts[i]) {
			return p.dir.errorf(offsets, "number %d of %d, %d bytes at %d, is beyond the end of the file, %d bytes: %w",
				i+1, len(l.offsets), l.counts[i], l.offsets[i], p.dir.file.size, io.ErrUnexpectedEOF)
		}
		held += l.counts[i]
		n := uint64(p.segment(i).bytes(p))
		claimed += n
		if n/uint64(expands[p.compression]) > l.counts[i] {
			return p.dir.errorf(0, "claims %d x %d pixels, more than its %d bytes can hold: number %d of %s has %d",
				p.Width, p.Height, p.dir.file.size, i+1, offsets, l.counts[i])
		}
	}
	if missing == len(l.offsets) {
		return p.dir.errorf(offsets, "all are 0: the page has no pixels")
	}
	return nil
}

// Behind gives the page whose pixels lie so many images behind this one's, which
// are uncompressed and one after the other.
func (p *Page) Behind(images int) (*Page, error) {
	l := p.layout
	total := uint64(0)
	for i := range l.offsets {
		if p.compression != compressionNone || l.tiled || l.separate || l.offsets[i] != l.offsets[0]+total {
			return nil, p.dir.errorf(StripOffsets, "the images behind the first are not there: it is not uncompressed in one piece")
		}
		total += uint64(p.segment(i).bytes(p))
	}
	start := l.offsets[0]
	if size := uint64(p.dir.file.size); start > size || total == 0 || uint64(images) >= (size-start)/total {
		return nil, p.dir.errorf(StripOffsets, "image %d behind the first is beyond the end of the file, %d bytes: %w", images, size, io.ErrUnexpectedEOF)
	}
	behind := *p
	behind.layout.offsets, behind.layout.counts = make([]uint64, len(l.offsets)), make([]uint64, len(l.offsets))
	for i := range l.offsets {
		behind.layout.offsets[i] = l.offsets[i] + uint64(images)*total
		behind.layout.counts[i] = uint64(p.segment(i).bytes(p))
	}
	return &behind, nil
}
