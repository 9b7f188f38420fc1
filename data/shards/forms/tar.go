package forms

import (
	"io"
	"strconv"

	"hpaflow/data/shards"
)

// tarForm is WebDataset's: a sample is members of a tar that stand beside one another and
// whose names are the key, a dot, and what they are.
type tarForm struct{ single bool }

func (f tarForm) encode(c *shards.Content, asPNG bool) (it Item, err error) {
	var b []byte
	if asPNG {
		var content []byte
		if content, err = pngOf(c.Image); err != nil {
			return it, err
		}
		b = make([]byte, 0, len(content)+4*shards.TarBlock)
		if b, err = appendMember(b, c.Key+".png", content); err != nil {
			return it, err
		}
	} else {
		head := shards.ArrayHead(c.Image)
		size := int64(len(head)) + c.Image.Bytes()
		b = make([]byte, 0, size+8*shards.TarBlock)
		if b, err = shards.AppendTarHeader(b, c.Key+".npy", size); err != nil {
			return it, err
		}
		b = tarFilled(appendPlanes(append(b, head...), c.Image))
	}
	a := aboutOf(c)
	if f.single {
		if b, err = appendMember(b, c.Key+".cls", []byte(strconv.Itoa(a.Labels[0]))); err != nil {
			return it, err
		}
	}
	it.content, err = appendMember(b, c.Key+".json", append(jsonOf(a), '\n'))
	return it, err
}

// appendMember appends a member, whose blocks begin where b ends: b holds whole blocks.
func appendMember(b []byte, name string, content []byte) ([]byte, error) {
	b, err := shards.AppendTarHeader(b, name, int64(len(content)))
	return tarFilled(append(b, content...)), err
}

// tarFilled ends the last block with zeros.
func tarFilled(b []byte) []byte {
	return append(b, make([]byte, shards.TarFill(int64(len(b))))...)
}

func (tarForm) begin(out output, _ int) (writer, error) { return tarWriter{out}, nil }

func (tarForm) index([]Made, Options) (string, []byte) { return "", nil }

type tarWriter struct{ io.Writer }

func (w tarWriter) add(it Item) error {
	_, err := w.Write(it.content)
	return err
}

func (w tarWriter) end() error {
	_, err := w.Write(make([]byte, 2*shards.TarBlock))
	return err
}
