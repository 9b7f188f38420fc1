package forms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"hpaflow/data"
	"hpaflow/data/codec/png"
	"hpaflow/data/shards"
)

// about is what is known of a sample beside its pixels, as a tar's KEY.json has it.
type about struct {
	ID     string   `json:"id"`
	Labels []int    `json:"labels"` // null when unknown
	Split  string   `json:"split"`
	Source string   `json:"source"`
	Width  int      `json:"width"`
	Height int      `json:"height"`
	Depth  int      `json:"depth"`
	Planes []string `json:"planes"`
}

func aboutOf(c *shards.Content) about {
	a := about{
		ID: c.Key, Split: c.Split, Source: data.SourceOf(c.Key), Width: c.Image.Width, Height: c.Image.Height, Depth: c.Image.Depth(),
		Planes: data.PlaneNames(c.Planes, len(c.Image.Planes)),
	}
	if c.Labeled {
		a.Labels = c.Labels.Numbers()
	}
	return a
}

// pythonJSON is a list as Python's json writes it: a blank behind each comma, and what is not
// ASCII as escapes.
func pythonJSON[T int | string](list []T) []byte {
	if list == nil {
		return []byte("null")
	}
	b := []byte{'['}
	for i, one := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		for _, r := range string(jsonOf(one)) {
			switch {
			case r < utf8.RuneSelf:
				b = append(b, byte(r))
			case r > 0xFFFF:
				high, low := utf16.EncodeRune(r)
				b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
			default:
				b = fmt.Appendf(b, `\u%04x`, r)
			}
		}
	}
	return append(b, ']')
}

// jsonOf is JSON of what has no fault that could keep it from being that.
func jsonOf(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// appendPlanes appends an image's values, plane after plane, little-endian.
func appendPlanes(b []byte, im *data.Image) []byte {
	for _, p := range im.Planes {
		b = shards.AppendPlane(b, p)
	}
	return b
}

// pngOf is an image as a PNG.
func pngOf(im *data.Image) ([]byte, error) {
	return png.Append(make([]byte, 0, im.Bytes()*5/8+1<<12), im)
}
