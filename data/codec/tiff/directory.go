package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// File is a TIFF file's header and where its directories are.
type File struct {
	source
	order binary.ByteOrder
	big   bool
	first []uint64 // where the directories of pages are
	pages []*Page  // those that have been read
	kept  uint64   // numbers that they have
}

// Open reads a file that is in memory. The bytes belong to the file from then on.
func Open(b []byte) (*File, error) { return open(source{b: b, size: int64(len(b))}) }

// OpenAt reads a file of so many bytes piece by piece, when they are needed.
func OpenAt(r io.ReaderAt, size int64) (*File, error) { return open(source{r: r, size: size}) }

// mostPages is how many pages a file may have. Instruments write some 100,000.
const mostPages = 1 << 21

func open(s source) (*File, error) {
	f := &File{source: s}
	head, err := f.bytes(0, min(16, uint64(s.size)), new([]byte))
	if err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	if len(head) < 8 {
		return nil, fmt.Errorf("tiff: the header is cut short: %w", io.ErrUnexpectedEOF)
	}
	switch string(head[:2]) {
	case "II":
		f.order = binary.LittleEndian
	case "MM":
		f.order = binary.BigEndian
	default:
		return nil, errors.New("tiff: no TIFF image")
	}
	var at uint64
	switch version := f.order.Uint16(head[2:]); version {
	case 42:
		at = uint64(f.order.Uint32(head[4:]))
	case 43:
		f.big = true
		if size := f.order.Uint16(head[4:]); size != 8 {
			return nil, fmt.Errorf("tiff: offsets of %d bytes are not read", size)
		}
		if len(head) < 16 {
			return nil, fmt.Errorf("tiff: the header is cut short: %w", io.ErrUnexpectedEOF)
		}
		at = f.order.Uint64(head[8:])
	default:
		return nil, fmt.Errorf("tiff: version %d is neither TIFF (42) nor BigTIFF (43)", version)
	}
	return f, f.follow(at)
}

// follow finds the directories of pages, each of which says where the next is.
func (f *File) follow(at uint64) error {
	seen := map[uint64]bool{}
	var held uint64 // bytes of entries
	for at != 0 {
		if seen[at] {
			return fmt.Errorf("tiff: page %d: the directory is that of an earlier page", len(f.first)+1)
		}
		if len(f.first) == mostPages {
			return fmt.Errorf("tiff: more than %d pages", mostPages)
		}
		seen[at] = true
		n, start, err := f.entries(at)
		if err != nil {
			return fmt.Errorf("tiff: page %d: the directory: %w", len(f.first)+1, err)
		}
		if held += n * f.entrySize(); held > uint64(f.size) {
			return fmt.Errorf("tiff: page %d: the directory overlaps those of earlier pages", len(f.first)+1)
		}
		f.first = append(f.first, at)
		if at, err = f.offset(start + n*f.entrySize()); err != nil {
			// Writers that were interrupted, and some that were not, end so.
			break
		}
	}
	if len(f.first) == 0 {
		return errors.New("tiff: the file has no page")
	}
	f.pages = make([]*Page, len(f.first))
	return nil
}

func (f *File) entrySize() uint64 {
	if f.big {
		return 20
	}
	return 12
}

// entries gives how many entries a directory has, and where the first is. All lie in
// the file.
func (f *File) entries(at uint64) (n, start uint64, err error) {
	var b []byte
	if f.big {
		if b, err = f.bytes(at, 8, new([]byte)); err == nil {
			n, start = f.order.Uint64(b), at+8
		}
	} else if b, err = f.bytes(at, 2, new([]byte)); err == nil {
		n, start = uint64(f.order.Uint16(b)), at+2
	}
	if err != nil {
		return 0, 0, err
	}
	if n == 0 || n > 1<<16 || !f.has(start, n*f.entrySize()) {
		return 0, 0, fmt.Errorf("%d entries at %d, of a file of %d bytes: %w", n, start, f.size, io.ErrUnexpectedEOF)
	}
	return n, start, nil
}

// offset reads where something is.
func (f *File) offset(at uint64) (uint64, error) {
	if f.big {
		b, err := f.bytes(at, 8, new([]byte))
		if err != nil {
			return 0, err
		}
		return f.order.Uint64(b), nil
	}
	b, err := f.bytes(at, 4, new([]byte))
	if err != nil {
		return 0, err
	}
	return uint64(f.order.Uint32(b)), nil
}

// Len is the number of pages. The directories of sub-images are none.
func (f *File) Len() int { return len(f.first) }

// Big says whether it is a BigTIFF.
func (f *File) Big() bool { return f.big }

// Page reads the directory of a page, counted from 0.
func (f *File) Page(i int) (*Page, error) {
	if f.pages[i] == nil {
		p, err := f.readPage(i)
		if err != nil {
			return nil, err
		}
		f.pages[i] = p
	}
	return f.pages[i], nil
}
