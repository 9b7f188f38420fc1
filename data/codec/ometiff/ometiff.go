package ometiff

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"hpaflow/data"
	"hpaflow/data/codec/deflate"
	"hpaflow/data/codec/tiff/predictor"
	"hpaflow/data/huffman"
)

// Compression is how planes are compressed.
type Compression int

// The compressions, by their numbers in TIFF.
const (
	Deflate Compression = 8
	Zstd    Compression = 50000
)

const (
	tile       = 512     // pixels of a tile's side
	longest    = 2048    // pixels of a side that is not tiled
	stripBytes = 1 << 18 // of a strip, at most, or one row
	bigFrom    = 4e9     // bytes from which on a file is a BigTIFF
	software   = "hpaflow"
)

// Options are what is written beside the pixels, and how.
type Options struct {
	Names       []string // of the planes; may be fewer or none
	Compression Compression
}

// writer is the memory that writing takes, kept from image to image.
type writer struct {
	out      []byte
	deflater deflate.Writer
	rows     []byte // of a strip or tile, differences
	plain    []byte // a tile's
	big      bool
}

var writers = sync.Pool{New: func() any { return new(writer) }}

var frames, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1),
	zstd.WithEncoderCRC(false)) // options that are sound do not fail

// Append appends an image as a file.
func Append(dst []byte, im *data.Image, o Options) ([]byte, error) {
	if err := im.Validate(); err != nil {
		return dst, fmt.Errorf("ometiff: %w", err)
	}
	if o.Compression != Deflate && o.Compression != Zstd {
		return dst, fmt.Errorf("ometiff: compression %d is not written", o.Compression)
	}
	w := writers.Get().(*writer)
	defer writers.Put(w)
	// What does not compress takes a little more than it is.
	w.big = float64(im.Bytes())*1.01 > bigFrom
	start := len(dst)
	w.out = dst
	w.file(im, o, start)
	dst, w.out = w.out, nil
	return dst, nil
}

// file writes the pixels, then the directories, each of which says where the next
// is.
func (w *writer) file(im *data.Image, o Options, start int) {
	order := binary.LittleEndian
	pointer := start + 4
	if w.big {
		w.out = append(w.out, "II+\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		pointer = start + 8
	} else {
		w.out = append(w.out, "II*\x00\x00\x00\x00\x00"...)
	}
	for i := range im.Planes {
		d := directory{big: w.big}
		d.page(w, im, i, o, start)
		for (len(w.out)-start)%8 != 0 {
			w.out = append(w.out, 0)
		}
		at := uint64(len(w.out) - start)
		if w.big {
			order.PutUint64(w.out[pointer:], at)
		} else {
			order.PutUint32(w.out[pointer:], uint32(at))
		}
		pointer = d.write(w, start)
	}
}

// pieces writes a plane's strips or tiles, and gives where each is and how long.
func (w *writer) pieces(im *data.Image, p data.Plane, c Compression, start int) (offsets, counts []uint64, width, height int) {
	size := im.Depth() / 8
	width, height = im.Width, max(1, min(im.Height, stripBytes/(im.Width*size)))
	tiled := im.Width > longest || im.Height > longest
	if tiled {
		width, height = tile, tile
	}
	raw := p.Raw()
	for y := 0; y < im.Height; y += height {
		for x := 0; x < im.Width; x += width {
			rows := height
			if !tiled {
				rows = min(height, im.Height-y)
			}
			n := rows * width * size
			plain := raw[y*im.Width*size:]
			if tiled {
				plain = w.tile(raw, im, x, y, size)
			}
			if cap(w.rows) < n {
				w.rows = make([]byte, n)
			}
			w.rows = w.rows[:n]
			for at := 0; at < n; at += width * size {
				predictor.Differences(w.rows[at:at+width*size], plain[at:at+width*size], size)
			}
			if size == 2 && binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
				predictor.Swap(w.rows, w.rows, size)
			}
			offsets = append(offsets, uint64(len(w.out)-start))
			before := len(w.out)
			w.compress(c)
			counts = append(counts, uint64(len(w.out)-before))
		}
	}
	return offsets, counts, width, height
}

// tile is a tile's pixels; what is beyond the edges is zero.
func (w *writer) tile(raw []byte, im *data.Image, x, y, size int) []byte {
	if w.plain == nil {
		w.plain = make([]byte, tile*tile*2)
	}
	plain := w.plain[:tile*tile*size]
	clear(plain)
	n := min(tile, im.Width-x)
	for row := range min(tile, im.Height-y) {
		copy(plain[row*tile*size:], raw[((y+row)*im.Width+x)*size:][:n*size])
	}
	return plain
}

// compress appends w.rows.
func (w *writer) compress(c Compression) {
	if c == Zstd {
		w.out = frames.EncodeAll(w.rows, w.out)
		return
	}
	const block = 1 << 17
	w.out = append(w.out, 0x78, 0x01) // DEFLATE with a window of 32K, least effort
	d := &w.deflater
	d.Start()
	d.Out = w.out
	for rest := w.rows; len(rest) > 0; {
		n := min(block, len(rest))
		var h huffman.Histogram
		h.Take(rest[:n], 1)
		d.Block(rest[:n], &h, n == len(rest))
		rest = rest[n:]
	}
	d.Align()
	w.out, d.Out = binary.BigEndian.AppendUint32(d.Out, deflate.Adler32(w.rows)), nil
}
