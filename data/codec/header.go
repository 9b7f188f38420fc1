package codec

import (
	"encoding/binary"
	"image"
	"image/color"

	"hpaflow/data"
	"hpaflow/data/codec/jpeg"
)

// RGBA is how many channels colours with alpha are, the most that a picture of a
// screen or a camera has.
const RGBA = 4

// Claim is what an image's header says it holds. It may be more than the file
// has, and beyond MaxPixels.
type Claim struct {
	Width, Height int // pixels
	Channels      int // planes, 1 to 4
	Depth         int // bits of each, 8 or 16

	scratch int64 // what decoding takes besides, where the header says it; else 0
}

// ReadClaim reads an image's header. Nothing is decoded.
func ReadClaim(name string, b []byte) (Claim, error) { return Choice{}.ReadClaim(name, b) }

// ReadClaim is that of what is chosen.
func (c Choice) ReadClaim(name string, b []byte) (Claim, error) {
	f, err := identify(name, b)
	if err != nil {
		return Claim{}, err
	}
	return f.claim(c, b)
}

// Pixels is the width times the height.
func (c Claim) Pixels() int64 { return int64(c.Width) * int64(c.Height) }

// Bytes is the memory that the planes take.
func (c Claim) Bytes() int64 { return c.Pixels() * int64(c.Channels) * int64(c.Depth/8) }

// Scratch is the memory that decoding takes besides the file and the planes, at
// most, as near as makes no difference.
func (c Claim) Scratch() int64 {
	if c.scratch > 0 {
		return c.scratch
	}
	if c.Channels == 1 && c.Depth == 8 {
		return c.Bytes() // the rows before they are unfiltered
	}
	return 2 * c.Bytes() // and the pixels before they are taken apart
}

// claimPNG reads the first chunk, which is of one form in every PNG.
func claimPNG(_ Choice, b []byte) (Claim, error) {
	const at, most = 16, 1<<31 - 1 // the most that the format allows for a side
	if len(b) < at+10 || string(b[at-4:at]) != "IHDR" {
		return standardPNG.claim(b)
	}
	w, h := binary.BigEndian.Uint32(b[at:]), binary.BigEndian.Uint32(b[at+4:])
	if w > most || h > most {
		return standardPNG.claim(b)
	}
	claim := Claim{Width: int(w), Height: int(h), Channels: 4, Depth: 8}
	switch b[at+9] {
	case 0: // grey
		claim.Channels = 1
	case 2, 3: // colours, and a palette of them
		claim.Channels = 3
	}
	if b[at+8] == 16 {
		claim.Depth = 16
	}
	return claim, nil
}

func claimJPEG(_ Choice, b []byte) (Claim, error) {
	h, err := jpeg.ReadHeader(b)
	return Claim{Width: h.Width, Height: h.Height, Channels: h.Channels, Depth: 8}, err
}

// claimOf is what the standard library says of a header.
func claimOf(c image.Config) Claim {
	claim := Claim{Width: c.Width, Height: c.Height, Channels: 1, Depth: 8}
	switch c.ColorModel {
	case color.GrayModel:
	case color.Gray16Model:
		claim.Depth = 16
	case color.RGBA64Model, color.NRGBA64Model:
		claim.Channels, claim.Depth = 4, 16
	case color.RGBAModel, color.NRGBAModel:
		claim.Channels = 4
	default: // palettes
		claim.Channels = 3
	}
	return claim
}

// Opaque gives a picture's colours, or its grey, without its alpha.
func Opaque(im *data.Image) *data.Image {
	if n := len(im.Planes); n == RGBA || n == RGBA-2 {
		return &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[:n-1]}
	}
	return im
}

// Grey gives an image of three planes or more as one of one plane, as Pillow's
// mode L: (19595R + 38470G + 7471B + 0x8000) >> 16. One of fewer planes is
// reduced to its first.
func Grey(im *data.Image) *data.Image {
	if len(im.Planes) < 3 {
		return &data.Image{Width: im.Width, Height: im.Height, Planes: im.Planes[:1]}
	}
	out := data.NewImage(im.Width, im.Height, 1, im.Depth())
	grey(out.Planes[0], im)
	return out
}
