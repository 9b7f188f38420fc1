package embed

import (
	"hpaflow/data"
	"hpaflow/data/pixel"
)

// fit gives the planes that the network reads, in its order, at a size that it
// takes: an image is resized as OpenCV's INTER_LINEAR does it.
func (e *embedding) fit(im *data.Image) *data.Image {
	out := &data.Image{Width: im.Width, Height: im.Height}
	for _, at := range e.planes {
		out.Planes = append(out.Planes, im.Planes[at])
	}
	size := e.size
	if size == 0 {
		if im.Width == im.Height && e.model.Shape.CheckSide(im.Height, im.Width) == nil {
			return out
		}
		size = e.model.Shape.Image
	}
	return pixel.Bilinear(out, size, size)
}
