package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"

	"hpaflow/data"
)

// pngColour is the PNG colour type by number of planes: grey, grey and
// alpha, RGB, RGB and alpha.
var pngColour = [data.MaxPlanes + 1]byte{1: 0, 2: 4, 3: 2, 4: 6}

// EncodeRGBY writes the planes as the channels of one PNG, of the image's
// depth. Four planes always become four channels, opaque or not.
//
// Every row is filtered with Average and the whole is Huffman-coded without a
// search for repeats: on micrographs, whose low bits are noise, that is smaller
// than what the usual encoders reach, and many times faster.
func EncodeRGBY(w io.Writer, im *data.Image) error {
	if err := im.Validate(); err != nil {
		return fmt.Errorf("png: %w", err)
	}
	var packed bytes.Buffer
	packed.Grow(int(im.Bytes()/2) + 1024)
	z := compressors.Get().(*zlib.Writer)
	defer compressors.Put(z)
	z.Reset(&packed)
	if err := writeRows(z, im); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}

	var header [13]byte
	binary.BigEndian.PutUint32(header[0:], uint32(im.Width))
	binary.BigEndian.PutUint32(header[4:], uint32(im.Height))
	header[8], header[9] = byte(im.Depth()), pngColour[len(im.Planes)]
	if _, err := io.WriteString(w, formats[0].magics[0]); err != nil {
		return err
	}
	for _, c := range []struct {
		kind    string
		content []byte
	}{{"IHDR", header[:]}, {"IDAT", packed.Bytes()}, {"IEND", nil}} {
		if err := writeChunk(w, c.kind, c.content); err != nil {
			return err
		}
	}
	return nil
}

var compressors = sync.Pool{New: func() any {
	z, err := zlib.NewWriterLevel(io.Discard, zlib.HuffmanOnly)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

func writeChunk(w io.Writer, kind string, content []byte) error {
	var head [8]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(content)))
	copy(head[4:], kind)
	crc := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, content)
	for _, b := range [][]byte{head[:], content, binary.BigEndian.AppendUint32(nil, crc)} {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

const averageFilter = 3

// writeRows interleaves, filters and compresses row by row.
func writeRows(z io.Writer, im *data.Image) error {
	pixel := len(im.Planes) * im.Depth() / 8 // bytes
	row, above := make([]byte, im.Width*pixel), make([]byte, im.Width*pixel)
	filtered := make([]byte, 1+len(row))
	filtered[0] = averageFilter
	for y := range im.Height {
		interleave(row, im, y)
		average(filtered[1:], row, above, pixel)
		if _, err := z.Write(filtered); err != nil {
			return err
		}
		row, above = above, row
	}
	return nil
}

// interleave fills a row with pixel after pixel; 16 bits are big-endian.
func interleave(row []byte, im *data.Image, y int) {
	n := len(im.Planes)
	for c, p := range im.Planes {
		if p.U16 == nil {
			for x, v := range p.U8[y*im.Width : (y+1)*im.Width] {
				row[x*n+c] = v
			}
			continue
		}
		for x, v := range p.U16[y*im.Width : (y+1)*im.Width] {
			binary.BigEndian.PutUint16(row[2*(x*n+c):], v)
		}
	}
}

// average is PNG's filter 3: each byte less the mean, rounded down, of those
// of the pixel to the left and the pixel above.
func average(dst, row, above []byte, pixel int) {
	for i := range pixel {
		dst[i] = row[i] - above[i]/2
	}
	left, row, above, dst := row[:len(row)-pixel], row[pixel:], above[pixel:], dst[pixel:]
	for i := range left {
		dst[i] = row[i] - uint8((uint(left[i])+uint(above[i]))/2)
	}
}
