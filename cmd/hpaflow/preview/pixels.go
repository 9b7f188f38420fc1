package preview

import (
	"fmt"

	"hpaflow/cmd/hpaflow/live"
	"hpaflow/data"
	"hpaflow/data/codec"
)

// Bounds of what is copied of pixels: a picture is made of four for each that is
// shown, and a batch of so many images.
const (
	copied  = 2 * side
	mostOf  = 9
	perRow  = 3
	noPixel = 24 // grey, where a batch has no image
)

func size(im *data.Image) string {
	return fmt.Sprintf("%d × %d pixels, %d planes, %d bits", im.Width, im.Height, len(im.Planes), im.Depth())
}

// small is one pixel of so many of an image, along both axes, so that its sides are copied pixels
// at most.
func small(im *data.Image) *data.Image {
	step := max(1, (max(im.Width, im.Height)+copied-1)/copied)
	out := data.NewImage((im.Width+step-1)/step, (im.Height+step-1)/step, len(im.Planes), im.Depth())
	for n, p := range im.Planes {
		at := 0
		for y := 0; y < im.Height; y += step {
			for x := 0; x < im.Width; x += step {
				if p.U16 != nil {
					out.Planes[n].U16[at] = p.U16[y*im.Width+x]
				} else {
					out.Planes[n].U8[at] = p.U8[y*im.Width+x]
				}
				at++
			}
		}
	}
	return out
}

// batch shows the first images of a batch, side by side. Normalised pixels are
// spread over what there is of each plane.
func batch(b *data.Batch) func() live.Seen {
	line := fmt.Sprintf("%d images of %d planes, %d × %d pixels", b.N, b.C, b.W, b.H)
	if b.Pixels() == 0 || b.N == 0 || b.C > data.MaxPlanes {
		return text(line)
	}
	shown := min(b.N, mostOf)
	columns := min(shown, perRow)
	rows := (shown + columns - 1) / columns
	step := max(1, (max(b.W, b.H)*columns+copied-1)/copied)
	w, h := (b.W+step-1)/step, (b.H+step-1)/step
	out := data.NewImage(columns*(w+1)-1, rows*(h+1)-1, b.C, 8)
	for c := range b.C {
		for i := range out.Planes[c].U8 {
			out.Planes[c].U8[i] = noPixel
		}
		for n := range shown {
			read := reader(b, n*b.C+c)
			left, top := n%columns*(w+1), n/columns*(h+1)
			for y := range h {
				for x := range w {
					out.Planes[c].U8[(top+y)*out.Width+left+x] = read(y*step*b.W + x*step)
				}
			}
		}
	}
	return pictured(out, nil, line)
}

// reader gives the pixels of a plane of a batch in 8 bits.
func reader(b *data.Batch, plane int) func(at int) uint8 {
	from := plane * b.H * b.W
	switch {
	case b.U8 != nil:
		return func(at int) uint8 { return b.U8[from+at] }
	case b.U16 != nil:
		return func(at int) uint8 { return uint8(b.U16[from+at] >> 8) }
	}
	of := b.X[from : from+b.H*b.W]
	step := max(1, len(of)/4096) // a sample of them says how far they reach
	low, high := of[0], of[0]
	for at := 0; at < len(of); at += step {
		low, high = min(low, of[at]), max(high, of[at])
	}
	scale := 255 / max(high-low, 1e-6)
	return func(at int) uint8 { return uint8(min(255, max(0, (of[at]-low)*scale))) }
}

// mostPixels is the largest image that is decoded to be shown.
const mostPixels = 1 << 24

// decoded shows an encoded image.
func decoded(encoded []byte, line string) func() live.Seen {
	return func() live.Seen {
		claim, err := codec.ReadClaim("", encoded)
		if err != nil || claim.Width*claim.Height > mostPixels {
			return live.Seen{Text: line}
		}
		im, err := codec.DecodeChannels("", encoded)
		if err != nil {
			return live.Seen{Text: line}
		}
		return pictured(small(im), nil, line)()
	}
}
