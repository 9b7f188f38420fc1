package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	stdpng "image/png"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/image/tiff"
)

// format is a kind of image file.
type format struct {
	name       string
	magics     []string // one of which a file begins with
	extensions []string
	config     func(io.Reader) (image.Config, error)
	decode     func(io.Reader) (image.Image, error)
	expands    int64 // bytes of pixels that a byte of the file can stand for, at most
}

var formats = []format{
	{"PNG", []string{"\x89PNG\r\n\x1a\n"}, []string{".png"}, stdpng.DecodeConfig, stdpng.Decode, 1032},
	{"JPEG", []string{"\xff\xd8\xff"}, []string{".jpg", ".jpeg"}, jpeg.DecodeConfig, jpeg.Decode, 1 << 14},
	{"TIFF", []string{"II*\x00", "MM\x00*"}, []string{".tif", ".tiff"}, tiff.DecodeConfig, tiff.Decode, 4096},
}

// fault names the format, unless the decoder's message does, and calls the end
// of a file by one name.
func fault(f format, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if strings.HasPrefix(err.Error(), strings.ToLower(f.name)+":") {
		return err
	}
	return fmt.Errorf("%s: %w", strings.ToLower(f.name), err)
}

// identify finds a file's format by its first bytes.
func identify(name string, b []byte) (format, error) {
	if len(b) == 0 {
		return format{}, errors.New("file is empty")
	}
	extension := strings.ToLower(filepath.Ext(name))
	claimed := ""
	for _, f := range formats {
		for _, e := range f.extensions {
			if e == extension {
				claimed = f.name
			}
		}
	}
	for _, f := range formats {
		for _, magic := range f.magics {
			if !bytes.HasPrefix(b, []byte(magic)) {
				continue
			}
			if claimed != "" && claimed != f.name {
				return format{}, fmt.Errorf("is named %s but holds a %s image", extension, f.name)
			}
			return f, nil
		}
	}
	if claimed != "" {
		return format{}, fmt.Errorf("is named %s but holds no %s image", extension, claimed)
	}
	return format{}, errors.New("is no PNG, JPEG or TIFF image")
}
