package shards

import (
	"encoding/binary"

	"github.com/klauspost/compress/fse"

	"hpaflow/data/huffman"
)

// literalCoder makes the Huffman-coded literals of a zstd block (RFC 8878, 4.2).
type literalCoder struct {
	fse     fse.Scratch
	out     []byte
	lengths [256]uint8
	codes   huffman.Codes
}

const (
	maxLiteralBits = 11 // of the longest code zstd allows
	streams        = 4
)

// code gives the description of the code and the coded bytes of p, which are
// there until the next call. It gives one byte if all of p is one symbol, and nil
// if p is better left as it is.
func (c *literalCoder) code(p []byte) []byte {
	if len(p) < 2 {
		return nil
	}
	var h huffman.Histogram
	h.Take(p, 1)
	if h[p[0]] == uint32(len(p)) {
		return p[:1]
	}
	huffman.Lengths(c.lengths[:], h[:], maxLiteralBits)
	size := 0
	for symbol, n := range h {
		size += int(n) * int(c.lengths[symbol])
	}
	if size/8 >= len(p) {
		return nil
	}
	c.out = c.out[:0]
	if !c.describe() {
		return nil
	}
	if len(p) < fourStreams {
		c.stream(p)
		return c.out
	}
	// Four streams of the same number of bytes, but for the last; the sizes of the
	// first three come before.
	table := len(c.out)
	c.out = append(c.out, make([]byte, 2*(streams-1))...)
	part := (len(p) + streams - 1) / streams
	for i := range streams {
		before := len(c.out)
		c.stream(p[i*part : min((i+1)*part, len(p))])
		if i < streams-1 {
			binary.LittleEndian.PutUint16(c.out[table+2*i:], uint16(len(c.out)-before))
		}
	}
	return c.out
}

// stream appends the codes of p, last byte first, since a reader begins at the
// end of the stream, and the bit that marks its end.
func (c *literalCoder) stream(p []byte) {
	at := len(c.out)
	if need := at + huffman.Room(len(p)); cap(c.out) < need {
		c.out = append(make([]byte, 0, 2*need), c.out...)
	}
	var rest huffman.Bits
	wrote := rest.PushBack(c.out[at:at+huffman.Room(len(p))], p, &c.codes)
	c.out = append(c.out[:at+wrote], byte(rest.Word|1<<rest.N))
}

// describe sets the codes of the lengths and appends their description. It is
// false if they cannot be described.
func (c *literalCoder) describe() bool {
	var count [maxLiteralBits + 2]uint32
	last, longest := 0, uint8(0)
	for symbol, n := range c.lengths {
		if n > 0 {
			count[n]++
			last, longest = symbol, max(longest, n)
		}
	}
	// The longest codes come first.
	var next [maxLiteralBits + 2]uint32
	for n := longest; n > 1; n-- {
		next[n-1] = (next[n] + count[n]) / 2
	}
	var weights [256]byte
	for symbol, n := range c.lengths {
		if n > 0 {
			c.codes.Set(byte(symbol), next[n], n)
			next[n]++
			weights[symbol] = longest + 1 - n
		}
	}
	// The last weight follows from the others.
	const (
		mostPlain = 128 // weights that can be given in four bits each
		mostCoded = 127 // bytes of weights coded by FSE
	)
	if last >= 2 {
		c.fse.TableLog = 6
		coded, err := fse.Compress(weights[:last], &c.fse)
		if err == nil && len(coded) <= min(mostCoded, last/2) {
			c.out = append(append(c.out, byte(len(coded))), coded...)
			return true
		}
	}
	if last > mostPlain {
		return false
	}
	weights[last] = 0 // what fills the last byte up
	c.out = append(c.out, byte(mostCoded+last))
	for i := 0; i < last; i += 2 {
		c.out = append(c.out, weights[i]<<4|weights[i+1])
	}
	return true
}
