package png

import (
	"encoding/binary"
	"math"
)

// histogram is how often each byte occurs, and, last, the end of a block.
type histogram [endOfBlock + 1]uint32

// Of so many words of eight bytes one is counted. What is lost by that is a
// thousandth of the size, and what is won a quarter of the time.
const (
	forCode   = 4
	forChoice = 16 // between filters
)

// take counts every so many words of p. Every byte counts as having occurred at
// least once, so that it has a code.
func (h *histogram) take(p []byte, every int) {
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
		h[i] = 2*uint32(every)*(c0[i]+c1[i]+c2[i]+c3[i]) + 1
	}
}

// order is greater the fewer bits a byte takes that is coded for the histogram:
// the sum of count*log(count).
func (h *histogram) order() (sum float64) {
	for _, n := range h[:endOfBlock] {
		sum += float64(n) * log2(float64(n))
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
