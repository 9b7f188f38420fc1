package tiff

import (
	"fmt"
	"io"
)

// source is where a file's bytes are: in memory, or to be read.
type source struct {
	b    []byte
	r    io.ReaderAt // nil: all are in b
	size int64
}

// has says whether n bytes lie in the file.
func (s *source) has(at, n uint64) bool {
	return at <= uint64(s.size) && n <= uint64(s.size)-at
}

// bytes gives n bytes of the file, which lie in it, in scratch if they are read.
func (s *source) bytes(at, n uint64, scratch *[]byte) ([]byte, error) {
	if !s.has(at, n) {
		return nil, fmt.Errorf("%d bytes at %d, of a file of %d: %w", n, at, s.size, io.ErrUnexpectedEOF)
	}
	if s.r == nil {
		return s.b[at : at+n : at+n], nil
	}
	b := grown(scratch, int(n))
	return b, s.fill(b, at)
}

// fill fills a slice with the bytes from a place on.
func (s *source) fill(dst []byte, at uint64) error {
	if s.r == nil {
		copy(dst, s.b[at:])
		return nil
	}
	n, err := s.r.ReadAt(dst, int64(at))
	if n == len(dst) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// grown gives a slice of n bytes, of b's memory if it is enough.
func grown(b *[]byte, n int) []byte {
	if cap(*b) < n {
		*b = make([]byte, n)
	}
	*b = (*b)[:n]
	return *b
}
