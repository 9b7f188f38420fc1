package zarr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// sharding is how a chunk is a shard of smaller ones, with an index of where each is.
type sharding struct {
	chunk  []int // shape of the smaller
	codecs codecs
	index  codecs // of fixed size
	first  bool   // the index stands before the chunks, not behind
}

// mostInShard is how many chunks a shard may have.
const mostInShard = 1 << 22

func newSharding(n named, t Type, shape []int, depth int) (*sharding, error) {
	var of struct {
		Chunk    []int   `json:"chunk_shape"`
		Codecs   []named `json:"codecs"`
		Index    []named `json:"index_codecs"`
		Location string  `json:"index_location"`
	}
	if err := n.into(&of); err != nil {
		return nil, err
	}
	s := &sharding{chunk: of.Chunk, first: of.Location == "start"}
	if !s.first && of.Location != "" && of.Location != "end" {
		return nil, fmt.Errorf("index_location: %.20q is neither start nor end", of.Location)
	}
	if len(s.chunk) != len(shape) {
		return nil, fmt.Errorf("chunk_shape: %v within shards of %v", s.chunk, shape)
	}
	count := 1
	for i, c := range s.chunk {
		if c < 1 || shape[i]%c != 0 {
			return nil, fmt.Errorf("chunk_shape: %v does not divide shards of %v", s.chunk, shape)
		}
		if count *= shape[i] / c; count > mostInShard {
			return nil, fmt.Errorf("chunk_shape: a shard of more than %d chunks", mostInShard)
		}
	}
	var err error
	if s.codecs, err = codecs3(of.Codecs, t, s.chunk, depth+1); err != nil {
		return nil, err
	}
	if s.index, err = codecs3(of.Index, Type{Unsigned, 8}, []int{count, 2}, mostDepth); err != nil {
		return nil, fmt.Errorf("index_codecs: %w", err)
	}
	for _, p := range s.index.packed {
		if p != (crc32c{}) {
			return nil, errors.New("index_codecs: bytes and crc32c are read")
		}
	}
	if s.index.order != nil {
		return nil, errors.New("index_codecs: bytes and crc32c are read")
	}
	return s, nil
}

// grid is how many chunks there are along each axis of a shard.
func (s *sharding) grid(shape []int) []int {
	n := make([]int, len(shape))
	for i := range n {
		n[i] = shape[i] / s.chunk[i]
	}
	return n
}

// span is where in a shard a chunk is.
type span struct{ offset, length uint64 }

// none says that there is no such chunk.
var none = span{math.MaxUint64, math.MaxUint64}

// indexBytes is how long the index of so many chunks is.
func (s *sharding) indexBytes(count int) int { return 16*count + 4*len(s.index.packed) }

// spans reads the index of a shard of so many bytes: each chunk lies within it.
func (s *sharding) spans(index []byte, count int, whole int64) ([]span, error) {
	raw, err := s.index.unpacked(index, 16*count, make([]byte, 16*count))
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if len(raw) != 16*count {
		return nil, fmt.Errorf("index: %w", io.ErrUnexpectedEOF)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if s.index.big {
		order = binary.BigEndian
	}
	list := make([]span, count)
	for i := range list {
		at := span{order.Uint64(raw[16*i:]), order.Uint64(raw[16*i+8:])}
		if at != none && (at.offset > uint64(whole) || at.length > uint64(whole)-at.offset) {
			return nil, fmt.Errorf("index: chunk %d is outside of the shard, which has %d bytes: %w", i, whole, io.ErrUnexpectedEOF)
		}
		list[i] = at
	}
	return list, nil
}

// indexAt is where the index of a shard begins.
func (s *sharding) indexAt(count int, whole int64) (int64, error) {
	n := int64(s.indexBytes(count))
	switch {
	case n > whole:
		return 0, fmt.Errorf("index: the shard has %d bytes, and its index alone %d: %w", whole, n, io.ErrUnexpectedEOF)
	case s.first:
		return 0, nil
	}
	return whole - n, nil
}

// decode gives the numbers of a whole shard, in the machine's order.
func (s *sharding) decode(src []byte, shape []int, t Type, fill []byte) ([]byte, error) {
	n, err := size(shape, t.Size)
	if err != nil {
		return nil, err
	}
	grid := s.grid(shape)
	count := product(grid)
	at, err := s.indexAt(count, int64(len(src)))
	if err != nil {
		return nil, err
	}
	spans, err := s.spans(src[at:at+int64(s.indexBytes(count))], count, int64(len(src)))
	if err != nil {
		return nil, err
	}
	out := make([]byte, n)
	steps := stepsOf(shape, t.Size)
	var scratch []byte
	for i, place := range indices(make([]int, len(grid)), grid) {
		to := 0
		for axis, k := range place {
			to += k * s.chunk[axis] * steps[axis]
		}
		d := decoded{bytes: fill, steps: make([]int, len(shape))}
		if spans[i] != none {
			if d, err = s.codecs.decode(src[spans[i].offset:spans[i].offset+spans[i].length], s.chunk, t, fill, &scratch); err != nil {
				return nil, fmt.Errorf("chunk %v of the shard: %w", slices.Clone(place), err)
			}
		}
		copyNumbers(out[to:], steps, d.bytes, d.steps, s.chunk, t.Size, d.big != bigMachine && spans[i] != none)
	}
	return out, nil
}
