// Package zarrtest lays out OME-Zarr for tests: images and plates, of chunks as they are.
package zarrtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hpaflow/data"
)

// Write writes an image's planes as the channels of an OME-Zarr of NGFF 0.4 (version 2
// of Zarr) or 0.5 (3), in chunks of a side at most, with labels if there are.
func Write(dir string, version, side int, labels []string, im *data.Image) error {
	channels := []map[string]any{}
	for _, l := range labels {
		channels = append(channels, map[string]any{"label": l})
	}
	ngff := map[string]any{"multiscales": []any{map[string]any{
		"version":  fmt.Sprintf("0.%d", version+2),
		"axes":     []any{axis("c", "channel"), axis("y", "space"), axis("x", "space")},
		"datasets": []any{map[string]any{"path": "0"}},
	}}}
	if labels != nil {
		ngff["omero"] = map[string]any{"channels": channels}
	}
	if err := group(dir, version, ngff); err != nil {
		return err
	}
	shape, chunks := []int{len(im.Planes), im.Height, im.Width}, []int{1, side, side}
	depth := im.Depth()
	meta := map[string]any{"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": map[int]string{8: "|u1", 16: "<u2"}[depth],
		"compressor": nil, "filters": nil, "fill_value": 0, "order": "C", "dimension_separator": "/"}
	name, prefix := ".zarray", ""
	if version == 3 {
		meta = map[string]any{"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": fmt.Sprintf("uint%d", depth), "fill_value": 0,
			"chunk_grid":         map[string]any{"name": "regular", "configuration": map[string]any{"chunk_shape": chunks}},
			"chunk_key_encoding": map[string]any{"name": "default"},
			"codecs":             []any{map[string]any{"name": "bytes", "configuration": map[string]any{"endian": "little"}}}}
		name, prefix = "zarr.json", "c"
	}
	at := filepath.Join(dir, "0")
	if err := put(filepath.Join(at, name), meta); err != nil {
		return err
	}
	for c, p := range im.Planes {
		for y := 0; y < im.Height; y += side {
			for x := 0; x < im.Width; x += side {
				file := filepath.Join(at, prefix, fmt.Sprint(c), fmt.Sprint(y/side), fmt.Sprint(x/side))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					return err
				}
				if err := os.WriteFile(file, chunk(im, p, x, y, side), 0o600); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// chunk is a square of a plane, with zeros where the plane ends.
func chunk(im *data.Image, p data.Plane, x0, y0, side int) []byte {
	var b []byte
	for y := y0; y < y0+side; y++ {
		for x := x0; x < x0+side; x++ {
			var v uint16
			if y < im.Height && x < im.Width {
				if v = 0; p.U16 != nil {
					v = p.U16[y*im.Width+x]
				} else {
					v = uint16(p.U8[y*im.Width+x])
				}
			}
			if b = append(b, byte(v)); p.U16 != nil {
				b = append(b, byte(v>>8))
			}
		}
	}
	return b
}

// Plate writes the metadata of a plate whose wells, such as A/1, have so many fields, from
// a first number on. Their images are written by Write, to DIR/WELL/FIELD.
func Plate(dir string, version int, wells []string, first, fields int) error {
	list := []any{}
	for _, w := range wells {
		list = append(list, map[string]any{"path": w})
		images := []any{}
		for f := range fields {
			images = append(images, map[string]any{"path": fmt.Sprint(first + f)})
		}
		if err := group(filepath.Join(dir, w), version, map[string]any{"well": map[string]any{"images": images}}); err != nil {
			return err
		}
		if err := group(filepath.Join(dir, strings.SplitN(w, "/", 2)[0]), version, nil); err != nil {
			return err
		}
	}
	return group(dir, version, map[string]any{"plate": map[string]any{"version": fmt.Sprintf("0.%d", version+2), "wells": list}})
}

func axis(name, kind string) map[string]any { return map[string]any{"name": name, "type": kind} }

// group writes a group with attributes of NGFF.
func group(dir string, version int, ngff map[string]any) error {
	if version == 3 {
		if ngff != nil {
			ngff["version"] = "0.5"
		}
		return put(filepath.Join(dir, "zarr.json"), map[string]any{"zarr_format": 3, "node_type": "group", "attributes": map[string]any{"ome": ngff}})
	}
	if err := put(filepath.Join(dir, ".zgroup"), map[string]any{"zarr_format": 2}); err != nil || ngff == nil {
		return err
	}
	return put(filepath.Join(dir, ".zattrs"), ngff)
}

func put(name string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o600)
}
