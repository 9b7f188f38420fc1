package huffman

import (
	"encoding/binary"
	"math"
)

// Histogram is how often each byte occurs.
type Histogram [256]uint32

// Take counts one of every so many words of eight bytes of p. With all of them
// counted, every is 1, counts are exact; otherwise every byte counts as having
// occurred at least once, so that it has a code.
func (h *Histogram) Take(p []byte, every int) {
	// Four tables, so that a run of one byte does not wait for its own count.
	var c0, c1, c2, c3 [256]uint32
	for ; len(p) >= 8*every; p = p[8*every:] {
		v := binary.LittleEndian.Uint64(p)
		c0[v&255]++
		c1[v>>8&255]++
		c2[v>>16&255]++
		c3[v>>24&255]++
		c0[v>>32&255]++
		c1[v>>40&255]++
		c2[v>>48&255]++
		c3[v>>56]++
	}
	for _, v := range p {
		c0[v]++
	}
	for i := range c0 {
		h[i] = c0[i] + c1[i] + c2[i] + c3[i]
		if every > 1 {
			h[i] = 2*uint32(every)*h[i] + 1
		}
	}
}

// Order is greater the fewer bits a byte takes that is coded for the histogram:
// the sum of count*log(count).
func (h *Histogram) Order() (sum float64) {
	for _, n := range h {
		if n > 0 {
			sum += float64(n) * log2(float64(n))
		}
	}
	return sum
}

// log2 is within 0.01 of the logarithm, for x of at least 1: exactly at powers
// of two, by a parabola in between.
func log2(x float64) float64 {
	const fraction = 52
	b := math.Float64bits(x)
	m := math.Float64frombits(b&(1<<fraction-1)|1023<<fraction) - 1
	return float64(int(b>>fraction)-1023) + m*(1.344-0.344*m)
}
