package jpeg

import "encoding/binary"

// sequential decodes all of a block of zeros. Flat says that only the mean may
// be other than zero, ok that codes were sound.
//
// It is bits.next for the mean and then for the others, with the reader's state in
// variables of its own as long as looks at tables are enough.
func (d *decoder) sequential(p *part, b *block) (flat, ok bool) {
	r := &d.bits
	at, word, n, buf := r.at, r.word, r.n, r.buf
	if n < 32 {
		if at <= len(buf)-8 {
			word |= binary.BigEndian.Uint64(buf[at:]) >> (n & 63)
		}
		at += int(63-n) >> 3
		n |= 56
	}
	e := p.dc.look[word>>(64-lookBits)]
	if e&more == 0 {
		word <<= e & takesMask
		n -= uint(e & takesMask)
	} else {
		r.at, r.word, r.n = at, word, n
		if e = r.next(p.dc); e == 0 {
			return false, false
		}
		at, word, n = r.at, r.word, r.n
	}
	p.mean += int32(e) >> valueShift
	b[0] = int16(p.mean)

	look := &p.ac.look
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
		if e&more == 0 {
			word <<= e & takesMask
			n -= uint(e & takesMask)
		} else {
			r.at, r.word, r.n = at, word, n
			if e = r.next(p.ac); e == 0 || e&more != 0 {
				return false, false
			}
			at, word, n = r.at, r.word, r.n
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
