package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"

	"hpaflow/data"
	"hpaflow/data/codec/png"
)

// MaxPixels is the largest width times height that is decoded.
const MaxPixels = 1 << 28

// Decode reads one grey plane of 8 or 16 bits. The name's extension, when it
// is one of an image format, must be that of the content. A colour image
// becomes grey as Pillow's mode L: (19595R + 38470G + 7471B + 0x8000) >> 16;
// alpha is dropped.
func Decode(name string, b []byte) (*data.Image, error) {
	var im *data.Image
	err := DecodePlane(name, b, func(width, height, depth int) (data.Plane, error) {
		im = data.NewImage(width, height, 1, depth)
		return im.Planes[0], nil
	})
	if err != nil {
		return nil, err
	}
	return im, nil
}

// DecodePlane is Decode into a plane that alloc gives, of width*height pixels
// and the depth. An error of alloc is returned as it is.
func DecodePlane(name string, b []byte, alloc func(width, height, depth int) (data.Plane, error)) error {
	var colours *data.Image // of an image that is not grey as it stands
	err := decodePlanes(name, b, func(w, h, channels, depth int) ([]data.Plane, error) {
		if channels == 1 {
			p, err := alloc(w, h, depth)
			return []data.Plane{p}, err
		}
		colours = data.NewImage(w, h, channels, depth)
		return colours.Planes, nil
	})
	if err != nil || colours == nil {
		return err
	}
	p, err := alloc(colours.Width, colours.Height, colours.Depth())
	if err != nil {
		return err
	}
	grey(p, colours)
	return nil
}

// DecodeChannels reads all channels of an image: four planes of one with
// alpha, three of one without, one of a grey one.
func DecodeChannels(name string, b []byte) (*data.Image, error) {
	var im *data.Image
	err := decodePlanes(name, b, func(w, h, channels, depth int) ([]data.Plane, error) {
		im = data.NewImage(w, h, channels, depth)
		return im.Planes, nil
	})
	if err != nil {
		return nil, err
	}
	return im, nil
}

// DecodeRGBY is DecodeChannels of a PNG.
func DecodeRGBY(b []byte) (*data.Image, error) { return DecodeChannels(".png", b) }

// allocator makes the planes an image is decoded into.
type allocator func(width, height, channels, depth int) ([]data.Plane, error)

// decodePlanes decodes into planes of alloc, which is called once a header has
// been found to be within bounds.
func decodePlanes(name string, b []byte, alloc allocator) error {
	f, err := identify(name, b)
	if err != nil {
		return err
	}
	if f.name == "PNG" {
		err := png.Decode(b, func(h png.Header) ([]data.Plane, error) {
			if err := f.within(h.Width, h.Height); err != nil {
				return nil, err
			}
			return alloc(h.Width, h.Height, h.Channels, h.Depth)
		})
		if !errors.Is(err, png.ErrOther) {
			return err
		}
	}
	im, err := f.standard(b)
	if err != nil {
		return err
	}
	p, err := planesOf(im)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
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

// within refuses what a header claims beyond MaxPixels.
func (f format) within(width, height int) error {
	if width < 1 || height < 1 || int64(width)*int64(height) > MaxPixels {
		return fmt.Errorf("%s image claims %d x %d pixels; at most %d are decoded", f.name, width, height, MaxPixels)
	}
	return nil
}

// standard decodes with the standard library or its like.
func (f format) standard(b []byte) (image.Image, error) {
	config, err := f.config(bytes.NewReader(b))
	if err != nil {
		return nil, fault(f, err)
	}
	if err := f.within(config.Width, config.Height); err != nil {
		return nil, err
	}
	if atLeast := int64(config.Width) * int64(config.Height) * leastBits(config.ColorModel) / 8; atLeast/f.expands > int64(len(b)) {
		return nil, fmt.Errorf("%s image claims %d x %d pixels, more than its %d bytes can hold", f.name, config.Width, config.Height, len(b))
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

// leastBits is how many bits a pixel of a colour model has at least.
func leastBits(m color.Model) int64 {
	switch m {
	case color.Gray16Model:
		return 16
	case color.RGBAModel, color.YCbCrModel:
		return 24
	case color.NRGBAModel, color.CMYKModel:
		return 32
	case color.RGBA64Model:
		return 48
	case color.NRGBA64Model:
		return 64
	}
	return 1 // grey and palettes may have as few
}
