package codec

import (
	"hpaflow/data"
	"hpaflow/data/codec/jpeg"
)

// Size gives an image's width and height in pixels, as its header claims them.
// Nothing is decoded; the claim may be beyond MaxPixels.
func Size(name string, b []byte) (width, height int, err error) {
	f, err := identify(name, b)
	if err != nil {
		return 0, 0, err
	}
	return f.size(b)
}

func sizeJPEG(b []byte) (width, height int, err error) {
	h, err := jpeg.ReadHeader(b)
	return h.Width, h.Height, err
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
