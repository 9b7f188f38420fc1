package statedict

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"hpaflow/data/regular"
)

// maxHeader is the longest header that is read, as in the reference reader.
const maxHeader = 100 << 20

// Read reads a safetensors file of size bytes, with its metadata. Tensors come
// in the order of their values. It takes no more memory than about twice the
// size, whatever the header claims.
func Read(r io.Reader, size int64) ([]Tensor, map[string]string, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	entries, metadata, err := readHeader(in, size)
	if err != nil {
		return nil, nil, err
	}
	var tensors []Tensor
	for _, e := range entries {
		if e.dtype.whole() {
			if _, err := io.CopyN(io.Discard, in, e.Offsets[1]-e.Offsets[0]); err != nil {
				return nil, nil, fmt.Errorf("tensor %s: %w", e.name, whole(err))
			}
			continue
		}
		t := Tensor{Name: e.name, Data: make([]float32, int(e.Offsets[1]-e.Offsets[0])/e.dtype.size)}
		for _, d := range e.Shape {
			t.Shape = append(t.Shape, int(d))
		}
		if err := readValues(in, t.Data, e.dtype); err != nil {
			return nil, nil, fmt.Errorf("tensor %s: %w", e.name, err)
		}
		tensors = append(tensors, t)
	}
	return tensors, metadata, nil
}

// safetensorsDict is the one state dict of a safetensors file of size bytes, its
// values unread.
func safetensorsDict(f io.ReaderAt, size int64) ([]Dict, error) {
	whole := func() io.Reader { return io.NewSectionReader(f, 0, size) }
	entries, _, err := readHeader(whole(), size)
	if err != nil {
		return nil, fmt.Errorf("read as safetensors: %w", err)
	}
	d := Dict{read: func() ([]Tensor, error) {
		tensors, _, err := Read(whole(), size)
		return tensors, err
	}}
	for _, e := range entries {
		if e.dtype.whole() {
			continue
		}
		t := Tensor{Name: e.name}
		for _, side := range e.Shape {
			t.Shape = append(t.Shape, int(side))
		}
		d.Tensors = append(d.Tensors, t)
	}
	return []Dict{d}, nil
}

// ReadMetadata reads the metadata of the safetensors file at path, and nothing
// of its values.
func ReadMetadata(path string) (map[string]string, error) {
	f, info, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_, metadata, err := readHeader(f, info.Size())
	return metadata, err
}

// readHeader reads what stands before the values in a file of size bytes.
func readHeader(in io.Reader, size int64) ([]entry, map[string]string, error) {
	var length uint64
	if err := binary.Read(in, binary.LittleEndian, &length); err != nil {
		return nil, nil, fmt.Errorf("header length: %w", whole(err))
	}
	if length > maxHeader || int64(length) > size-8 {
		return nil, nil, fmt.Errorf("a header of %d bytes in a file of %d", length, size)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(in, text); err != nil {
		return nil, nil, fmt.Errorf("header: %w", whole(err))
	}
	return parseHeader(text, size-8-int64(length))
}

// readValues fills data from a stream.
func readValues(r io.Reader, data []float32, d dtype) error {
	var chunk [1 << 15]byte
	for part := range slices.Chunk(data, len(chunk)/d.size) {
		src := chunk[:d.size*len(part)]
		if _, err := io.ReadFull(r, src); err != nil {
			return whole(err)
		}
		d.decode(part, src)
	}
	return nil
}

type entry struct {
	name  string
	dtype dtype
	header
}

// parseHeader gives the tensors in the order of their values, after checking
// that these are exactly the size bytes that follow.
func parseHeader(text []byte, size int64) ([]entry, map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	var metadata map[string]string
	var entries []entry
	for name, value := range raw {
		if name == metadataKey {
			if err := json.Unmarshal(value, &metadata); err != nil {
				return nil, nil, fmt.Errorf("metadata: %w", err)
			}
			continue
		}
		e := entry{name: name}
		if err := json.Unmarshal(value, &e.header); err != nil {
			return nil, nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if err := e.check(size); err != nil {
			return nil, nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]), cmp.Compare(a.name, b.name))
	})
	var end int64
	for _, e := range entries {
		if e.Offsets[0] != end {
			return nil, nil, fmt.Errorf("tensor %s: values start at %d, where %d is next", e.name, e.Offsets[0], end)
		}
		end = e.Offsets[1]
	}
	if end != size {
		return nil, nil, fmt.Errorf("the tensors have %d bytes, the file holds %d", end, size)
	}
	return entries, metadata, nil
}

// check holds the parts of an entry against each other.
func (e *entry) check(size int64) error {
	bytes := e.Offsets[1] - e.Offsets[0]
	if e.Offsets[0] < 0 || bytes < 0 || e.Offsets[1] > size {
		return fmt.Errorf("values at %d to %d of %d bytes", e.Offsets[0], e.Offsets[1], size)
	}
	var known bool
	if e.dtype, known = safetensorsTypes[e.DType]; !known {
		return fmt.Errorf("values of unknown type %q", e.DType)
	}
	values := int64(1)
	for _, d := range e.Shape {
		if d < 0 || d > size || d > 0 && values > size/d {
			return fmt.Errorf("impossible shape %v", e.Shape)
		}
		values *= d
	}
	if values*int64(e.dtype.size) != bytes {
		return fmt.Errorf("shape %v of %s does not fill %d bytes", e.Shape, e.DType, bytes)
	}
	return nil
}
