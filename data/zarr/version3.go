package zarr

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// named is an extension point of version 3: a name, and perhaps how it is set.
type named struct {
	Name          string          `json:"name"`
	Configuration json.RawMessage `json:"configuration"`
}

// UnmarshalJSON takes the name alone as well.
func (n *named) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &n.Name) == nil {
		return nil
	}
	type plain named
	return json.Unmarshal(b, (*plain)(n))
}

// into reads the configuration.
func (n named) into(v any) error {
	if len(n.Configuration) == 0 {
		return nil
	}
	if err := unmarshal(n.Configuration, v); err != nil {
		return fmt.Errorf("%s: configuration: %w", n.Name, err)
	}
	return nil
}

// known3 are the members of a zarr.json that mean something here, or nothing.
var known3 = []string{"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "codecs",
	"fill_value", "attributes", "dimension_names", "storage_transformers"}

// version3 reads a zarr.json.
func (a *Array) version3() error {
	var m struct {
		Node         string            `json:"node_type"`
		Shape        []int             `json:"shape"`
		DataType     json.RawMessage   `json:"data_type"`
		Grid         named             `json:"chunk_grid"`
		Keys         named             `json:"chunk_key_encoding"`
		Codecs       []named           `json:"codecs"`
		Fill         json.RawMessage   `json:"fill_value"`
		Names        []*string         `json:"dimension_names"`
		Transformers []json.RawMessage `json:"storage_transformers"`
	}
	if err := unmarshal(a.metadata, &m); err != nil {
		return err
	}
	if err := understood(a.metadata); err != nil {
		return err
	}
	if m.Node != "array" {
		return fmt.Errorf("node_type: %.20q is no array", m.Node)
	}
	var err error
	if a.Type, err = type3(m.DataType); err != nil {
		return err
	}
	var grid struct {
		Chunk []int `json:"chunk_shape"`
	}
	if m.Grid.Name != "regular" {
		return fmt.Errorf("chunk_grid: %.40q is not read; regular ones are", m.Grid.Name)
	}
	if err := m.Grid.into(&grid); err != nil {
		return err
	}
	if err := a.shapes("shape", "chunk_grid: chunk_shape", m.Shape, grid.Chunk); err != nil {
		return err
	}
	if len(m.Transformers) > 0 {
		return fmt.Errorf("storage_transformers: %.40s is not read", m.Transformers[0])
	}
	if err := a.keys(m.Keys); err != nil {
		return err
	}
	if a.fill, err = a.Type.fill(m.Fill); err != nil {
		return err
	}
	if len(m.Names) == len(m.Shape) {
		for _, n := range m.Names {
			if n == nil {
				n = new(string)
			}
			a.Axes = append(a.Axes, *n)
		}
	}
	a.codecs, err = codecs3(m.Codecs, a.Type, a.chunk, 0)
	return err
}

// understood refuses members that must be understood and are not.
func understood(metadata []byte) error {
	var all map[string]json.RawMessage
	if err := unmarshal(metadata, &all); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var of struct {
			Must *bool `json:"must_understand"`
		}
		if slices.Contains(known3, name) || json.Unmarshal(all[name], &of) == nil && of.Must != nil && !*of.Must || string(all[name]) == "null" {
			continue
		}
		return fmt.Errorf("%.40s: is not known, and must be understood", name)
	}
	return nil
}

func (a *Array) keys(of named) error {
	var c struct {
		Separator string `json:"separator"`
	}
	if err := of.into(&c); err != nil {
		return err
	}
	switch of.Name {
	case "default":
		a.prefix, a.between = "c", "/"
	case "v2":
		a.between, a.zero = ".", true
	default:
		return fmt.Errorf("chunk_key_encoding: %.40q is not read; default and v2 are", of.Name)
	}
	if c.Separator != "" {
		if !strings.Contains("./", c.Separator) || len(c.Separator) != 1 {
			return fmt.Errorf("chunk_key_encoding: separator: %.20q is neither . nor /", c.Separator)
		}
		a.between = c.Separator
	}
	if a.prefix != "" {
		a.prefix += a.between
	}
	return nil
}
