package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// mostWindow is how much of what came before a compressed stream may refer to;
// each decoder holds that much.
const mostWindow = 128 << 20

// compression is a format of streams, known by its first bytes.
type compression struct {
	name  string
	magic string
	open  func(io.Reader) (io.Reader, error) // nil: it is not read
}

var compressions = []compression{
	{"gzip", "\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"bzip2", "BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{"zstd", "\x28\xb5\x2f\xfd", openZstd},
	{"xz", "\xfd7zXZ\x00", func(r io.Reader) (io.Reader, error) { return xz.NewReader(r, xz.DefaultDictMax) }},
	{name: "lz4", magic: "\x04\x22\x4d\x18"},
	{name: "lzip", magic: "LZIP"},
	{name: "compress (.Z)", magic: "\x1f\x9d"},
	{name: "7z", magic: "7z\xbc\xaf\x27\x1c"},
	{name: "rar", magic: "Rar!\x1a\x07"},
	{name: "cpio", magic: "07070"},
	{name: "lzma (.lzma)", magic: "\x5d\x00\x00"},
	{name: "HDF5", magic: "\x89HDF\r\n\x1a\n"},
}

func openZstd(r io.Reader) (io.Reader, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
}

// Decompress gives what a stream holds, taken out of its compression if it has
// one, and what ends the use of it. A compression that is known and not read is
// an error.
func Decompress(in *bufio.Reader) (content *bufio.Reader, done func(), err error) {
	head, _ := in.Peek(8) // whoever reads on finds out what is wrong
	for _, c := range compressions {
		if !bytes.HasPrefix(head, []byte(c.magic)) {
			continue
		}
		if c.open == nil {
			return nil, nil, fmt.Errorf("is a %s file, which is not read; a tar, as it is or in gzip, bzip2, zstd or xz, and a zip file are", c.name)
		}
		r, err := c.open(in)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", c.name, err)
		}
		n := named{r, c.name}
		return bufio.NewReaderSize(n, 1<<16), n.close, nil
	}
	return in, func() {}, nil
}

// named says in errors which decoder they are from.
type named struct {
	r    io.Reader
	name string
}

func (n named) Read(b []byte) (int, error) {
	k, err := n.r.Read(b)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", n.name, err)
	}
	return k, err
}

// close ends the goroutines that a decoder of zstd has.
func (n named) close() {
	if z, ok := n.r.(*zstd.Decoder); ok {
		z.Close()
	}
}
