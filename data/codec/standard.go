package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdpng "image/png"
	"io"
	"strings"
)

// standard decodes a format with the standard library.
type standard struct {
	name    string
	config  func(io.Reader) (image.Config, error)
	decode  func(io.Reader) (image.Image, error)
	expands int64 // bytes of pixels that a byte of the file can stand for, at most
}

var standardPNG = standard{"PNG", stdpng.DecodeConfig, stdpng.Decode, 1032}

// errSurplus is image/png's refusal of a stream that goes on behind the pixels.
const errSurplus = stdpng.FormatError("too much pixel data")

// claim reads a header.
func (s standard) claim(b []byte) (Claim, error) {
	config, err := s.config(bytes.NewReader(b))
	if err != nil {
		return Claim{}, s.fault(err)
	}
	return claimOf(config), nil
}

// planes is format.decode.
func (s standard) planes(b []byte, alloc allocator) error {
	im, err := s.image(b)
	if err != nil {
		return err
	}
	p, err := planesOf(im)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	planes, err := alloc(p.Width, p.Height, len(p.Planes), p.Depth())
	if err != nil {
		return err
	}
	for i := range planes {
		copy(planes[i].Raw(), p.Planes[i].Raw())
	}
	return nil
}

// image decodes what its header does not make implausible.
func (s standard) image(b []byte) (image.Image, error) {
	config, err := s.config(bytes.NewReader(b))
	if err != nil {
		return nil, s.fault(err)
	}
	if err := within(s.name, config.Width, config.Height); err != nil {
		return nil, err
	}
	if atLeast := int64(config.Width) * int64(config.Height) * leastBits(config.ColorModel) / 8; atLeast/s.expands > int64(len(b)) {
		return nil, fmt.Errorf("%s image claims %d x %d pixels, more than its %d bytes can hold", s.name, config.Width, config.Height, len(b))
	}
	im, err := s.decode(bytes.NewReader(b))
	if err != nil {
		return nil, s.fault(err)
	}
	if size := im.Bounds().Size(); size.X != config.Width || size.Y != config.Height {
		return nil, fmt.Errorf("%s image has %d x %d pixels where its header says %d x %d",
			s.name, size.X, size.Y, config.Width, config.Height)
	}
	return im, nil
}

// fault names the format, unless the decoder's message does, and calls the end
// of a file by one name.
func (s standard) fault(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if strings.HasPrefix(err.Error(), strings.ToLower(s.name)+":") {
		return err
	}
	return fmt.Errorf("%s: %w", strings.ToLower(s.name), err)
}

// leastBits is how many bits a pixel of a colour model has at least.
func leastBits(m color.Model) int64 {
	switch m {
	case color.Gray16Model:
		return 16
	case color.RGBAModel:
		return 24
	case color.NRGBAModel:
		return 32
	case color.RGBA64Model:
		return 48
	case color.NRGBA64Model:
		return 64
	}
	return 1 // grey and palettes may have as few
}
