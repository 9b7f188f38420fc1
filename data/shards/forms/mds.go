package forms

import (
	"fmt"
	"strings"

	"hpaflow/data"
	"hpaflow/data/shards"
)

// mdsForm is that of mosaicml-streaming: columns in the order of their names, and an index
// that tells of each file what is in it.
type mdsForm struct{ o Options }

// encodings are how the columns are kept.
func (f mdsForm) encodings() []string {
	image := "ndarray"
	if f.o.Image == PNG {
		image = "png"
	}
	return []string{image, "str", "json", "json", "str"}
}

func (mdsForm) encode(c *shards.Content, asPNG bool) (Item, error) {
	return tabledItem(c, asPNG, mdsArray)
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
		`"compression": null, "format": "mds", "hashes": [], "size_limit": %d, "version": 2}`, quoted(f.encodings()), quoted(tabledColumns), f.o.Bytes)
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
			Encodings: f.encodings(), Names: tabledColumns, Sizes: make([]*int, len(tabledColumns)), Format: string(MDS), Hashes: []string{},
			Raw: file{Basename: m.Name, Bytes: m.Bytes}, Samples: m.Samples, Limit: o.Bytes, Version: 2,
		})
	}
	return indexName, jsonOf(map[string]any{"shards": list, "version": 2})
}

// indexName is what MDS and litdata call what their readers find files by.
const indexName = "index.json"
