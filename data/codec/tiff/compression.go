package tiff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"

	"hpaflow/data/codec/deflate"
	"hpaflow/data/codec/tiff/lzw"
	"hpaflow/data/codec/unpack"
)

// decompress fills dst from a stream of a page. What the stream holds behind is
// ignored, as libtiff does, within bounds.
func (d *decoder) decompress(p *Page, dst, src []byte) error {
	switch p.compression {
	case compressionNone:
		if len(src) < len(dst) {
			return io.ErrUnexpectedEOF
		}
		copy(dst, src)
		return nil
	case compressionPackBits:
		return packBits(dst, src)
	case compressionLZW:
		if len(dst) > lzw.MaxOutput {
			return errors.New("lzw: strips of more than 4 GB are not read")
		}
		return d.lzw.Decode(dst, src)
	case compressionDeflate, compressionDeflate2:
		return d.inflate(dst, src)
	case compressionZstd:
		return unzstd(dst, src)
	case compressionLZMA:
		return d.unlzma(dst, src)
	}
	return fmt.Errorf("compression %d", p.compression) // images by themselves are not decompressed here
}

// packBits is Apple's run-length code (TIFF 6.0, section 9).
func packBits(dst, src []byte) error {
	for len(dst) > 0 {
		if len(src) < 2 {
			return fmt.Errorf("packbits: %w", io.ErrUnexpectedEOF)
		}
		switch n := int(int8(src[0])); {
		case n >= 0:
			if n = min(n+1, len(dst)); n > len(src)-1 {
				return fmt.Errorf("packbits: %w", io.ErrUnexpectedEOF)
			}
			copy(dst[:n], src[1:])
			dst, src = dst[n:], src[n+1:]
		case n == -128:
			src = src[1:]
		default:
			n = min(1-n, len(dst))
			for i := range dst[:n] {
				dst[i] = src[1]
			}
			dst, src = dst[n:], src[2:]
		}
	}
	return nil
}

// mostSurplus is how many bytes beyond the pixels a stream may hold, besides as
// many as the pixels are.
const mostSurplus = 1 << 20

// inflate reads a stream of RFC 1950, the checksum too.
func (d *decoder) inflate(dst, src []byte) error {
	const head, tail = 2, 4
	if len(src) >= head+tail && src[0]&15 == 8 && binary.BigEndian.Uint16(src)%31 == 0 && src[1]&0x20 == 0 {
		took, err := d.inflater.Inflate(dst, src[head:])
		if end := head + took; err == nil && len(src) >= end+tail {
			if binary.BigEndian.Uint32(src[end:]) != deflate.Adler32(dst) {
				return errors.New("zlib: invalid checksum")
			}
			return nil
		}
	}
	// Damaged, or with more than the pixels.
	z, err := zlib.NewReader(bytes.NewReader(src))
	if err != nil {
		return fmt.Errorf("zlib: %w", cut(err))
	}
	return first("zlib", z, dst)
}

// first fills dst from the start of a stream, and reads it to its end, so that its
// checksum counts, unless it goes on for too long.
func first(name string, r io.Reader, dst []byte) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return fmt.Errorf("%s: %w", name, cut(err))
	}
	_, err := io.CopyN(io.Discard, r, int64(len(dst))+mostSurplus+1)
	switch {
	case err == nil:
		return fmt.Errorf("%s: the stream goes on behind the pixels", name)
	case err != io.EOF:
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// unzstd reads frames of RFC 8878.
func unzstd(dst, src []byte) error {
	err := unpack.Zstd(dst, src)
	if !errors.Is(err, unpack.ErrMore) {
		return err
	}
	z, err := zstd.NewReader(bytes.NewReader(src), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(unpack.MaxWindow))
	if err != nil {
		return fmt.Errorf("zstd: %w", err)
	}
	defer z.Close()
	return first("zstd", z, dst)
}

// unlzma reads a stream in xz's frame, as libtiff writes it: Delta, then LZMA2.
func (d *decoder) unlzma(dst, src []byte) (err error) {
	if d.lzma == nil {
		d.lzma, err = xz.NewReader(bytes.NewReader(src), unpack.MaxWindow)
	} else {
		err = d.lzma.Reset(bytes.NewReader(src))
	}
	if err != nil {
		d.lzma = nil
		return fmt.Errorf("lzma: %w", cut(err))
	}
	d.lzma.Multistream(false)
	return first("lzma", d.lzma, dst)
}
