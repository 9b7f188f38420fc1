package report

import (
	"image"

	"github.com/disintegration/imaging"

	"hpaflow/data"
)

// Thumbnail is an image as people glance at it: its planes as colours, as bright as
// can be, and no side longer than so many pixels. Names are those of its planes, nil
// if they have none.
func Thumbnail(im *data.Image, names []string, side int) *image.NRGBA {
	lit := &data.Image{Width: im.Width, Height: im.Height}
	for _, p := range im.Planes {
		lit.Planes = append(lit.Planes, litUp(p))
	}
	whole := previewOf(nil, names, len(im.Planes)).Composite(lit)
	return imaging.Fit(whole, side, side, imaging.Box)
}
