package jpeg

import "encoding/binary"

// sequential decodes all of a block of zeros. Flat says that only the mean may
// be other than zero, ok that codes were sound.
func (d *decoder) sequential(p *part, b *block) (flat, ok bool) {
	r := &d.bits
	e := r.next(p.dc)
	if e == 0 {
		return false, false
	}
	p.mean += int32(e) >> valueShift
	b[0] = int16(p.mean)

	at, word, n := r.at, r.word, r.n
	buf, look := r.buf, &p.ac.look
	k := uint32(0) // the coefficient, in the order they are sent
	for k < 63 {
		if n < 32 {
			if at <= len(buf)-8 {
				word |= binary.BigEndian.Uint64(buf[at:]) >> (n & 63)
			}
			at += int(63-n) >> 3
			n |= 56
		}
		e := look[word>>(64-lookBits)]
		if e&more != 0 {
			r.at, r.word, r.n = at, word, n
			e = r.next(p.ac)
			at, word, n = r.at, r.word, r.n
			if e == 0 || e&more != 0 {
				return false, false
			}
		} else {
			word <<= e & takesMask
			n -= uint(e & takesMask)
		}
		k += e >> stepShift & stepMask
		if k > 63 {
			break
		}
		b[sent[k]&63] = int16(e >> valueShift)
	}
	r.at, r.word, r.n = at, word, n
	return k == endOfBlock, k < 64 || k >= endOfBlock
}
