package deflate

import "math/bits"

// A prefix code is read through a table indexed by the next bits of the stream.
// An entry is a uint32 (asm/inflate.go knows of it too):
//
//	bits 0..4    how many bits it consumes
//	bits 6..7    how many literals it holds: 1 to 3, or 0 for anything else
//	bits 8..31   the literals, the first lowest
//
// and where there are no literals:
//
//	bits 8..22   base of a length or distance, or where a second table starts
//	bits 23..26  extra bits of a length or distance, which are among those it consumes,
//	             or index bits of the second table
//	bits 28..29  the kind
//
// A zero entry is a code that does not exist. Codes longer than the index go on
// in a second table behind the first.
const (
	consumedMask = 31
	countShift   = 6
	literalMask  = 3 << countShift
	valueShift   = 8
	valueMask    = 1<<15 - 1
	extraShift   = 23
	extraMask    = 15

	kindMask   = 3 << 28
	kindCopy   = 1 << 28 // a length or a distance
	kindEnd    = 2 << 28 // end of block
	kindSecond = 3 << 28

	litBits   = 12
	distBits  = 8
	maxCode   = 15 // bits of the longest code
	tableSize = 8192
	// A complete code of at most 288 symbols and 15 bits takes less than 4600
	// entries with an index of 12 bits, one of 32 symbols at most 402 with 8.
	distTableSize = 512
	maxLit        = 286
	maxDist       = 30
)

// lengthSymbol is the entry, without its code's length, of symbols 257 up, and
// distSymbol that of distances (RFC 1951, 3.2.5).
var lengthSymbol, distSymbol = func() (length [29]uint32, dist [30]uint32) {
	base := uint32(3)
	for i := range length {
		extra := uint32(max(0, i/4-1))
		if i == 28 {
			base, extra = 258, 0
		}
		length[i] = kindCopy | base<<valueShift | extra<<extraShift
		base += 1 << extra
	}
	base = 1
	for i := range dist {
		extra := uint32(max(0, i/2-1))
		dist[i] = kindCopy | base<<valueShift | extra<<extraShift
		base += 1 << extra
	}
	return length, dist
}()

// code is a canonical prefix code in order of its symbols.
type code struct {
	sorted  [320]uint16 // symbols by length, then number
	count   [maxCode + 1]int
	longest int
}

// init sorts the symbols. It is false for a set of lengths that is not a
// complete code; a single code of one bit and no code at all pass, as encoders
// write them for distances.
func (c *code) init(lengths []uint8) bool {
	c.count = [maxCode + 1]int{}
	for _, n := range lengths {
		c.count[n&maxCode]++
	}
	c.count[0] = 0
	var offset [maxCode + 2]int
	space := 0 // codes given away, of the 1<<n there are
	c.longest = 0
	for n := 1; n <= maxCode; n++ {
		space = space<<1 + c.count[n]
		offset[n+1] = offset[n] + c.count[n]
		if c.count[n] > 0 {
			c.longest = n
		}
		if space > 1<<n {
			return false
		}
	}
	for symbol, n := range lengths {
		if n != 0 {
			c.sorted[offset[n&maxCode]] = uint16(symbol)
			offset[n&maxCode]++
		}
	}
	used := offset[maxCode]
	return space == 1<<maxCode || used == 0 || used == 1 && c.longest == 1
}

// fill writes the table of the code. Symbol gives a symbol's entry without its
// length.
func (c *code) fill(table []uint32, index int, symbol func(uint16) uint32) {
	clear(table[:1<<index])
	next := 0     // in sorted
	codeword := 0 // reversed bits of the next code, of width n
	filled := 0   // entries of the first table, while it is built by doubling
	for n := 1; n <= min(index, c.longest); n++ {
		if filled > 0 {
			copy(table[filled:2*filled], table[:filled])
			filled *= 2
		} else {
			filled = 1 << n
		}
		for range c.count[n] {
			table[codeword] = withLength(symbol(c.sorted[next]), n)
			next++
			codeword = increment(codeword, n)
		}
	}
	if filled == 0 {
		filled = 1
	}
	for ; filled < 1<<index; filled *= 2 {
		copy(table[filled:2*filled], table[:filled])
	}
	c.second(table, index, next, codeword, symbol)
}

