package deflate

import "hpaflow/data/huffman"

// longestLiteral is the longest code given to a literal.
const longestLiteral = huffman.MaxBits

const endOfBlock = 256

// Writer writes DEFLATE blocks of literals alone, each with its own Huffman
// code. It appends to Out.
type Writer struct {
	Out  []byte
	word uint64 // bits that do not fill a byte yet
	bits uint

	coded   []byte                    // the codes of a block
	lengths [endOfBlock + 1 + 1]uint8 // of literals, the end, and a distance that never occurs
	words   [endOfBlock + 1]codeword
}

// put appends up to 32 bits.
func (d *Writer) put(v uint32, n uint) {
	d.word |= uint64(v) << d.bits
	for d.bits += n; d.bits >= 8; d.bits -= 8 {
		d.Out = append(d.Out, byte(d.word))
		d.word >>= 8
	}
}

// Align fills the last byte up with zeros.
func (d *Writer) Align() {
	if d.bits > 0 {
		d.put(0, 8-d.bits)
	}
}

// Block appends a block that holds p, coded for the histogram.
func (d *Writer) Block(p []byte, h *huffman.Histogram, final bool) {
	var counts [endOfBlock + 1]uint32
	copy(counts[:], h[:])
	counts[endOfBlock] = 1
	huffman.Lengths(d.lengths[:endOfBlock+1], counts[:], longestLiteral)
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

// Start forgets bits of a stream that was not ended.
func (d *Writer) Start() { d.word, d.bits = 0, 0 }

// literals appends the codes of p.
func (d *Writer) literals(p []byte) {
	var codes huffman.Codes
	for i, w := range d.words[:256] {
		codes.Set(byte(i), w>>8, uint8(w))
	}
	if n := huffman.Room(len(p)); cap(d.coded) < n {
		d.coded = make([]byte, n)
	}
	rest := huffman.Bits{Word: d.word, N: d.bits}
	d.Out = append(d.Out, d.coded[:rest.Push(d.coded[:huffman.Room(len(p))], p, &codes)]...)
	d.word, d.bits = rest.Word, rest.N
}

// codes appends the code of the block: the lengths of its literals, of the end
// and of one distance, run-length coded, themselves Huffman-coded.
func (d *Writer) codes() {
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
	huffman.Lengths(lengths[:], counts[:], 7)
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
