package forms

import (
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec/png"
	"hpaflow/data/shards"
)

// mdsForm is that of mosaicml-streaming: columns in the order of their names, and an index
// that tells of each file what is in it.
type mdsForm struct{ o Options }

// The columns, and how each is kept.
var mdsColumns = []string{"image", "key", "labels", "planes", "split"}

func (f mdsForm) encodings() []string {
	image := "ndarray"
	if f.o.Image == PNG {
		image = "png"
	}
	return []string{image, "str", "json", "json", "str"}
}

func (f mdsForm) encode(c *shards.Content, asPNG bool) (it Item, err error) {
	var image []byte
	if asPNG {
		if image, err = png.Append(nil, c.Image); err != nil {
			return it, err
		}
	} else {
		image = mdsArray(c.Image)
	}
	a := aboutOf(c)
	it.content = sized(make([]byte, 0, len(image)+512), image, []byte(a.ID), pythonJSON(a.Labels), pythonJSON(a.Planes), []byte(a.Split))
	return it, nil
}

// mdsArray is an image as encoding "ndarray" has it: a number for its type, how many sides of
// how many bytes, these, and the values.
func mdsArray(im *data.Image) []byte {
	sides, width := []int{len(im.Planes), im.Height, im.Width}, 0 // bytes of a side: 1<<width
	for most := max(sides[1], sides[2]); most>>(8<<width) > 0; {
		width++
	}
	b := append(make([]byte, 0, im.Bytes()+32), byte(im.Depth()), byte(len(sides)<<2|width))
	for _, side := range sides {
		for i := range 1 << width {
			b = append(b, byte(side>>(8*i)))
		}
	}
	return appendPlanes(b, im)
}

func (f mdsForm) begin(out output, samples int) (writer, error) {
	return newTabled(out, samples, []byte(f.config()))
}

// config is what is said of each file, in it and in the index.
func (f mdsForm) config() string {
	quoted := func(words []string) string { return `["` + strings.Join(words, `", "`) + `"]` }
	return fmt.Sprintf(`{"column_encodings": %s, "column_names": %s, "column_sizes": [null, null, null, null, null], `+
		`"compression": null, "format": "mds", "hashes": [], "size_limit": %d, "version": 2}`, quoted(f.encodings()), quoted(mdsColumns), f.o.Bytes)
}

func (f mdsForm) index(files []Made, o Options) (string, []byte) {
	type file struct {
		Basename string   `json:"basename"`
		Bytes    int64    `json:"bytes"`
		Hashes   struct{} `json:"hashes"`
	}
	type shard struct {
		Encodings   []string `json:"column_encodings"`
		Names       []string `json:"column_names"`
		Sizes       []*int   `json:"column_sizes"`
		Compression *string  `json:"compression"`
		Format      string   `json:"format"`
		Hashes      []string `json:"hashes"`
		Raw         file     `json:"raw_data"`
		Samples     int      `json:"samples"`
		Limit       int64    `json:"size_limit"`
		Version     int      `json:"version"`
		Zip         *file    `json:"zip_data"`
	}
	list := []shard{}
	for _, m := range files {
		list = append(list, shard{
			Encodings: f.encodings(), Names: mdsColumns, Sizes: make([]*int, len(mdsColumns)), Format: string(MDS), Hashes: []string{},
			Raw: file{Basename: m.Name, Bytes: m.Bytes}, Samples: m.Samples, Limit: o.Bytes, Version: 2,
		})
	}
	return indexName, jsonOf(map[string]any{"shards": list, "version": 2})
}

// indexName is what MDS and litdata call what their readers find files by.
const indexName = "index.json"
