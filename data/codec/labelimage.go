package codec

import (
	"errors"
	"fmt"
	"math"

	"hpaflow/data/codec/tiff"
)

// LabelImage is a picture whose pixels are numbers of objects, 0 where there is
// none: what Cellpose, StarDist and CellProfiler write of the cells they find.
type LabelImage struct {
	Width, Height int
	Labels        []uint32 // row by row
}

// WholeRange is a choice by which any samples have a place, as in headers' claims of
// label images.
var WholeRange = Choice{Range: Range{how: full}}

// DecodeLabels reads a label image: a PNG or a TIFF of one plane, of 8, 16 or 32
// bits. Signed and floating-point samples will do where all are whole numbers that
// a label can be. Other images are refused.
func DecodeLabels(name string, b []byte) (*LabelImage, error) {
	f, err := identify(name, b)
	if err != nil {
		return nil, err
	}
	switch f.name {
	case "TIFF":
		return labelsOfTIFF(b)
	case "PNG":
		return labelsOfPNG(b)
	case "JPEG":
		return nil, errors.New("is a JPEG, which blurs labels into one another; write masks as PNG or TIFF")
	}
	return nil, fmt.Errorf("is an %s, and masks are read of PNG and TIFF", f.name)
}

// errColours is that of an image of several planes.
func errColours(planes int) error {
	return fmt.Errorf("holds %d planes, and a label image has one: a number for each pixel", planes)
}

func labelsOfPNG(b []byte) (*LabelImage, error) {
	im, err := DecodeChannels(".png", b)
	if err != nil {
		return nil, err
	}
	if b[25] == 3 {
		return nil, errors.New("is a PNG with a palette, which is for looking at; write labels as they are, in grey")
	}
	if len(im.Planes) != 1 {
		return nil, errColours(len(im.Planes))
	}
	out := &LabelImage{im.Width, im.Height, make([]uint32, im.Width*im.Height)}
	spreadBy := uint32(1) // decoders make samples of few bits fill 8
	if bits := b[24]; bits < 8 {
		spreadBy = 255 / (1<<bits - 1)
	}
	for i, v := range im.Planes[0].U8 {
		out.Labels[i] = uint32(v) / spreadBy
	}
	for i, v := range im.Planes[0].U16 {
		out.Labels[i] = uint32(v)
	}
	return out, nil
}

func labelsOfTIFF(b []byte) (*LabelImage, error) {
	n, err := WholeRange.ofTIFF(b)
	if err != nil {
		return nil, err
	}
	p := n.like
	switch {
	case p.Photometric == tiff.Palette:
		return nil, p.Errorf(tiff.Photometric, "a palette is for looking at; write labels as they are, in grey")
	case n.planes != 1:
		return nil, errColours(n.planes)
	case p.Photometric == tiff.WhiteIsZero:
		return nil, p.Errorf(tiff.Photometric, "white is zero, and labels count from a black of zero; write them so")
	case p.IsJPEG():
		return nil, p.Errorf(tiff.Compression, "JPEG blurs labels into one another; write masks with LZW or deflate")
	}
	if err := within("TIFF", p.Width, p.Height); err != nil {
		return nil, err
	}
	page, _, err := n.Plane(0, n.zFrom, n.t)
	if err == nil {
		err = page.Plausible()
	}
	if err != nil {
		return nil, err
	}
	raw := make([]byte, p.Width*p.Height*p.Size())
	if err := n.project([][]byte{raw}, 0); err != nil {
		return nil, err
	}
	out := &LabelImage{p.Width, p.Height, make([]uint32, p.Width*p.Height)}
	var fault error
	samples{p.Format, p.Bits, raw}.each(func(i int, v float64) {
		if !(v >= 0 && v <= math.MaxUint32) || v != math.Trunc(v) {
			if fault == nil {
				fault = p.Errorf(tiff.BitsPerSample, "pixel %d,%d is %v, and labels are whole numbers from 0 to %d", i%p.Width, i/p.Width, v, uint32(math.MaxUint32))
			}
			return
		}
		out.Labels[i] = uint32(v)
	})
	return out, fault
}
