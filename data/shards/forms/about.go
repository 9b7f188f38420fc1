package forms

import (
	"encoding/json"

	"hpaflow/data"
	"hpaflow/data/npy"
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

// jsonOf is text as Python's json writes it, near enough; what it is of has no fault that
// could keep it from being text.
func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// arrayHead is the head of an image's array as a file of NumPy has it.
func arrayHead(im *data.Image) []byte {
	kind := "|u1"
	if im.Depth() == 16 {
		kind = "<u2"
	}
	return npy.Head(kind, len(im.Planes), im.Height, im.Width)
}

// appendPlanes appends an image's values, plane after plane, little-endian.
func appendPlanes(b []byte, im *data.Image) []byte {
	for _, p := range im.Planes {
		if p.U16 == nil {
			b = append(b, p.U8...)
			continue
		}
		for _, v := range p.U16 {
			b = append(b, byte(v), byte(v>>8))
		}
	}
	return b
}
