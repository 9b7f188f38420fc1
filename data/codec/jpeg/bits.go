package jpeg

import (
	"bytes"
	"encoding/binary"
)

// bits reads an entropy-coded segment, the first bit of a byte being its highest.
//
// The next bits wait at the top of a word, which is topped up by one load. After the
// end come zeros without end, so that nothing need be checked until a row of blocks is
// done: then overrun tells.
type bits struct {
	buf  []byte // the segment without stuffing, and eight zeros at least
	size int    // bytes of the segment
	at   int    // the next byte to load
	word uint64
	n    uint // how many of word are counted as loaded; those below are the same as at at
}

// open makes the reader one of the bytes of src up to the next marker, and says
// how many they were. Stuffing is taken out: a zero after FF, and further FFs.
func (r *bits) open(src []byte) int {
	buf, at := r.buf[:0], 0
	for {
		i := bytes.IndexByte(src[at:], 0xff)
		if i < 0 {
			buf = append(buf, src[at:]...)
			at = len(src)
			break
		}
		buf = append(buf, src[at:at+i]...)
		at += i
		next := at + 1
		for next < len(src) && src[next] == 0xff {
			next++
		}
		if next == len(src) {
			at = next
			break
		}
		if src[next] != 0 {
			break
		}
		buf = append(buf, 0xff)
		at = next + 1
	}
	*r = bits{buf: append(buf, 0, 0, 0, 0, 0, 0, 0, 0), size: len(buf)}
	return at
}

// refill brings the word to 56 bits at least.
func (r *bits) refill() {
	if r.at <= len(r.buf)-8 {
		r.word |= binary.BigEndian.Uint64(r.buf[r.at:]) >> (r.n & 63)
	}
	r.at += int(63-r.n) >> 3
	r.n |= 56
}

// take consumes up to 16 bits.
func (r *bits) take(n uint) uint32 {
	if r.n < 16 {
		r.refill()
	}
	v := uint32(r.word >> 1 >> (63 - n))
	r.word <<= n
	r.n -= n
	return v
}

// left is how many bits there are yet, less than none after an overrun.
func (r *bits) left() int { return (r.size-r.at)*8 + int(r.n) }

// next decodes a code and its extra bits, if any, to an entry with its value.
// Only the end of several blocks has more set. It is 0 for what is no code.
func (r *bits) next(h *huffman) uint32 {
	if r.n < 32 {
		r.refill()
	}
	e := h.look[r.word>>(64-lookBits)]
	if e == more {
		e = h.long(uint32(r.word >> 48))
	}
	n := uint(e & takesMask)
	r.word <<= n
	r.n -= n
	if size := uint(e >> valueShift); e&more != 0 && size > 0 {
		v := uint32(extend(int32(r.word>>(64-size)), int(size)))
		r.word <<= size
		r.n -= size
		e = v<<valueShift | e&(stepMask<<stepShift)
	}
	return e
}
