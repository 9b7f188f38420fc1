package forms

import (
	"encoding/binary"
	"strings"

	"hpaflow/data"
	"hpaflow/data/shards"
)

// litForm is litdata's: chunks of samples, each the leaves of a dictionary one behind another.
// Lists would be leaves for each of their elements, so that labels and planes are text, JSON.
type litForm struct{ o Options }

func (litForm) encode(c *shards.Content, asPNG bool) (Item, error) {
	return tabledItem(c, asPNG, litArray)
}

// litArray is an image as the serializer "numpy" has it: a number for its type, how many
// sides, these, and the values.
func litArray(im *data.Image) []byte {
	kind := 4
	if im.Depth() == 16 {
		kind = 5
	}
	b := make([]byte, 0, im.Bytes()+32)
	for _, n := range []int{kind, 3, len(im.Planes), im.Height, im.Width} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return appendPlanes(b, im)
}

func (litForm) begin(out output, samples int) (writer, error) { return newTabled(out, samples, nil) }

func (f litForm) index(files []Made, o Options) (string, []byte) {
	type chunk struct {
		Bytes   int64  `json:"chunk_bytes"`
		Samples int    `json:"chunk_size"`
		Dim     *int   `json:"dim"`
		Name    string `json:"filename"`
	}
	chunks := []chunk{}
	for _, m := range files {
		chunks = append(chunks, chunk{Bytes: m.Bytes, Samples: m.Samples, Name: m.Name})
	}
	format, kind := "numpy", "json"
	if f.o.Image == PNG {
		format, kind = "bytes", "bytes"
	}
	return indexName, jsonOf(map[string]any{"chunks": chunks, "config": map[string]any{
		"chunk_bytes": o.Bytes, "chunk_size": nil, "compression": nil, "compression_batch_size": nil, "compression_level": nil,
		"data_format": []string{format, "str", "str", "str", "str"}, "data_spec": litSpec(), "encryption": nil, "ipc_compression": nil,
		"item_loader": "PyTreeLoader", "types": map[string]string{"image": kind, "key": "str", "labels": "str", "planes": "str", "split": "str"},
	}})
}

// litSpec is the dictionary as PyTorch's pytree writes its form.
func litSpec() string {
	leaf := `{"type": null, "context": null, "children_spec": []}`
	leaves := strings.TrimSuffix(strings.Repeat(leaf+", ", len(tabledColumns)), ", ")
	return `[1, {"type": "builtins.dict", "context": "[\"` + strings.Join(tabledColumns, `\", \"`) + `\"]", "children_spec": [` + leaves + `]}]`
}
