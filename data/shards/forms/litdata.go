package forms

import (
	"encoding/binary"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec/png"
	"hpaflow/data/shards"
)

// litForm is litdata's: chunks of samples, each the leaves of a dictionary one behind another.
// Lists would be leaves for each of their elements, so that labels and planes are text, JSON.
type litForm struct{ o Options }

var litColumns = []string{"image", "key", "labels", "planes", "split"}

func (f litForm) encode(c *shards.Content, asPNG bool) (it Item, err error) {
	var image []byte
	if asPNG {
		if image, err = png.Append(nil, c.Image); err != nil {
			return it, err
		}
	} else {
		image = litArray(c.Image)
	}
	a := aboutOf(c)
	it.content = sized(make([]byte, 0, len(image)+512), image, []byte(a.ID), pythonJSON(a.Labels), pythonJSON(a.Planes), []byte(a.Split))
	return it, nil
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
	leaves := strings.TrimSuffix(strings.Repeat(leaf+", ", len(litColumns)), ", ")
	return `[1, {"type": "builtins.dict", "context": "[\"` + strings.Join(litColumns, `\", \"`) + `\"]", "children_spec": [` + leaves + `]}]`
}
