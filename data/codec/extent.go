package codec

import (
	"bytes"
	"io"

	"hpaflow/data/codec/tiff"
	"hpaflow/data/codec/tiff/stack"
)

// Extent says how many slices and times a file holds: one of each if it is no TIFF.
func Extent(b []byte) (z, t int, err error) { return ExtentAt(bytes.NewReader(b), int64(len(b))) }

// ExtentAt is Extent of a file of so many bytes, of which the directories are read.
func ExtentAt(r io.ReaderAt, size int64) (z, t int, err error) {
	head := make([]byte, 4)
	n, _ := r.ReadAt(head, 0)
	if f, _ := formatOf(head[:n]); f.name != "TIFF" {
		return 1, 1, nil
	}
	file, err := tiff.OpenAt(r, size)
	if err != nil {
		return 0, 0, err
	}
	s, err := stack.Of(file)
	if err != nil {
		return 0, 0, err
	}
	return s.Z, s.T, nil
}
