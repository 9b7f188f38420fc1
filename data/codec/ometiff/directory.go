package ometiff

import (
	"encoding/binary"

	"hpaflow/data"
	"hpaflow/data/codec/tiff"
)

// directory is a page's fields, by ascending tags.
type directory struct {
	big     bool
	entries []entry
}

type entry struct {
	tag    tiff.Tag
	kind   uint16
	count  int
	values []byte
}

// The types of values.
const (
	ascii = 2
	short = 3
	long  = 4
	long8 = 16
)

func (d *directory) text(tag tiff.Tag, s string) {
	d.entries = append(d.entries, entry{tag, ascii, len(s) + 1, append([]byte(s), 0)})
}

func (d *directory) short(tag tiff.Tag, v int) {
	d.entries = append(d.entries, entry{tag, short, 1, binary.LittleEndian.AppendUint16(nil, uint16(v))})
}

func (d *directory) numbers(tag tiff.Tag, list ...uint64) {
	e := entry{tag: tag, kind: long, count: len(list)}
	for _, v := range list {
		if d.big {
			e.kind, e.values = long8, binary.LittleEndian.AppendUint64(e.values, v)
		} else {
			e.values = binary.LittleEndian.AppendUint32(e.values, uint32(v))
		}
	}
	d.entries = append(d.entries, e)
}

// page writes a plane's pixels and notes its fields.
func (d *directory) page(w *writer, im *data.Image, i int, o Options, start int) {
	offsets, counts, width, height := w.pieces(im, im.Planes[i], o.Compression, start)
	tiled := im.Width > longest || im.Height > longest
	d.numbers(tiff.ImageWidth, uint64(im.Width))
	d.numbers(tiff.ImageLength, uint64(im.Height))
	d.short(tiff.BitsPerSample, im.Depth())
	d.short(tiff.Compression, int(o.Compression))
	d.short(tiff.Photometric, tiff.BlackIsZero)
	if i == 0 {
		d.text(tiff.ImageDescription, description(im, o.Names))
	}
	if !tiled {
		d.numbers(tiff.StripOffsets, offsets...)
	}
	d.short(tiff.SamplesPerPixel, 1)
	if !tiled {
		d.numbers(tiff.RowsPerStrip, uint64(height))
		d.numbers(tiff.StripByteCounts, counts...)
	}
	d.short(tiff.PlanarConfig, 1)
	d.text(tiff.Software, software)
	d.short(tiff.Predictor, 2)
	if tiled {
		d.numbers(tiff.TileWidth, uint64(width))
		d.numbers(tiff.TileLength, uint64(height))
		d.numbers(tiff.TileOffsets, offsets...)
		d.numbers(tiff.TileByteCounts, counts...)
	}
	d.short(tiff.SampleFormat, int(tiff.Unsigned))
}

// write appends the directory and the values that do not fit in it. It gives where to
// write where the next one is.
func (d *directory) write(w *writer, start int) (pointer int) {
	order := binary.LittleEndian
	size, room := 12, 4
	if d.big {
		size, room = 20, 8
	}
	b := w.out
	at := len(b) - start
	if d.big {
		b = order.AppendUint64(b, uint64(len(d.entries)))
		at += 8
	} else {
		b = order.AppendUint16(b, uint16(len(d.entries)))
		at += 2
	}
	behind := at + size*len(d.entries) + room // where values go
	var values []byte
	for _, e := range d.entries {
		b = order.AppendUint16(b, uint16(e.tag))
		b = order.AppendUint16(b, e.kind)
		field := make([]byte, room)
		if len(e.values) <= room {
			copy(field, e.values)
		} else {
			for (behind+len(values))%8 != 0 {
				values = append(values, 0)
			}
			if d.big {
				order.PutUint64(field, uint64(behind+len(values)))
			} else {
				order.PutUint32(field, uint32(behind+len(values)))
			}
			values = append(values, e.values...)
		}
		if d.big {
			b = order.AppendUint64(b, uint64(e.count))
		} else {
			b = order.AppendUint32(b, uint32(e.count))
		}
		b = append(b, field...)
	}
	pointer = len(b)
	b = append(b, make([]byte, room)...)
	w.out = append(b, values...)
	return pointer
}
