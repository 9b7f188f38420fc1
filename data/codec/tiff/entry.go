package tiff

import (
	"fmt"
	"io"
	"strings"
)

// entry is a field of a directory: its values are in it if they fit, or elsewhere.
type entry struct {
	tag   Tag
	kind  uint16
	count uint64
	at    uint64 // of the values
}

// The sizes of values by their type (TIFF 6.0, section 2; BigTIFF).
var kindSizes = map[uint16]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

// directory is the fields of a page. Of a tag that is repeated the first counts, but for
// descriptions, of which all do.
type directory struct {
	file    *File
	page    int // counted from 1
	entries map[Tag]entry
	texts   []entry // descriptions
}

func (f *File) readDirectory(i int) (*directory, error) {
	d := &directory{file: f, page: i + 1, entries: map[Tag]entry{}}
	n, start, err := f.entries(f.first[i])
	if err != nil {
		return nil, d.errorf(0, "the directory: %w", err)
	}
	size := f.entrySize()
	b, err := f.bytes(start, n*size, new([]byte))
	if err != nil {
		return nil, d.errorf(0, "the directory: %w", err)
	}
	for k := range n {
		part := b[k*size : (k+1)*size]
		e := entry{tag: Tag(f.order.Uint16(part)), kind: f.order.Uint16(part[2:])}
		room := uint64(4)
		if f.big {
			e.count, e.at, room = f.order.Uint64(part[4:]), f.order.Uint64(part[12:]), 8
		} else {
			e.count, e.at = uint64(f.order.Uint32(part[4:])), uint64(f.order.Uint32(part[8:]))
		}
		if width, known := kindSizes[e.kind]; known && e.count <= room/width {
			e.at = start + (k+1)*size - room
		}
		if e.tag == ImageDescription {
			d.texts = append(d.texts, e)
		}
		if _, repeated := d.entries[e.tag]; !repeated {
			d.entries[e.tag] = e
		}
	}
	return d, nil
}

// errorf is an error of a page, and of a field if there is one.
func (d *directory) errorf(tag Tag, format string, a ...any) error {
	if tag == 0 {
		return fmt.Errorf("tiff: page %d: "+format, append([]any{d.page}, a...)...)
	}
	return fmt.Errorf("tiff: page %d: %v: "+format, append([]any{d.page, tag}, a...)...)
}

// raw gives the bytes of the first n values of a field.
func (d *directory) raw(e entry, n uint64) ([]byte, error) {
	size, known := kindSizes[e.kind]
	if !known {
		return nil, d.errorf(e.tag, "values of type %d, which is none", e.kind)
	}
	if e.count < n {
		return nil, d.errorf(e.tag, "%d values, where %d are needed", e.count, n)
	}
	if n > uint64(d.file.size)/size {
		return nil, d.errorf(e.tag, "claims %d values, more than the file has: %w", n, io.ErrUnexpectedEOF)
	}
	b, err := d.file.bytes(e.at, n*size, new([]byte))
	if err != nil {
		return nil, d.errorf(e.tag, "%w", err)
	}
	return b, nil
}

// numbers gives the first n values of a field, which are whole, for a page to keep.
func (d *directory) numbers(tag Tag, n uint64) ([]uint64, error) {
	values, err := d.values(tag, n)
	if err != nil {
		return nil, err
	}
	return values, d.keep(tag, n)
}

// keep counts the numbers that pages keep. Each takes a byte or more of a file whose
// arrays do not overlap.
func (d *directory) keep(tag Tag, n uint64) error {
	f := d.file
	if f.kept += n; f.kept > uint64(f.size) {
		return d.errorf(tag, "with these the pages have %d numbers, more than the file has bytes, %d: they share their arrays", f.kept, f.size)
	}
	return nil
}

// values gives the first n values of a field, which are whole.
func (d *directory) values(tag Tag, n uint64) ([]uint64, error) {
	e := d.entries[tag]
	b, err := d.raw(e, n)
	if err != nil {
		return nil, err
	}
	values := make([]uint64, n)
	order := d.file.order
	for i := range values {
		var negative bool
		switch e.kind {
		case 1:
			values[i] = uint64(b[i])
		case 3:
			values[i] = uint64(order.Uint16(b[2*i:]))
		case 4, 13:
			values[i] = uint64(order.Uint32(b[4*i:]))
		case 16, 18:
			values[i] = order.Uint64(b[8*i:])
		case 6:
			values[i], negative = uint64(b[i]), int8(b[i]) < 0
		case 8:
			v := order.Uint16(b[2*i:])
			values[i], negative = uint64(v), int16(v) < 0
		case 9:
			v := order.Uint32(b[4*i:])
			values[i], negative = uint64(v), int32(v) < 0
		case 17:
			v := order.Uint64(b[8*i:])
			values[i], negative = v, int64(v) < 0
		default:
			return nil, d.errorf(tag, "values of type %d, which are no whole numbers", e.kind)
		}
		if negative {
			return nil, d.errorf(tag, "a negative value")
		}
	}
	return values, nil
}

// number is the first value of a field, or what holds where there is none. It is at
// most the largest int32.
func (d *directory) number(tag Tag, otherwise int) (int, error) {
	e, found := d.entries[tag]
	if !found || e.count == 0 {
		return otherwise, nil
	}
	v, err := d.numbers(tag, 1)
	if err != nil {
		return 0, err
	}
	if v[0] > 1<<31-1 {
		return 1<<31 - 1, nil
	}
	return int(v[0]), nil
}

// mostText is how long the descriptions of a page that are read are together: some list
// 100,000 planes.
const mostText = 256 << 20

// text gives a field's characters, without the zeros behind. It takes its bytes from
// those that are left, and is empty if there are too few.
func (d *directory) text(e entry, left *uint64) string {
	if size := kindSizes[e.kind]; size != 1 || e.count > *left {
		return ""
	}
	b, err := d.raw(e, e.count)
	if err != nil {
		return ""
	}
	*left -= e.count
	return strings.TrimRight(string(b), "\x00")
}
