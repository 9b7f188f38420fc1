package jpeg

// decoding is how the scan's blocks are decoded. Each function is false when
// codes are not sound.
func (d *decoder) decoding() func(*part, *block) bool {
	s := &d.scan
	switch {
	case !d.progressive:
		return func(p *part, b *block) bool {
			_, ok := d.sequential(p, b)
			return ok
		}
	case s.first == 0 && s.high == 0:
		return d.mean
	case s.first == 0:
		return d.refineMean
	case s.high == 0:
		return d.coefficients
	}
	return d.refine
}

// mean decodes the higher bits of a mean.
func (d *decoder) mean(p *part, b *block) bool {
	e := d.bits.next(p.dc)
	p.mean += int32(e) >> valueShift
	b[0] = int16(p.mean << d.scan.low)
	return e != 0
}

// refineMean decodes one more bit.
func (d *decoder) refineMean(_ *part, b *block) bool {
	b[0] |= int16(d.bits.take(1) << d.scan.low)
	return true
}

// coefficients decodes the higher bits of the scan's coefficients, none of which
// has come yet (T.81, G.1.2.2).
func (d *decoder) coefficients(p *part, b *block) bool {
	s := &d.scan
	if s.run > 0 {
		s.run--
		return true
	}
	for k := s.first - 1; k < s.last; {
		e := d.bits.next(p.ac)
		step := int(e >> stepShift & stepMask)
		switch {
		case e == 0:
			return false
		case e&more != 0:
			s.run = 1<<step + int(d.bits.take(uint(step))) - 1
			return true
		case step == endOfBlock:
			return true
		}
		if k += step; k > s.last {
			return false
		}
		b[sent[k]] = int16(int32(e) >> valueShift << s.low)
	}
	return true
}

// refine decodes one more bit (T.81, G.1.2.3): steps count coefficients that are
// zero yet, and those passed over that are not have a bit each.
func (d *decoder) refine(p *part, b *block) bool {
	s := &d.scan
	k := s.first
	for s.run == 0 && k <= s.last {
		e := d.bits.next(p.ac)
		step, value := int(e>>stepShift&stepMask), int32(e)>>valueShift
		switch {
		case e == 0 || value < -1 || value > 1:
			return false
		case e&more != 0:
			s.run = 1<<step + int(d.bits.take(uint(step)))
			continue
		case step == endOfBlock:
			s.run = 1
			continue
		}
		k = d.pass(b, k, step-1)
		if value != 0 {
			if k > s.last {
				return false
			}
			b[sent[k]] = int16(value << s.low)
		}
		k++
	}
	if s.run > 0 {
		d.pass(b, k, 64)
		s.run--
	}
	return true
}

// pass goes on from coefficient k over zeros and all that are not, and gives
// the place of the next zero.
func (d *decoder) pass(b *block, k, zeros int) int {
	s := &d.scan
	for ; k <= s.last; k++ {
		v := &b[sent[k]]
		switch {
		case *v == 0:
			if zeros == 0 {
				return k
			}
			zeros--
		case d.bits.take(1) == 0:
		case *v > 0:
			*v += 1 << s.low
		default:
			*v -= 1 << s.low
		}
	}
	return k
}
