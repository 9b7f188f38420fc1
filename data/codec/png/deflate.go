package png

import "encoding/binary"

// longestLiteral is the longest code given to a literal: four of them, the seven
// bits of a byte that is not full, and the four of a length fit into 64 bits.
const longestLiteral = 13

const endOfBlock = 256

// deflater writes DEFLATE blocks of literals alone, each with its own Huffman
// code. It appends to out.
type deflater struct {
	out  []byte
	word uint64 // bits that do not fill a byte yet
	bits uint

	coded   []byte                    // the codes of a block
	lengths [endOfBlock + 1 + 1]uint8 // of literals, the end, and a distance that never occurs
	words   [endOfBlock + 1]codeword
}

// put appends up to 32 bits.
func (d *deflater) put(v uint32, n uint) {
	d.word |= uint64(v) << d.bits
	for d.bits += n; d.bits >= 8; d.bits -= 8 {
		d.out = append(d.out, byte(d.word))
		d.word >>= 8
	}
}

// align fills the last byte up with zeros.
func (d *deflater) align() {
	if d.bits > 0 {
		d.put(0, 8-d.bits)
	}
}

// block appends a block that holds p, coded for the histogram.
func (d *deflater) block(p []byte, h *histogram, final bool) {
	counts := *h
	counts[endOfBlock] = 1
	codeLengths(d.lengths[:endOfBlock+1], counts[:], longestLiteral)
	d.lengths[endOfBlock+1] = 1
	codewords(d.words[:], d.lengths[:endOfBlock+1])
	last := uint32(0)
	if final {
		last = 1
	}
	d.put(last|2<<1, 3)
	d.codes()
	d.literals(p)
	end := d.words[endOfBlock]
	d.put(end>>8, uint(end&255))
}

// literals appends the codes of p.
//
// Codes are pushed in at the top of a word: one is kept at the top of its entry,
// above its length, so that shifting the word by the entry and or-ing the entry
// in is all there is to do. What that leaves at the bottom of the word is never
// written.
func (d *deflater) literals(p []byte) {
	d.coded = grown(d.coded, len(p)*longestLiteral/8+16)
	out := d.coded
	var tops [256]uint64
	for i, w := range d.words[:256] {
		tops[i] = uint64(w>>8)<<(64-w&63) | uint64(w&255)
	}
	word, bits := d.word<<(64-d.bits&63), uint64(d.bits)
	done, wrote, word, bits := putLiterals(out, p, &tops, word, bits)
	for p = p[done:]; len(p) >= 4; p = p[4:] {
		a := tops[p[0]]
		word = word>>(a&63) | a
		b := tops[p[1]]
		word = word>>(b&63) | b
		c := tops[p[2]]
		word = word>>(c&63) | c
		e := tops[p[3]]
		word = word>>(e&63) | e
		bits += a + b + c + e
		binary.LittleEndian.PutUint64(out[wrote:], word>>(-bits&63))
		wrote += int(bits >> 3 & 7)
		bits &= 7
	}
	if bits == 0 {
		word = 0
	}
	d.out = append(d.out, out[:wrote]...)
	d.word, d.bits = word>>(-bits&63), uint(bits)
	for _, v := range p {
		d.put(d.words[v]>>8, uint(d.words[v]&255))
	}
}

// codes appends the code of the block: the lengths of its literals, of the end
// and of one distance, run-length coded, themselves Huffman-coded.
func (d *deflater) codes() {
	type step struct {
		symbol       uint8
		extra, width uint8
	}
	var steps [endOfBlock + 2]step
	n := 0
	add := func(symbol uint8, extra, width int) {
		steps[n] = step{symbol, uint8(extra), uint8(width)}
		n++
	}
	for i := 0; i < len(d.lengths); {
		v := d.lengths[i]
		run := 1
		for i+run < len(d.lengths) && d.lengths[i+run] == v {
			run++
		}
		i += run
		if v != 0 {
			add(v, 0, 0)
			run--
		}
		for run > 0 {
			switch {
			case v == 0 && run >= 11:
				k := min(run, 138)
				add(18, k-11, 7)
				run -= k
			case v == 0 && run >= 3:
				add(17, run-3, 3)
				run = 0
			case run >= 3:
				k := min(run, 6)
				add(16, k-3, 2)
				run -= k
			default:
				add(v, 0, 0)
				run--
			}
		}
	}
	var counts [19]uint32
	for _, s := range steps[:n] {
		counts[s.symbol]++
	}
	var lengths [19]uint8
	codeLengths(lengths[:], counts[:], 7)
	var words [19]codeword
	codewords(words[:], lengths[:])
	given := len(lengthOrder)
	for given > 4 && lengths[lengthOrder[given-1]] == 0 {
		given--
	}
	d.put(0, 5) // 257 literals and lengths
	d.put(0, 5) // one distance
	d.put(uint32(given-4), 4)
	for _, symbol := range lengthOrder[:given] {
		d.put(uint32(lengths[symbol]), 3)
	}
	for _, s := range steps[:n] {
		d.put(words[s.symbol]>>8, uint(words[s.symbol]&255))
		d.put(uint32(s.extra), uint(s.width))
	}
}
