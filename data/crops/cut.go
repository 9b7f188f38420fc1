package crops

import (
	"fmt"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

// What becomes of a cell that is larger than the square.
const (
	Refuse = "refuse" // an error
	Trim   = "trim"   // the middle of its box is kept
	Shrink = "shrink" // it is made smaller
)

// Larger are the choices for cells that are larger than the square.
var Larger = []string{Refuse, Trim, Shrink}

// Square is how crops are cut.
type Square struct {
	Size     int    // its side, in pixels
	KeepRest bool   // pixels around the cell stay, rather than become 0
	Larger   string // Refuse, Trim or Shrink
}

// Fits says why a mask is not an image's: it has another size.
func (m *Mask) Fits(im *data.Image) error {
	if im.Width != m.Width || im.Height != m.Height {
		return fmt.Errorf("the mask is %dx%d pixels, and the image %dx%d", m.Width, m.Height, im.Width, im.Height)
	}
	return nil
}

// Cut gives the square around a cell of a field's image: the cell's box in its
// middle, of an odd difference the smaller half left of it and above. What is
// beyond the field is 0, and so is what is not the cell's unless it is kept.
//
// A larger cell that shrinks is first cut into the square of its longer side, which
// then becomes one of Size, as pixel.Bilinear does it.
func (s Square) Cut(im *data.Image, m *Mask, c Cell) (*data.Image, error) {
	if err := m.Fits(im); err != nil {
		return nil, err
	}
	side := s.Size
	if longer := max(c.W, c.H); longer > side {
		switch s.Larger {
		case Shrink:
			side = longer
		case Trim:
		default:
			return nil, fmt.Errorf("cell %d is %dx%d pixels, and size is %d; set size to %d or more, or larger to %q or %q", c.Label, c.W, c.H, s.Size, longer, Shrink, Trim)
		}
	}
	out := s.window(im, m, c, side)
	return pixel.Bilinear(out, s.Size, s.Size), nil
}

// window is the square of a side.
func (s Square) window(im *data.Image, m *Mask, c Cell, side int) *data.Image {
	left, top := c.X-floorHalf(side-c.W), c.Y-floorHalf(side-c.H)
	var inside []bool
	fromX, toX, fromY, toY := max(left, 0), min(left+side, im.Width), max(top, 0), min(top+side, im.Height)
	if !s.KeepRest {
		inside = m.Inside(c)
		fromX, toX = max(fromX, c.X), min(toX, c.X+c.W)
		fromY, toY = max(fromY, c.Y), min(toY, c.Y+c.H)
	}
	out := data.NewImage(side, side, len(im.Planes), im.Depth())
	for i, p := range im.Planes {
		for y := fromY; y < toY; y++ {
			to, from := (y-top)*side+fromX-left, y*im.Width+fromX
			var in []bool
			if inside != nil {
				in = inside[(y-c.Y)*c.W+fromX-c.X:][:toX-fromX]
			}
			if p.U16 != nil {
				copyRow(out.Planes[i].U16[to:], p.U16[from:from+toX-fromX], in)
			} else {
				copyRow(out.Planes[i].U8[to:], p.U8[from:from+toX-fromX], in)
			}
		}
	}
	return out
}

// copyRow copies the pixels that are inside; nil: all.
func copyRow[T uint8 | uint16](to, from []T, inside []bool) {
	if inside == nil {
		copy(to, from)
		return
	}
	for i, in := range inside {
		if in {
			to[i] = from[i]
		}
	}
}

// floorHalf is n/2, rounded down for negative numbers too.
func floorHalf(n int) int { return n >> 1 }
