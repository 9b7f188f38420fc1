package statedict

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The safetensors format: the header's length in 8 bytes, the header in JSON,
// then the tensors' values without gaps, little-endian. float32 is written;
// every type of float is read.

// metadataKey is the one header entry that is not a tensor.
const metadataKey = "__metadata__"

type header struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Write writes tensors and metadata as a safetensors file. Names must differ;
// the same tensors give the same bytes.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	var text strings.Builder
	text.WriteByte('{')
	entry := func(key string, value any) error {
		k, err := json.Marshal(key)
		if err != nil {
			return err
		}
		v, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "%s:%s", k, v)
		return nil
	}
	if len(metadata) > 0 {
		if err := entry(metadataKey, metadata); err != nil {
			return err
		}
	}
	var end int64
	for _, t := range tensors {
		h := header{DType: "F32", Shape: []int64{}, Offsets: [2]int64{end, end + 4*int64(len(t.Data))}}
		for _, d := range t.Shape {
			h.Shape = append(h.Shape, int64(d))
		}
		if err := entry(t.Name, h); err != nil {
			return err
		}
		end = h.Offsets[1]
	}
	text.WriteByte('}')
	for text.Len()%8 != 0 {
		text.WriteByte(' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(text.Len())); err != nil {
		return err
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return err
	}
	var chunk [1 << 15]byte
	for _, t := range tensors {
		for part := range slices.Chunk(t.Data, len(chunk)/4) {
			for i, v := range part {
				binary.LittleEndian.PutUint32(chunk[4*i:], math.Float32bits(v))
			}
			if _, err := w.Write(chunk[:4*len(part)]); err != nil {
				return err
			}
		}
	}
	return nil
}
