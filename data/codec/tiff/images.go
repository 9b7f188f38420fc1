package tiff

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"golang.org/x/image/webp"

	"hpaflow/data"
	"hpaflow/data/codec/jpeg"
)

// image reads a segment that is an image by itself.
func (d *decoder) image(t *target, src []byte) error {
	if t.page.compression == compressionWebP {
		return d.webp(t, src)
	}
	return d.jpeg(t, src)
}

// jpeg reads a stream of JPEG, whose tables may be the page's.
func (d *decoder) jpeg(t *target, src []byte) error {
	p, s := t.page, t.segment
	how := jpeg.Options{Colours: jpeg.AsStored}
	if p.Photometric == YCbCr {
		how.Colours = jpeg.FromYCbCr
	}
	if e, found := p.dir.entries[JPEGTables]; found {
		var err error
		if how.Tables, err = p.dir.raw(e, e.count); err != nil {
			return err
		}
	}
	var decoded []data.Plane
	var h jpeg.Header
	err := jpeg.DecodeWith(src, how, func(found jpeg.Header) ([]data.Plane, error) {
		h = found
		if h.Channels != s.samples || h.Width != s.width || h.Height < s.height || h.Height > p.layout.height {
			return nil, fmt.Errorf("holds a JPEG image of %d x %d pixels and %d channels, where %d x %d and %d are due",
				h.Width, h.Height, h.Channels, s.width, s.height, s.samples)
		}
		n := h.Width * h.Height
		rows := grown(&d.rows, n*h.Channels)
		decoded = make([]data.Plane, h.Channels)
		for c := range decoded {
			decoded[c].U8 = rows[c*n : (c+1)*n : (c+1)*n]
		}
		return decoded, nil
	})
	if err != nil {
		return err
	}
	at := t.overlap()
	for c := range t.planes {
		for y := at.Min.Y; y < at.Max.Y; y++ {
			copy(t.row(c, at.Min.X, y, at.Dx()), decoded[c].U8[(y-s.y)*h.Width+at.Min.X-s.x:])
		}
	}
	return nil
}

// webp reads WebP without loss. What is with loss would have other pixels than
// libwebp's.
func (d *decoder) webp(t *target, src []byte) error {
	s := t.segment
	const head = 16
	if len(src) < head || string(src[:4]) != "RIFF" || string(src[8:12]) != "WEBP" {
		return errors.New("webp: no WebP image")
	}
	if string(src[12:16]) != "VP8L" {
		return errors.New("webp: WebP with loss is not read; " + byTiffcp)
	}
	config, err := webp.DecodeConfig(bytes.NewReader(src))
	if err == nil && (config.Width != s.width || config.Height < s.height || config.Height > t.page.layout.height || s.samples < 3 || s.samples > 4) {
		err = fmt.Errorf("holds an image of %d x %d pixels, where %d x %d of %d channels are due", config.Width, config.Height, s.width, s.height, s.samples)
	}
	if err != nil {
		return fmt.Errorf("webp: %w", err)
	}
	m, err := webp.Decode(bytes.NewReader(src))
	if err != nil {
		return fmt.Errorf("webp: %w", err)
	}
	pixels, ok := m.(*image.NRGBA)
	if !ok {
		return fmt.Errorf("webp: an image of sort %T", m)
	}
	at := t.overlap()
	for c := range t.planes {
		for y := at.Min.Y; y < at.Max.Y; y++ {
			gather(t.row(c, at.Min.X, y, at.Dx()), pixels.Pix[pixels.PixOffset(at.Min.X-s.x, y-s.y)+c:], 1, 4)
		}
	}
	return nil
}
