package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"hpaflow/data/codec/deflate"
)

// ErrMore is wrapped by errors of streams that go on behind dst.
var ErrMore = errors.New("the stream holds more than it should")

var inflaters = sync.Pool{New: func() any { return new(deflate.Inflater) }}

// inflate gives how many bytes of src the stream took.
func inflate(dst, src []byte) (int, error) {
	d := inflaters.Get().(*deflate.Inflater)
	defer inflaters.Put(d)
	return d.Inflate(dst, src)
}

// Zlib reads a stream of RFC 1950.
func Zlib(dst, src []byte) error {
	const head, tail = 2, 4
	if len(src) >= head+tail && src[0]&15 == 8 && binary.BigEndian.Uint16(src)%31 == 0 && src[1]&0x20 == 0 {
		took, err := inflate(dst, src[head:])
		if end := head + took; err == nil && len(src) == end+tail {
			if binary.BigEndian.Uint32(src[end:]) != deflate.Adler32(dst) {
				return errors.New("zlib: invalid checksum")
			}
			return nil
		}
	}
	z, err := zlib.NewReader(bytes.NewReader(src)) // which says what is wrong
	if err != nil {
		return fmt.Errorf("zlib: %w", early(err))
	}
	return whole("zlib", z, dst)
}

// Gzip reads a stream of RFC 1952.
func Gzip(dst, src []byte) error {
	const head, tail = 10, 8
	if len(src) >= head+tail && src[0] == 0x1f && src[1] == 0x8b && src[2] == 8 && src[3] == 0 {
		took, err := inflate(dst, src[head:])
		if end := head + took; err == nil && len(src) == end+tail {
			if binary.LittleEndian.Uint32(src[end:]) != crc32.ChecksumIEEE(dst) || binary.LittleEndian.Uint32(src[end+4:]) != uint32(len(dst)) {
				return errors.New("gzip: invalid checksum")
			}
			return nil
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return fmt.Errorf("gzip: %w", early(err))
	}
	return whole("gzip", z, dst)
}

// whole fills dst from a stream that ends there.
func whole(name string, r io.Reader, dst []byte) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return fmt.Errorf("%s: %w", name, early(err))
	}
	n, err := io.ReadFull(r, make([]byte, 1)) // the checksum is compared here
	switch {
	case n > 0:
		return fmt.Errorf("%s: %w", name, ErrMore)
	case err != io.EOF:
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// MaxWindow is how much of what came before a stream may refer to; a decoder holds
// that much beside dst.
const MaxWindow = 128 << 20

var frames, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxWindow(MaxWindow),
	zstd.WithDecodeAllCapLimit(true)) // options that are sound do not fail

// Zstd reads frames of RFC 8878.
func Zstd(dst, src []byte) error {
	out, err := frames.DecodeAll(src, dst[:0:len(dst)])
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("zstd: %w", ErrMore)
	case err != nil:
		return fmt.Errorf("zstd: %w", early(err))
	case len(out) < len(dst):
		return fmt.Errorf("zstd: %w", io.ErrUnexpectedEOF)
	case len(dst) > 0 && &out[0] != &dst[0]:
		copy(dst, out)
	}
	return nil
}

// LZ4 reads a block of LZ4, without a frame.
func LZ4(dst, src []byte) error {
	n, err := lz4.UncompressBlock(src, dst)
	switch {
	case err != nil:
		return fmt.Errorf("lz4: %w", early(err))
	case n < len(dst):
		return fmt.Errorf("lz4: %w", io.ErrUnexpectedEOF)
	}
	return nil
}
