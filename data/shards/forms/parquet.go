package forms

import (
	"encoding/json"

	"github.com/parquet-go/parquet-go"

	"hpaflow/data/shards"
)

// parquetForm is Parquet with what datasets asks for: its features stand in the metadata, by
// which it decodes PNGs to pictures.
type parquetForm struct{ o Options }

// known is what every row has beside the image. All of it may be null, as datasets has it:
// it takes a feature from the metadata only where the type is the same.
type known struct {
	Labels []*int32  `parquet:"labels,optional,list"` // null when unknown
	Split  *string   `parquet:"split,optional"`
	Source *string   `parquet:"source,optional"`
	Planes []*string `parquet:"planes,optional,list"`
	Width  *int32    `parquet:"width,optional"`
	Height *int32    `parquet:"height,optional"`
	Depth  *int32    `parquet:"depth,optional"`
}

// picture is an image as datasets has them.
type picture struct {
	Bytes []byte  `parquet:"bytes,optional,plain"`
	Path  *string `parquet:"path,optional"`
}

// pngRow is a sample whose image is a PNG.
type pngRow struct {
	Key   *string  `parquet:"key,optional"`
	Image *picture `parquet:"image,optional"`
	known
}

// npyRow is one whose image is a file of NumPy.
type npyRow struct {
	Key *string `parquet:"key,optional"`
	NPY []byte  `parquet:"npy,optional,plain"`
	known
}

func (f parquetForm) encode(c *shards.Content, asPNG bool) (it Item, err error) {
	if asPNG {
		it.content, err = pngOf(c.Image)
	} else {
		head := shards.ArrayHead(c.Image)
		it.content = appendPlanes(append(make([]byte, 0, int64(len(head))+c.Image.Bytes()), head...), c.Image)
	}
	a := aboutOf(c)
	it.known = &known{Split: &a.Split, Source: &a.Source, Planes: pointers(a.Planes), Width: number(a.Width), Height: number(a.Height), Depth: number(a.Depth)}
	if a.Labels != nil {
		it.known.Labels = []*int32{}
	}
	for _, n := range a.Labels {
		it.known.Labels = append(it.known.Labels, number(n))
	}
	return it, err
}

func number(n int) *int32 { v := int32(n); return &v }

func pointers(words []string) []*string {
	list := make([]*string, len(words))
	for i := range words {
		list[i] = &words[i]
	}
	return list
}

// groupBytes is when a group of rows is closed: what is held of it while it is written.
const groupBytes = 32 << 20

func (f parquetForm) begin(out output, _ int) (writer, error) {
	options := []parquet.WriterOption{
		parquet.KeyValueMetadata("huggingface", string(jsonOf(map[string]any{"info": map[string]any{"features": f.features()}}))),
		parquet.SkipPageBounds("npy"), parquet.SkipPageBounds("image", "bytes"), // of which the least and the largest are images, too
		parquet.SkipPageStatistics("npy"), parquet.SkipPageStatistics("image", "bytes"),
	}
	if f.o.Image == PNG {
		w := parquet.NewGenericWriter[pngRow](out, options...)
		return &parquetWriter{w: w, write: func(it Item) error {
			path := it.Key + ".png"
			_, err := w.Write([]pngRow{{&it.Key, &picture{it.content, &path}, *it.known}})
			return err
		}}, nil
	}
	w := parquet.NewGenericWriter[npyRow](out, options...)
	return &parquetWriter{w: w, write: func(it Item) error {
		_, err := w.Write([]npyRow{{&it.Key, it.content, *it.known}})
		return err
	}}, nil
}

// features are what datasets calls the columns and their types, in their order.
func (f parquetForm) features() json.RawMessage {
	image := `"npy":{"dtype":"binary","_type":"Value"}`
	if f.o.Image == PNG {
		image = `"image":{"_type":"Image"}`
	}
	return json.RawMessage(`{"key":{"dtype":"string","_type":"Value"},` + image +
		`,"labels":{"feature":{"dtype":"int32","_type":"Value"},"_type":"List"},"split":{"dtype":"string","_type":"Value"}` +
		`,"source":{"dtype":"string","_type":"Value"},"planes":{"feature":{"dtype":"string","_type":"Value"},"_type":"List"}` +
		`,"width":{"dtype":"int32","_type":"Value"},"height":{"dtype":"int32","_type":"Value"},"depth":{"dtype":"int32","_type":"Value"}}`)
}

func (parquetForm) index([]Made, Options) (string, []byte) { return "", nil }

type parquetWriter struct {
	w interface {
		Flush() error
		Close() error
	}
	write func(Item) error
	held  int
}

func (p *parquetWriter) add(it Item) error {
	if err := p.write(it); err != nil {
		return err
	}
	if p.held += len(it.content); p.held < groupBytes {
		return nil
	}
	p.held = 0
	return p.w.Flush()
}

func (p *parquetWriter) end() error { return p.w.Close() }
