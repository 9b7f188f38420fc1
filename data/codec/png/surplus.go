package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// mostSurplus is how many bytes beyond the pixels a stream may hold, besides as
// many as the pixels are: far more than rows that an encoder wrote too many, and
// soon read.
const mostSurplus = 1 << 20

// WithoutSurplus gives a file whose stream ends where the pixels do, from one
// that goes on there, as Pillow and OpenCV read it. It takes on every sort of PNG.
// The stream is read to its end, so that its checksum still counts, unless it
// goes on for too long. Ok is false for that, and for any other fault.
func WithoutSurplus(b []byte) (file []byte, ok bool) {
	if len(b) < len(signature) || string(b[:len(signature)]) != signature {
		return nil, false
	}
	var head, packed []byte // the chunks before the pixels, and the stream
	size := 0
	for rest := b[len(signature):]; ; {
		kind, content, next, ok := chunk(rest)
		switch {
		case !ok:
			return nil, false
		case kind == "IDAT":
			if packed == nil {
				head = b[:len(b)-len(rest)]
			}
			packed = append(packed, content...)
		case packed != nil:
			pixels, ok := surplusCut(packed, size)
			if !ok {
				return nil, false
			}
			return append(appendStored(bytes.Clone(head), pixels), rest...), true
		case kind == "IHDR":
			size = filteredSize(content)
		}
		rest = next
	}
}

// surplusCut gives the first n bytes of a zlib stream.
func surplusCut(packed []byte, n int) (pixels []byte, ok bool) {
	if n == 0 || n/1032 > len(packed) {
		return nil, false
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	pixels = make([]byte, n)
	if _, err := io.ReadFull(z, pixels); err != nil {
		return nil, false
	}
	_, err = io.CopyN(io.Discard, z, int64(n)+mostSurplus+1)
	return pixels, err == io.EOF
}

// appendStored adds a chunk of pixels that are not compressed.
func appendStored(file, pixels []byte) []byte {
	var stream bytes.Buffer
	z, _ := zlib.NewWriterLevel(&stream, zlib.NoCompression)
	z.Write(pixels) // into memory, which cannot fail
	z.Close()
	file = binary.BigEndian.AppendUint32(file, uint32(stream.Len()))
	at := len(file)
	file = append(append(file, "IDAT"...), stream.Bytes()...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[at:]))
}

// passes are where the passes of an interlaced image begin, and how far apart
// their pixels lie (PNG specification, 8.2).
var passes = []struct{ x, y, dx, dy int }{
	{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
}

// filteredSize is how many bytes the rows of any sort of image take, each with
// its filter; 0 where a header makes no sense or a chunk could not hold them.
func filteredSize(ihdr []byte) int {
	if len(ihdr) != headerLen {
		return 0
	}
	w, h := int(binary.BigEndian.Uint32(ihdr)), int(binary.BigEndian.Uint32(ihdr[4:]))
	depth, channels := int(ihdr[8]), map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[ihdr[9]]
	if w < 1 || w > maxSide || h < 1 || h > maxSide || depth > 16 {
		return 0
	}
	size := 0
	add := func(w, h int) {
		if w > 0 {
			size += h * (1 + (w*depth*channels+7)/8)
		}
	}
	if ihdr[12] == 0 {
		add(w, h)
	} else {
		for _, p := range passes {
			add((w-p.x+p.dx-1)/p.dx, (h-p.y+p.dy-1)/p.dy)
		}
	}
	if size > 1<<30 {
		return 0
	}
	return size
}
