package forms

import (
	"archive/tar"
	"bytes"
	"io"
	"strconv"

	"hpaflow/data/codec/png"
	"hpaflow/data/shards"
)

const tarBlock = 512

// tarForm is WebDataset's: a sample is members of a tar that stand beside one another and
// whose names are the key, a dot, and what they are.
type tarForm struct{ single bool }

func (f tarForm) encode(c *shards.Content, asPNG bool) (it Item, err error) {
	var b []byte
	if asPNG {
		var content []byte
		if content, err = png.Append(make([]byte, 0, c.Image.Bytes()*5/8+1<<12), c.Image); err != nil {
			return it, err
		}
		b = make([]byte, 0, len(content)+4*tarBlock)
		if b, err = appendMember(b, c.Key+".png", content); err != nil {
			return it, err
		}
	} else {
		head := arrayHead(c.Image)
		size := int64(len(head)) + c.Image.Bytes()
		b = make([]byte, 0, size+8*tarBlock)
		if b, err = appendTarHead(b, c.Key+".npy", size); err != nil {
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
	b, err := appendTarHead(b, name, int64(len(content)))
	return tarFilled(append(b, content...)), err
}

func appendTarHead(b []byte, name string, size int64) ([]byte, error) {
	var head bytes.Buffer
	err := tar.NewWriter(&head).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644})
	return append(b, head.Bytes()...), err
}

// tarFilled ends the last block with zeros.
func tarFilled(b []byte) []byte {
	return append(b, make([]byte, (tarBlock-len(b)%tarBlock)%tarBlock)...)
}

func (tarForm) begin(out output, _ int) (writer, error) { return tarWriter{out}, nil }

func (tarForm) index([]Made, Options) (string, []byte) { return "", nil }

type tarWriter struct{ io.Writer }

func (w tarWriter) add(it Item) error {
	_, err := w.Write(it.content)
	return err
}

func (w tarWriter) end() error {
	_, err := w.Write(make([]byte, 2*tarBlock))
	return err
}
