package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/image/tiff"

	"hpaflow/data"
)

// MaxPixels is the largest width times height that is decoded.
const MaxPixels = 1 << 28

// format is a kind of image file.
type format struct {
	name       string
	magics     []string // one of which a file begins with
	extensions []string
	config     func(io.Reader) (image.Config, error)
	decode     func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"PNG", []string{"\x89PNG\r\n\x1a\n"}, []string{".png"}, png.DecodeConfig, png.Decode},
	{"JPEG", []string{"\xff\xd8\xff"}, []string{".jpg", ".jpeg"}, jpeg.DecodeConfig, jpeg.Decode},
	{"TIFF", []string{"II*\x00", "MM\x00*"}, []string{".tif", ".tiff"}, tiff.DecodeConfig, tiff.Decode},
}

// Decode reads one grey plane of 8 or 16 bits. The name's extension, when it
// is one of an image format, must be that of the content. A colour image
// becomes grey as Pillow's mode L: (19595R + 38470G + 7471B + 0x8000) >> 16;
// alpha is dropped.
func Decode(name string, b []byte) (*data.Image, error) {
	im, err := decode(name, b)
	if err != nil {
		return nil, err
	}
	return grey(im)
}

// DecodeRGBY reads all channels of a PNG: four planes of one with alpha,
// three of one without, one of a grey one.
func DecodeRGBY(b []byte) (*data.Image, error) {
	im, err := decode(".png", b)
	if err != nil {
		return nil, err
	}
	return planes(im)
}

func decode(name string, b []byte) (image.Image, error) {
	f, err := identify(name, b)
	if err != nil {
		return nil, err
	}
	config, err := f.config(bytes.NewReader(b))
	if err != nil {
		return nil, fault(f, err)
	}
	if int64(config.Width)*int64(config.Height) > MaxPixels || config.Width < 1 || config.Height < 1 {
		return nil, fmt.Errorf("%s image claims %d x %d pixels; at most %d are decoded", f.name, config.Width, config.Height, MaxPixels)
	}
	im, err := f.decode(bytes.NewReader(b))
	if err != nil {
		return nil, fault(f, err)
	}
	if size := im.Bounds().Size(); size.X != config.Width || size.Y != config.Height {
		return nil, fmt.Errorf("%s image has %d x %d pixels where its header says %d x %d",
			f.name, size.X, size.Y, config.Width, config.Height)
	}
	return im, nil
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