// increment adds one to a code whose n bits are in reverse order. After the
// last code it is 0.
func increment(codeword, n int) int {
	ones := bits.LeadingZeros16(^(uint16(codeword) << (16 - n)))
	if ones >= n {
		return 0
	}
	top := 1 << (n - 1 - ones)
	return codeword&(top-1) | top
}

// second writes the tables of codes longer than the index.
func (c *code) second(table []uint32, index, next, codeword int, symbol func(uint16) uint32) {
	start, width := 1<<index, 0
	prefix := -1
	for n := index + 1; n <= c.longest; n++ {
		for left := c.count[n]; left > 0; left-- {
			if p := codeword & (1<<index - 1); p != prefix {
				if prefix >= 0 {
					start += 1 << width
				}
				prefix = p
				// As wide as it takes for the codes to come to fill it.
				width = n - index
				for room := 1<<width - left; room > 0 && width < maxCode-index; {
					width++
					room = room<<1 - c.count[index+width]
				}
				table[prefix] = kindSecond | uint32(start)<<valueShift | uint32(width)<<extraShift | uint32(index)
			}
			entry := withLength(symbol(c.sorted[next]), n-index)
			next++
			for at := codeword >> index; at < 1<<width; at += 1 << (n - index) {
				table[start+at] = entry
			}
			codeword = increment(codeword, n)
		}
	}
}

// withLength is a symbol's entry with its code's length. A symbol of no meaning,
// as the fixed codes have, stays a code that does not exist.
func withLength(entry uint32, bits int) uint32 {
	if entry == 0 {
		return 0
	}
	return entry | uint32(bits) + entry>>extraShift&extraMask // a literal has no extra bits
}

func litSymbol(s uint16) uint32 {
	switch {
	case s < 256:
		return 1<<countShift | uint32(s)<<valueShift
	case s == 256:
		return kindEnd
	case int(s-257) < len(lengthSymbol):
		return lengthSymbol[s-257]
	}
	return 0 // in the fixed code, but of no meaning
}

func distanceSymbol(s uint16) uint32 {
	if int(s) < len(distSymbol) {
		return distSymbol[s]
	}
	return 0
}

// join makes entries of two and three literals, wherever the bits of an index
// hold so many: first of pairs, then of one literal and a pair.
func (c *code) join(table *[tableSize]uint32) {
	shortest := 1 // code
	for shortest < c.longest && c.count[shortest] == 0 {
		shortest++
	}
	if 2*shortest > litBits {
		return
	}
	var single [1 << litBits]uint32
	copy(single[:], table[:])
	var pairs [1 << litBits]uint32
	var fits [1 << (litBits - 1)]uint16 // what may stand behind a code of so many bits
	for turn := range 2 {
		then := &single
		if turn == 1 {
			copy(pairs[:], table[:])
			then = &pairs
		}
		next, codeword := 0, 0
		for n := 1; n <= min(litBits-shortest, c.longest); n++ {
			if c.count[n] == 0 {
				continue
			}
			left := uint32(litBits - n)
			some := 0
			for rest := range 1 << left {
				e := then[rest]
				if e&consumedMask > left {
					e = single[rest]
				}
				if e&literalMask != 0 && e&literalMask != 3<<countShift && e&consumedMask <= left {
					fits[some] = uint16(rest)
					some++
				}
			}
			for range c.count[n] {
				if symbol := c.sorted[next]; symbol < 256 {
					for _, rest := range fits[:some] {
						e := then[rest]
						if e&consumedMask > left {
							e = single[rest]
						}
						table[codeword|int(rest)<<n] = uint32(n) + e&consumedMask | (1<<countShift + e&literalMask) |
							uint32(symbol)<<valueShift | e&^(1<<valueShift-1)<<8
					}
				}
				next++
				codeword = increment(codeword, n)
			}
		}
	}
}
