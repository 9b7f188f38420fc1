package shards

import (
	"fmt"
	"slices"
	"strings"
)

// Payload is how a frame keeps its planes. Readers need not know: it follows
// from the frame and the member's name.
type Payload string

const (
	// Huffman keeps planes as they are, Huffman-coded without a search for
	// repeats.
	Huffman Payload = "huffman"
	// Up keeps what rows differ by from the row above, Huffman-coded. The member
	// is KEY.rgby.up.npy.
	Up Payload = "up"
	// Zstd keeps planes as they are, compressed as zstd does at its fastest level.
	Zstd Payload = "zstd"
)

// Payloads lists all, the default first.
var Payloads = []Payload{Huffman, Up, Zstd}

// Validate refuses a payload that is not one of Payloads.
func (p Payload) Validate() error {
	if slices.Contains(Payloads, p) {
		return nil
	}
	var names []string
	for _, known := range Payloads {
		names = append(names, string(known))
	}
	return fmt.Errorf("payload is %q, want one of %s", string(p), strings.Join(names, ", "))
}

// filter is what KEY.json says of how to undo the payload's filter.
func (p Payload) filter() string {
	if p == Up {
		return upFilter
	}
	return ""
}

// pack makes a zstd frame of pieces, whose checksum is given, at the end of b.
// The codes of literals begin anew with each.
func (p Payload) pack(b []byte, pieces [][]byte, checksum uint32) []byte {
	if p != Zstd {
		return appendLiterals(b, checksum, pieces...)
	}
	whole := buffers.Get().(*[]byte)
	defer keepBuffer(whole)
	*whole = (*whole)[:0]
	for _, piece := range pieces {
		*whole = append(*whole, piece...)
	}
	return encoder().EncodeAll(*whole, b)
}

const upFilter = "up"

// suffix ends the name of the member that holds the planes.
func (p Payload) suffix() string {
	if p == Up {
		return upSuffix
	}
	return planesSuffix
}
