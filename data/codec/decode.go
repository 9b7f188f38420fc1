package codec

import (
	"errors"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/codec/jpeg"
	"hpaflow/data/codec/png"
)

// MaxPixels is the largest width times height that is decoded.
const MaxPixels = 1 << 28

// Decode reads one grey plane of 8 or 16 bits. The name's extension, when it
// is one of an image format, must be that of the content. A colour image
// becomes grey as Pillow's mode L: (19595R + 38470G + 7471B + 0x8000) >> 16;
// alpha is dropped.
func Decode(name string, b []byte) (*data.Image, error) { return Choice{}.Decode(name, b) }

// Decode is that of what is chosen.
func (c Choice) Decode(name string, b []byte) (*data.Image, error) {
	var im *data.Image
	err := c.DecodePlane(name, b, func(width, height, depth int) (data.Plane, error) {
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
	return Choice{}.DecodePlane(name, b, alloc)
}

// DecodePlane is that of what is chosen.
func (c Choice) DecodePlane(name string, b []byte, alloc func(width, height, depth int) (data.Plane, error)) error {
	f, err := identify(name, b)
	if err != nil {
		return err
	}
	if f.name == "JPEG" {
		return decodeGreyJPEG(b, alloc)
	}
	decode := func(alloc allocator) error { return f.decode(c, b, alloc) }
	if f.name == "TIFF" {
		n, err := c.ofTIFF(b)
		if err == nil {
			err = n.isOnePlane()
		}
		if err != nil {
			return err
		}
		decode = n.decode
	}
	var colours *data.Image // of an image that is not grey as it stands
	err = decode(func(w, h, channels, depth int) ([]data.Plane, error) {
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
	if len(colours.Planes) < 3 { // grey and alpha
		copy(p.Raw(), colours.Planes[0].Raw())
		return nil
	}
	grey(p, colours)
	return nil
}

// DecodeChannels reads all channels of an image: four planes of one with
// alpha, three of one without, one of a grey one.
func DecodeChannels(name string, b []byte) (*data.Image, error) {
	return Choice{}.DecodeChannels(name, b)
}

// DecodeChannels is that of what is chosen.
func (c Choice) DecodeChannels(name string, b []byte) (*data.Image, error) {
	f, err := identify(name, b)
	if err != nil {
		return nil, err
	}
	var im *data.Image
	err = f.decode(c, b, func(w, h, channels, depth int) ([]data.Plane, error) {
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

// allocator makes the planes an image is decoded into. It is called once a
// header has been found to be within bounds.
type allocator func(width, height, channels, depth int) ([]data.Plane, error)

// within refuses what a header claims beyond MaxPixels.
func within(format string, width, height int) error {
	if width < 1 || height < 1 || width > MaxPixels/height { // the product may be more than 64 bits hold
		return fmt.Errorf("%s image claims %d x %d pixels; at most %d are decoded", format, width, height, MaxPixels)
	}
	return nil
}

// decodePNG leaves to the standard library what package png does not take on,
// and cuts off for it what stands behind the pixels.
func decodePNG(_ Choice, b []byte, alloc allocator) error {
	err := png.Decode(b, func(h png.Header) ([]data.Plane, error) {
		if err := within("PNG", h.Width, h.Height); err != nil {
			return nil, err
		}
		return alloc(h.Width, h.Height, h.Channels, h.Depth)
	})
	if !errors.Is(err, png.ErrOther) {
		return err
	}
	err = standardPNG.planes(b, alloc)
	if errors.Is(err, errSurplus) {
		if cut, ok := png.WithoutSurplus(b); ok {
			return standardPNG.planes(cut, alloc)
		}
	}
	return err
}

func decodeJPEG(_ Choice, b []byte, alloc allocator) error {
	return jpeg.Decode(b, func(h jpeg.Header) ([]data.Plane, error) {
		if err := within("JPEG", h.Width, h.Height); err != nil {
			return nil, err
		}
		return alloc(h.Width, h.Height, h.Channels, 8)
	})
}

// decodeGreyJPEG has no need of colours' planes.
func decodeGreyJPEG(b []byte, alloc func(width, height, depth int) (data.Plane, error)) error {
	return jpeg.DecodeGrey(b, func(h jpeg.Header) (data.Plane, error) {
		if err := within("JPEG", h.Width, h.Height); err != nil {
			return data.Plane{}, err
		}
		return alloc(h.Width, h.Height, 8)
	})
}
