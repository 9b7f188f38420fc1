package png

import "slices"

// codeLengths gives each symbol that occurs the length of its Huffman code, at
// most longest; 1<<longest is at least the number of symbols. A symbol that is
// alone gets one bit.
func codeLengths(lengths []uint8, counts []uint32, longest int) {
	clear(lengths)
	var leaves [288]uint64 // count, then symbol
	n := 0
	for symbol, count := range counts {
		if count > 0 {
			leaves[n] = uint64(count)<<16 | uint64(symbol)
			n++
		}
	}
	if n == 0 {
		return
	}
	slices.Sort(leaves[:n])
	var depth [288]int
	depths(depth[:n], leaves[:n])

	// How many codes there are of each length; those that are too long are cut
	// to the longest, and as that is more than there is room for, others become
	// longer, the longest first.
	var of [maxCode + 1]int
	room := 1 << longest
	for _, d := range depth[:n] {
		d = max(1, min(d, longest))
		of[d]++
		room -= 1 << (longest - d)
	}
	for room < 0 {
		d := longest - 1
		for of[d] == 0 {
			d--
		}
		of[d]--
		of[d+1]++
		room += 1 << (longest - d - 1)
	}
	// Cutting in powers of two may free more than was needed.
	for d := longest; d > 1 && n > 1 && room > 0; {
		if of[d] > 0 && room >= 1<<(longest-d) {
			of[d]--
			of[d-1]++
			room -= 1 << (longest - d)
		} else {
			d--
		}
	}
	i := 0
	for d := longest; d > 0; d-- {
		for range of[d] {
			lengths[leaves[i]&0xffff] = uint8(d)
			i++
		}
	}
}

// depths gives how deep each leaf of the Huffman tree lies; leaves are in order
// of their counts.
func depths(depth []int, leaves []uint64) {
	n := len(leaves)
	// Inner nodes come in order of their counts, so two queues do.
	var sum [288]uint64
	var parent [2 * 288]int // of leaves, then of inner nodes
	leaf, inner := 0, 0
	for made := range n - 1 {
		for range 2 {
			if leaf < n && (inner == made || leaves[leaf]>>16 <= sum[inner]) {
				sum[made] += leaves[leaf] >> 16
				parent[leaf] = n + made
				leaf++
			} else {
				sum[made] += sum[inner]
				parent[n+inner] = n + made
				inner++
			}
		}
	}
	var level [288]int // of inner nodes; the root, the last, is 0
	for k := n - 3; k >= 0; k-- {
		level[k] = level[parent[n+k]-n] + 1
	}
	for i := range n {
		if n > 1 {
			depth[i] = level[parent[i]-n] + 1
		}
	}
}

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
