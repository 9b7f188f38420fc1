package jpeg

import "errors"

// maxScans is how many scans a file may have: 20 are many.
const maxScans = 256

// scan is what SOS says, and the state that restarts reset.
type scan struct {
	parts       []part
	all         [4]part
	first, last int  // coefficients, in the order they are sent
	high, low   uint // the bit sent before, 0 for none, and the one sent now

	left    int  // units to the next restart
	restart byte // the next restart's number
	run     int  // blocks that have ended
}

// part is a component's share in a scan.
type part struct {
	*component
	dc, ac *huffman
	mean   int32 // of the block before
}

// readScan reads SOS.
func (d *decoder) readScan(b []byte) error {
	if d.components == nil {
		return errors.New("jpeg: a scan before the frame's header")
	}
	if d.scans++; d.scans > maxScans {
		return errorf("more than %d scans", maxScans)
	}
	if len(b) < 1 || b[0] < 1 || int(b[0]) > len(d.components) || len(b) != 4+2*int(b[0]) {
		return errors.New("jpeg: a scan's header has a wrong length")
	}
	s, n := &d.scan, int(b[0])
	s.parts, s.first, s.last, s.high, s.low = s.all[:n], 0, 63, 0, 0
	if d.progressive {
		s.first, s.last = int(b[1+2*n]), int(b[2+2*n])
		s.high, s.low = uint(b[3+2*n]>>4), uint(b[3+2*n]&15)
	}
	if s.last > 63 || s.first > s.last || d.progressive && s.first == 0 && s.last > 0 || s.first > 0 && n > 1 || s.low > 13 {
		return errorf("a scan of coefficients %d to %d, bit %d, of %d components", s.first, s.last, s.low, n)
	}
	blocks := 0
	for i := range s.parts {
		id, tables := b[1+2*i], b[2+2*i]
		p := &s.parts[i]
		*p = part{}
		for k := range d.components {
			if d.components[k].id == id {
				p.component = &d.components[k]
			}
		}
		if p.component == nil {
			return errorf("a scan of component %d, which is not in the frame", id)
		}
		for _, other := range s.parts[:i] {
			if other.component == p.component {
				return errorf("a scan has component %d twice", id)
			}
		}
		if err := d.find(p, tables>>4, tables&15); err != nil {
			return err
		}
		if err := s.advance(p.component); err != nil {
			return err
		}
		blocks += p.h * p.v
	}
	if n > 1 && blocks > 10 {
		return errorf("a scan with %d blocks a unit", blocks)
	}
	return nil
}

// find finds the tables that a component needs in the scan.
func (d *decoder) find(p *part, dc, ac byte) error {
	s := &d.scan
	if dc > 3 || ac > 3 || d.baseline && (dc > 1 || ac > 1) {
		return errorf("a scan with Huffman tables %d and %d", dc, ac)
	}
	p.dc, p.ac = &d.huff[0][dc], &d.huff[1][ac]
	if !d.progressive {
		for class, h := range []*huffman{p.dc, p.ac} {
			if id := []byte{dc, ac}[class]; !h.defined && id < 2 {
				if err := h.initUsual(class, int(id)); err != nil {
					return err
				}
			}
		}
	}
	if needs := s.first == 0 && s.high == 0; needs && !p.dc.defined {
		return errorf("DC Huffman table %d is missing", dc)
	}
	if needs := s.last > 0; needs && !p.ac.defined {
		return errorf("AC Huffman table %d is missing", ac)
	}
	if p.started() {
		return nil
	}
	if !d.haveQuant[p.table] {
		return errorf("quantisation table %d is missing", p.table)
	}
	p.quant = d.quant[p.table]
	return nil
}

func (c *component) started() bool {
	for _, low := range c.known {
		if low >= 0 {
			return true
		}
	}
	return false
}

// advance notes that the scan sends bits of a component, each of which comes
// once, from the highest on.
func (s *scan) advance(c *component) error {
	for k := s.first; k <= s.last; k++ {
		known := int(c.known[k])
		if s.high == 0 && known >= 0 || s.high > 0 && (known != int(s.high) || s.low != s.high-1) {
			return errorf("a scan sends coefficient %d of component %d out of order", k, c.id)
		}
		c.known[k] = int8(s.low)
	}
	return nil
}

// direct says that the scan has all of the image, which is not kept then.
func (d *decoder) direct() bool { return !d.progressive && len(d.scan.parts) == len(d.components) }

// decodeScan decodes the pixels after SOS.
func (d *decoder) decodeScan() error {
	d.scan.restart = 0
	d.begins()
	if d.direct() {
		return d.decodeDirect()
	}
	return d.decodeKept()
}

// decodeKept decodes a scan that has a part of the image, to coefficients.
func (d *decoder) decodeKept() error {
	decode := d.decoding()
	s := &d.scan
	for i := range s.parts {
		if c := s.parts[i].component; len(c.coeffs) == 0 {
			c.coeffs = zeroed(c.coeffs, c.across*c.down)
		}
	}
	if len(s.parts) > 1 {
		return d.decodeUnits(decode)
	}
	p := &s.parts[0]
	across, down := p.blocks()
	for y := range down {
		for x := range across {
			if err := d.restarts(); err != nil {
				return err
			}
			if !decode(p, &p.coeffs[y*p.across+x]) {
				return d.fault()
			}
		}
		if d.bits.left() < 0 {
			return d.fault()
		}
	}
	if s.run > 0 {
		return errors.New("jpeg: the scan ends more blocks than there are")
	}
	return nil
}

// zeroed gives n blocks of zeros, of b's memory if it is enough.
func zeroed(b []block, n int) []block {
	if cap(b) < n {
		return make([]block, n)
	}
	b = b[:n]
	clear(b)
	return b
}

// decodeUnits decodes a scan of several components.
func (d *decoder) decodeUnits(decode func(*part, *block) bool) error {
	for row := range d.down {
		for unit := range d.across {
			if err := d.restarts(); err != nil {
				return err
			}
			for i := range d.scan.parts {
				p := &d.scan.parts[i]
				for y := range p.v {
					line := p.coeffs[(row*p.v+y)*p.across+unit*p.h:][:p.h]
					for x := range line {
						if !decode(p, &line[x]) {
							return d.fault()
						}
					}
				}
			}
		}
		if d.bits.left() < 0 {
			return d.fault()
		}
	}
	return nil
}

// decodeDirect decodes a scan that has all of the image, to pixels.
func (d *decoder) decodeDirect() error {
	d.openBands()
	for row := range d.down {
		for unit := range d.across {
			if err := d.restarts(); err != nil {
				return err
			}
			for i := range d.scan.parts {
				p := &d.scan.parts[i]
				for y := range p.v {
					for x := range p.h {
						flat, ok := d.sequential(p, &d.block)
						if !ok {
							d.block = block{}
							return d.fault()
						}
						if flat {
							p.fill(unit*p.h+x, y, d.block[0])
							continue
						}
						p.component.transform(unit*p.h+x, y, &d.block)
						d.block = block{}
					}
				}
			}
		}
		if d.bits.left() < 0 {
			return d.fault()
		}
		d.emit(row)
	}
	return nil
}
