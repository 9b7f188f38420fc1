package png

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"hpaflow/data"
	"hpaflow/data/codec/deflate"
	"hpaflow/data/huffman"
)

const (
	// blockBytes is how much is coded with one Huffman code, in whole rows. The code
	// takes a hundred bytes or two, and a smaller block fits its content better.
	blockBytes = 1 << 17
	// chunkBytes is when an IDAT chunk is closed, far below the 1<<31 of the format.
	chunkBytes = 1 << 24

	// Of so many words of eight bytes one is counted. What is lost by that is a
	// thousandth of the size, and what is won a quarter of the time.
	forCode   = 4
	forChoice = 16 // between filters
)

// encoder is the memory that encoding takes, kept from image to image.
type encoder struct {
	deflater deflate.Writer
	plain    []byte // the rows of a block, as they are
	filtered []byte // and filtered
	above    []byte // the row before the block
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// Append appends an image's planes as the channels of a PNG, of the image's
// depth: one plane as grey, two as grey and alpha, three as RGB, four as RGB and
// alpha, opaque or not.
func Append(dst []byte, im *data.Image) ([]byte, error) {
	if err := im.Validate(); err != nil {
		return dst, fmt.Errorf("png: %w", err)
	}
	if len(im.Planes) > MaxChannels {
		return dst, fmt.Errorf("png: %d planes are more than the %d that the format holds", len(im.Planes), MaxChannels)
	}
	if im.Width > maxSide || im.Height > maxSide {
		return dst, fmt.Errorf("png: %d x %d pixels are too many", im.Width, im.Height)
	}
	dst = append(dst, signature...)
	var header [headerLen]byte
	binary.BigEndian.PutUint32(header[0:], uint32(im.Width))
	binary.BigEndian.PutUint32(header[4:], uint32(im.Height))
	header[8], header[9] = byte(im.Depth()), colour[len(im.Planes)]
	dst, at := begin(dst, "IHDR")
	dst = end(append(dst, header[:]...), at)

	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.deflater.Out = dst
	e.pixels(im)
	dst, e.deflater.Out = e.deflater.Out, nil
	dst, at = begin(dst, "IEND")
	return end(dst, at), nil
}

// begin appends the head of a chunk, to be completed by end, which takes where
// it is.
func begin(b []byte, kind string) ([]byte, int) {
	return append(append(b, 0, 0, 0, 0), kind...), len(b)
}

func end(b []byte, at int) []byte {
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-chunkHead))
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[at+4:]))
}

// pixels appends the chunks of compressed rows.
func (e *encoder) pixels(im *data.Image) {
	stride := 1 + im.Width*len(im.Planes)*im.Depth()/8
	rows := max(1, blockBytes/stride)
	e.plain, e.filtered = grown(e.plain, rows*stride), grown(e.filtered, rows*stride)
	e.above = grown(e.above, stride)
	clear(e.above)
	d := &e.deflater
	d.Start()
	var at int
	d.Out, at = begin(d.Out, "IDAT")
	d.Out = append(d.Out, 0x78, 0x01) // DEFLATE with a window of 32K, least effort
	sum := uint32(1)
	for y := 0; y < im.Height; {
		n := min(rows, im.Height-y)
		block, counts := e.block(im, y, n, stride)
		y += n
		sum = deflate.UpdateAdler32(sum, block)
		d.Block(block, counts, y == im.Height)
		if len(d.Out)-at > chunkBytes && y < im.Height {
			d.Out, at = begin(end(d.Out, at), "IDAT")
		}
	}
	d.Align()
	d.Out = end(binary.BigEndian.AppendUint32(d.Out, sum), at)
}

// block gives n rows from y on, filtered with Average, or not at all where that
// is better: a filter makes fewer values likely in a picture that uses all of
// them, but more in one that uses few.
func (e *encoder) block(im *data.Image, y, n, stride int) ([]byte, *huffman.Histogram) {
	pixel := len(im.Planes) * im.Depth() / 8
	above := e.above
	for i := range n {
		plain, filtered := e.plain[i*stride:][:stride], e.filtered[i*stride:][:stride]
		plain[0], filtered[0] = filterNone, filterAverage
		rowOf(plain[1:], im, y+i)
		filterAverageRow(filtered[1:], plain[1:], above[1:], pixel)
		above = plain
	}
	copy(e.above, above)
	plain, filtered := e.plain[:n*stride], e.filtered[:n*stride]
	var h, none huffman.Histogram
	h.Take(filtered, forChoice)
	none.Take(plain, forChoice)
	better := filtered
	if none.Order() > h.Order() {
		better = plain
	}
	h.Take(better, forCode)
	return better, &h
}

// rowOf fills a row with pixels; 16 bits are big-endian.
func rowOf(row []byte, im *data.Image, y int) {
	from, to := y*im.Width, (y+1)*im.Width
	if im.Depth() == 8 {
		var planes [MaxChannels][]byte
		for c, p := range im.Planes {
			planes[c] = p.U8[from:to]
		}
		join8(row, planes[:len(im.Planes)])
		return
	}
	var planes [MaxChannels][]uint16
	for c, p := range im.Planes {
		planes[c] = p.U16[from:to]
	}
	join16(row, planes[:len(im.Planes)])
}
