package deflate

// codeword is a symbol's code as it is written: the bits, the first lowest,
// above eight bits of length.
type codeword = uint32

// codewords gives the canonical codes of lengths.
func codewords(words []codeword, lengths []uint8) {
	var c code
	c.init(lengths)
	next, bits := 0, 0
	for n := 1; n <= c.longest; n++ {
		for range c.count[n] {
			words[c.sorted[next]] = codeword(bits)<<8 | codeword(n)
			next++
			bits = increment(bits, n)
		}
	}
}
