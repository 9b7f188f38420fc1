package huffman

import "slices"

// maxSymbols is the most symbols a code has.
const maxSymbols = 288

// Lengths gives each symbol that occurs the length of its Huffman code, at most
// longest bits, up to 15; 1<<longest is at least the number of symbols, and these
// are 288 at most. A symbol that does not occur gets 0, one that is alone 1.
func Lengths(lengths []uint8, counts []uint32, longest int) {
	clear(lengths)
	var leaves [maxSymbols]uint64 // count, then symbol
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
	var depth [maxSymbols]int
	depths(depth[:n], leaves[:n])

	// How many codes there are of each length; those that are too long are cut
	// to the longest, and as that is more than there is room for, others become
	// longer, the longest first.
	var of [16]int
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
	var sum [maxSymbols]uint64
	var parent [2 * maxSymbols]int // of leaves, then of inner nodes
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
	var level [maxSymbols]int // of inner nodes; the root, the last, is 0
	for k := n - 3; k >= 0; k-- {
		level[k] = level[parent[n+k]-n] + 1
	}
	for i := range n {
		if n > 1 {
			depth[i] = level[parent[i]-n] + 1
		}
	}
}
