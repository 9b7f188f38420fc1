package jpeg

import "errors"

// huffman decodes one code.
//
// A look at the table by the next lookBits bits of the stream gives an entry.
// For most it has all of a coefficient, its extra bits too:
//
//	bits 0-4    how many bits it takes
//	bit 7       more
//	bits 8-15   the step: by how many coefficients to go on
//	bits 16-31  the value
//
// The end of a block is a step of endOfBlock. With more set, the value is how many
// extra bits follow the code; without any, it is the end of several blocks, and the
// step says of how many. An entry of more alone is a code that is longer, or none.
type huffman struct {
	defined bool
	look    [1 << lookBits]uint32

	limit   [17]uint32 // the first 16 bits of a longer code are less than this, by its length
	offset  [17]int32  // what to add to a code of a length to find its symbol
	symbols [256]uint8
	dc      bool
}

const (
	lookBits   = 10
	takesMask  = 31
	more       = 1 << 7
	stepShift  = 8
	stepMask   = 255
	valueShift = 16
	endOfBlock = 128
)

// init makes the table of counts of codes of 1 to 16 bits, and their symbols.
func (h *huffman) init(counts, symbols []byte, dc bool) error {
	h.defined, h.dc = false, dc
	copy(h.symbols[:], symbols)
	for i := range h.look {
		h.look[i] = more
	}
	code, at := uint32(0), 0
	for n := 1; n <= 16; n++ {
		h.offset[n] = int32(at) - int32(code)
		for range counts[n-1] {
			if code >= 1<<n {
				return errors.New("jpeg: a Huffman table has more codes than their lengths leave room for")
			}
			if dc && symbols[at] > 15 {
				return errorf("a Huffman table has differences of %d bits", symbols[at])
			}
			h.fill(code, n, h.entry(symbols[at], n))
			code++
			at++
		}
		h.limit[n] = code << (16 - n)
		code <<= 1
	}
	h.defined = true
	return nil
}

// entry is that of a code of n bits, its extra bits not taken.
func (h *huffman) entry(symbol uint8, n int) uint32 {
	run, size := uint32(symbol>>4), uint32(symbol&15)
	switch {
	case size > 0:
		return size<<valueShift | (run+1)<<stepShift | more | uint32(n)
	case h.dc:
		return 1<<stepShift | uint32(n)
	case run == 0:
		return endOfBlock<<stepShift | uint32(n)
	case run == 15:
		return 16<<stepShift | uint32(n)
	}
	return run<<stepShift | more | uint32(n)
}

// fill enters a code wherever bits begin with it, with its value where they
// hold that too.
func (h *huffman) fill(code uint32, n int, e uint32) {
	if n > lookBits {
		return
	}
	size := int(e >> valueShift)
	first := code << (lookBits - n)
	for i := range uint32(1) << (lookBits - n) {
		if rest := lookBits - n - size; e&more != 0 && size > 0 && rest >= 0 {
			v := uint32(extend(int32(i>>rest), size))
			h.look[first+i] = v<<valueShift | e&(stepMask<<stepShift) | uint32(n+size)
		} else {
			h.look[first+i] = e
		}
	}
}

// extend makes a value of its size and extra bits (T.81, F.2.2.1).
func extend(v int32, size int) int32 {
	if v < 1<<(size-1) {
		v += -1<<size + 1
	}
	return v
}

// long finds a code of more than lookBits bits: the entry, its extra bits not
// taken, or 0 if there is none.
func (h *huffman) long(next16 uint32) uint32 {
	for n := lookBits + 1; n <= 16; n++ {
		if next16 < h.limit[n] {
			return h.entry(h.symbols[uint8(int32(next16>>(16-n))+h.offset[n])], n)
		}
	}
	return 0
}
