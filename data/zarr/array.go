package zarr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MostMetadata is the largest metadata of an array that are read.
const MostMetadata = 1 << 20

const (
	mostDimensions = 8
	mostLength     = 1 << 40 // of an axis
	mostDepth      = 3       // of shards in shards
)

// Array is what an array's metadata say of it.
type Array struct {
	Version int // 2 or 3
	Type    Type
	Shape   []int
	Axes    []string // dimension_names of version 3; nil: they are not given

	metadata []byte // as they were read
	chunk    []int  // shape of a chunk as it is stored
	codecs   codecs
	fill     []byte // one number, in the machine's order
	prefix   string // of chunks' names
	between  string // the numbers in chunks' names
	zero     bool   // the chunk of an array of no dimensions is called 0, not by the prefix
}

// Parse reads an array's metadata: the file .zarray of version 2, or zarr.json of
// version 3.
func Parse(metadata []byte) (*Array, error) {
	if len(metadata) > MostMetadata {
		return nil, fmt.Errorf("metadata of %d bytes; at most %d are read", len(metadata), MostMetadata)
	}
	var of struct {
		Format int `json:"zarr_format"`
	}
	if err := unmarshal(metadata, &of); err != nil {
		return nil, err
	}
	a := &Array{Version: of.Format, metadata: metadata}
	var err error
	switch of.Format {
	case 2:
		err = a.version2()
	case 3:
		err = a.version3()
	default:
		err = fmt.Errorf("zarr_format: version %d is not read; 2 and 3 are", of.Format)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Metadata are the array's, as they were read.
func (a *Array) Metadata() []byte { return a.metadata }

// unmarshal reads JSON of one value.
func unmarshal(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	err := d.Decode(v)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if at, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return fmt.Errorf("%s: is %s, where something else should stand", at.Field, at.Value)
	}
	if err != nil {
		return err
	}
	if d.More() {
		return errors.New("something stands behind the JSON")
	}
	return nil
}

// shapes checks the lengths of axes and of chunks.
func (a *Array) shapes(key, chunkKey string, shape, chunk []int) error {
	if len(shape) > mostDimensions {
		return fmt.Errorf("%s: %d dimensions; at most %d are read", key, len(shape), mostDimensions)
	}
	if len(chunk) != len(shape) {
		return fmt.Errorf("%s: chunks of %d dimensions, of an array of %d", chunkKey, len(chunk), len(shape))
	}
	for i, n := range shape {
		if n < 0 || n > mostLength {
			return fmt.Errorf("%s: an axis of length %d", key, n)
		}
		if chunk[i] < 1 || chunk[i] > mostLength {
			return fmt.Errorf("%s: a chunk of length %d", chunkKey, chunk[i])
		}
	}
	a.Shape, a.chunk = shape, chunk
	if _, err := size(chunk, a.Type.Size); err != nil {
		return fmt.Errorf("%s: %w", chunkKey, err)
	}
	return nil
}

// mostChunk is the most bytes that a chunk may come to at all. Runs have limits of
// their own below it.
const mostChunk = 1 << 31

// size is how many bytes an array of a shape takes.
func size(shape []int, each int) (int, error) {
	n := each
	for _, d := range shape {
		if d > 0 && n > mostChunk/d {
			return 0, fmt.Errorf("%v of %d bytes each are more than %d bytes", shape, each, mostChunk)
		}
		n *= d
	}
	return n, nil
}

// unit is what is read by itself: a chunk, or where chunks are shards and no more than
// that, a chunk within one.
func (a *Array) unit() ([]int, *codecs) {
	if s := a.codecs.sharding; s != nil && a.codecs.order == nil && len(a.codecs.packed) == 0 {
		return s.chunk, &s.codecs
	}
	return a.chunk, &a.codecs
}

// sharded says that units are chunks within shards.
func (a *Array) sharded() bool {
	_, c := a.unit()
	return c != &a.codecs
}

// ChunkBytes is the memory that one chunk takes once it is decoded, or, in shards, one
// of the chunks in them.
func (a *Array) ChunkBytes() int64 {
	shape, _ := a.unit()
	n, err := size(shape, a.Type.Size)
	if err != nil {
		return mostChunk // which is refused before
	}
	return int64(n)
}

// key is the name of a chunk's file.
func (a *Array) key(at []int) string {
	if len(at) == 0 {
		if a.zero {
			return "0"
		}
		return strings.TrimSuffix(a.prefix, a.between)
	}
	var b strings.Builder
	b.WriteString(a.prefix)
	for i, n := range at {
		if i > 0 {
			b.WriteString(a.between)
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
