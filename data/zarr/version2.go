package zarr

import (
	"encoding/json"
	"fmt"
)

// version2 reads a .zarray.
func (a *Array) version2() error {
	var m struct {
		Shape      []int             `json:"shape"`
		Chunks     []int             `json:"chunks"`
		DType      json.RawMessage   `json:"dtype"`
		Compressor json.RawMessage   `json:"compressor"`
		Filters    []json.RawMessage `json:"filters"`
		Fill       json.RawMessage   `json:"fill_value"`
		Order      string            `json:"order"`
		Separator  string            `json:"dimension_separator"`
	}
	if err := unmarshal(a.metadata, &m); err != nil {
		return err
	}
	var err error
	if a.Type, a.codecs.big, err = type2(m.DType); err != nil {
		return err
	}
	if err := a.shapes("shape", "chunks", m.Shape, m.Chunks); err != nil {
		return err
	}
	if len(m.Filters) > 0 {
		return fmt.Errorf("filters: %q is not read; write the array without filters", id(m.Filters[0]))
	}
	if a.codecs.packed, err = numcodec("compressor", m.Compressor); err != nil {
		return err
	}
	switch m.Order {
	case "C", "":
	case "F":
		for i := range m.Shape {
			a.codecs.order = append(a.codecs.order, len(m.Shape)-1-i)
		}
	default:
		return fmt.Errorf("order: %.20q is neither C nor F", m.Order)
	}
	switch m.Separator {
	case "", ".":
		a.between = "."
	case "/":
		a.between = "/"
	default:
		return fmt.Errorf("dimension_separator: %.20q is neither . nor /", m.Separator)
	}
	a.zero = true
	a.fill, err = a.Type.fill(m.Fill)
	return err
}

// id is what a codec of numcodecs is called.
func id(raw json.RawMessage) string {
	var c struct {
		ID string `json:"id"`
	}
	if err := unmarshal(raw, &c); err != nil {
		return string(raw[:min(len(raw), 40)])
	}
	return c.ID
}

// numcodec is a compressor of numcodecs; none where null stands.
func numcodec(key string, raw json.RawMessage) ([]packing, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	name := id(raw)
	if p, known := numcodecs[name]; known {
		return []packing{p}, nil
	}
	return nil, fmt.Errorf("%s: %.40q is not read; blosc, zlib, gzip, zstd and lz4 are", key, name)
}
