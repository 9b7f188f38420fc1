package forms

import (
	"encoding/binary"
	"fmt"
	"math"

	"hpaflow/data"
	"hpaflow/data/shards"
)

// tabled writes a file of samples behind a table of where each begins, as MDS and litdata
// have it: how many there are, the place of each and of the end, 32 bits each, and what
// stands between table and samples.
type tabled struct {
	out     output
	between []byte
	places  []byte // of the samples so far, and their end
	at      int64
	left    int
}

// tabledColumns are the fields of a sample, by name.
var tabledColumns = []string{"image", "key", "labels", "planes", "split"}

// tabledItem is a sample's, whose image is a PNG or else what array makes of it.
func tabledItem(c *shards.Content, asPNG bool, array func(*data.Image) []byte) (it Item, err error) {
	var image []byte
	if !asPNG {
		image = array(c.Image)
	} else if image, err = pngOf(c.Image); err != nil {
		return it, err
	}
	a := aboutOf(c)
	it.content = sized(make([]byte, 0, len(image)+512), image, []byte(a.ID), pythonJSON(a.Labels), pythonJSON(a.Planes), []byte(a.Split))
	return it, nil
}

func newTabled(out output, samples int, between []byte) (writer, error) {
	w := &tabled{out: out, between: between, left: samples}
	w.at = int64(4*(1+samples+1) + len(between))
	w.places = binary.LittleEndian.AppendUint32(nil, uint32(samples))
	w.places = binary.LittleEndian.AppendUint32(w.places, uint32(w.at))
	_, err := out.Write(make([]byte, w.at)) // which is known in the end
	return w, err
}

func (w *tabled) add(it Item) error {
	w.at += int64(len(it.content))
	if w.at > math.MaxUint32 {
		return fmt.Errorf("%s: the file would be larger than its places can tell, 4 GiB; make it smaller by --shard-size", it.Key)
	}
	w.left--
	w.places = binary.LittleEndian.AppendUint32(w.places, uint32(w.at))
	_, err := w.out.Write(it.content)
	return err
}

func (w *tabled) end() error {
	if w.left != 0 {
		return fmt.Errorf("%d samples are missing", w.left)
	}
	return w.out.Overwrite(append(w.places, w.between...), 0)
}

// sized appends fields behind the size of each, 32 bits.
func sized(b []byte, fields ...[]byte) []byte {
	for _, f := range fields {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
	}
	for _, f := range fields {
		b = append(b, f...)
	}
	return b
}
