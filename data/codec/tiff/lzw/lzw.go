package lzw

import (
	"encoding/binary"
	"errors"
)

const (
	clearCode = 256
	endCode   = 257
	first     = 258 // of the codes that stand for strings
	most      = 1 << 12
)

var (
	errCode = errors.New("lzw: a code that stands for nothing")
	errCut  = errors.New("lzw: the stream ends before its pixels do")
)

// text is what a code stands for.
type text struct {
	head   uint64 // its first eight bytes, the first lowest, and zeros
	length uint32
	at     uint32 // where it stands in the output, if it is longer than eight bytes
}

// Decoder has the strings of one stream. Its zero value can be used.
type Decoder struct {
	texts  [most]text
	begun  bool // the bytes are in texts
	next   int  // the code that the next string gets
	wrote  int
	before text // of the code before; none where its length is 0
}

// MaxOutput is how much a stream is decoded to at most.
const MaxOutput = 1<<32 - 1

// Decode fills dst, of MaxOutput bytes at most, from a stream, which may go on
// behind.
func (d *Decoder) Decode(dst, src []byte) error {
	if !d.begun {
		for i := range 256 {
			d.texts[i] = text{head: uint64(i), length: 1}
		}
		d.begun = true
	}
	d.next, d.wrote, d.before = first, 0, text{}
	if len(src) >= 2 && src[0] == 0 && src[1]&1 == 1 { // clearCode, its lowest bit first
		return d.old(dst, src)
	}
	return d.decode(dst, src)
}

// reader gives codes with their highest bit first.
type reader struct {
	src  []byte
	at   int
	word uint64 // bits not consumed yet, from the highest on
	have int    // how many they are
}

func (r *reader) refill() {
	if r.at+8 <= len(r.src) {
		r.word |= binary.BigEndian.Uint64(r.src[r.at:]) >> r.have
		r.at += (63 - r.have) >> 3
		r.have |= 56
		return
	}
	for r.have <= 56 && r.at < len(r.src) {
		r.word |= uint64(r.src[r.at]) << (56 - r.have)
		r.at++
		r.have += 8
	}
}

// code consumes a code; it is endCode where bits run out.
func (r *reader) code(width int) int {
	if r.have < width {
		if r.refill(); r.have < width {
			return endCode
		}
	}
	code := int(r.word >> (64 - width))
	r.word <<= width
	r.have -= width
	return code
}

func (d *Decoder) decode(dst, src []byte) error {
	r := reader{src: src}
	width := 9
	for d.wrote < len(dst) {
		if d.before.length > 0 {
			width = d.quick(dst, &r, width)
			if d.wrote == len(dst) {
				break
			}
		}
		code := r.code(width)
		if code == clearCode {
			width, d.next, d.before = 9, first, text{}
			continue
		}
		if err := d.put(dst, code); err != nil {
			return err
		}
		if d.next == 1<<width-1 && width < 12 { // a code earlier than it must
			width++
		}
	}
	return nil
}

// quickGo takes codes while strings are short and far from the ends, and gives the
// width of the next.
func (d *Decoder) quickGo(dst []byte, r *reader, width int) int {
	const room = 8
	src, at, word, have := r.src, r.at, r.word, uint(r.have)
	wrote, next, before := d.wrote, d.next, d.before
	grow := 1<<width - 1
	if width == 12 {
		grow = most
	}
	for at+8 <= len(src) && wrote+room <= len(dst) && next < most {
		if have < 12 {
			word |= binary.BigEndian.Uint64(src[at:]) >> (have & 63)
			at += int(63-have) >> 3
			have |= 56
		}
		code := int(word >> ((64 - uint(width)) & 63))
		if code >= next || code&^1 == clearCode {
			break
		}
		e := d.texts[code&(most-1)]
		if e.length > 8 {
			break
		}
		word <<= uint(width) & 63
		have -= uint(width)
		d.texts[next&(most-1)] = text{before.head | e.head&255<<(8*before.length), before.length + 1, uint32(wrote) - before.length}
		next++
		binary.LittleEndian.PutUint64(dst[wrote:], e.head)
		wrote += int(e.length)
		before = e
		if next == grow {
			width++
			if grow = 1<<width - 1; width == 12 {
				grow = most
			}
		}
	}
	r.at, r.word, r.have = at, word, int(have)
	d.wrote, d.next, d.before = wrote, next, before
	return width
}

// put writes a code's string, and defines the one that it completes: that of the
// code before, and the first byte of this.
func (d *Decoder) put(dst []byte, code int) error {
	if code == endCode {
		return errCut
	}
	if d.before.length == 0 { // the first code is a byte
		if code > 255 {
			return errCode
		}
		d.before = d.texts[code]
		dst[d.wrote] = byte(code)
		d.wrote++
		return nil
	}
	if code > d.next || code == d.next && d.next == most || code == clearCode {
		return errCode
	}
	if d.next < most {
		head := d.before.head
		if code != d.next {
			head = d.texts[code].head
		}
		d.texts[d.next] = text{
			d.before.head | head&255<<(8*d.before.length), // nothing where eight bytes are there
			d.before.length + 1, uint32(d.wrote) - d.before.length,
		}
		d.next++
	}
	e := d.texts[code]
	d.before = e
	rest := dst[d.wrote:]
	n := min(int(e.length), len(rest))
	d.wrote += n
	if e.length <= 8 {
		for i := range n {
			rest[i] = byte(e.head >> (8 * i))
		}
		return nil
	}
	from := dst[e.at:]
	if int(e.at)+n <= d.wrote-n {
		copy(rest[:n], from)
		return nil
	}
	for i := range n { // the string that is defined by itself
		rest[i] = from[i]
	}
	return nil
}

// old reads codes with their lowest bit first, which grow when they must.
func (d *Decoder) old(dst, src []byte) error {
	word, have, at, width := uint64(0), 0, 0, 9
	for d.wrote < len(dst) {
		for have < width && at < len(src) {
			word |= uint64(src[at]) << have
			at++
			have += 8
		}
		if have < width {
			return errCut
		}
		code := int(word & (1<<width - 1))
		word >>= width
		have -= width
		if code == clearCode {
			width, d.next, d.before = 9, first, text{}
			continue
		}
		if err := d.put(dst, code); err != nil {
			return err
		}
		if d.next == 1<<width && width < 12 {
			width++
		}
	}
	return nil
}
