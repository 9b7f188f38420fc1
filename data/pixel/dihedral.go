package pixel

import "hpaflow/data"

// Dihedral is one of the eight symmetries of the square: a transpose or none,
// then a flip up-down or none, then a flip left-right or none.
type Dihedral uint8

// The generators; any of them may be joined with |.
const (
	FlipLR    Dihedral = 1 << iota // columns in reverse
	FlipUD                         // rows in reverse
	Transpose                      // rows become columns; done before the flips
	Identity  Dihedral = 0
)

// quarterTurns are numpy's rot90 by k quarter turns, counter-clockwise.
var quarterTurns = [4]Dihedral{Identity, Transpose | FlipUD, FlipLR | FlipUD, Transpose | FlipLR}

// Turn is k quarter turns counter-clockwise, as numpy.rot90 does them.
func Turn(k int) Dihedral { return quarterTurns[k&3] }

// Then is the symmetry that does d first and next after it.
func (d Dihedral) Then(next Dihedral) Dihedral {
	if next&Transpose != 0 { // a transpose exchanges the flips that came before it
		d = d&Transpose | d&FlipLR<<1 | d&FlipUD>>1
	}
	return d ^ next
}

// Apply gives the image under the symmetry. The identity gives the image
// itself; a transpose exchanges width and height.
func (d Dihedral) Apply(im *data.Image) *data.Image {
	if d == Identity {
		return im
	}
	w, h := im.Width, im.Height
	if d&Transpose != 0 {
		w, h = h, w
	}
	out := data.NewImage(w, h, len(im.Planes), im.Depth())
	for i, p := range im.Planes {
		switch {
		case p.U16 != nil:
			ApplyPlane(d, out.Planes[i].U16, p.U16, w, h)
		case d == Transpose:
			transposePlane(out.Planes[i].U8, w, p.U8, im.Width, im.Width, im.Height)
		default:
			ApplyPlane(d, out.Planes[i].U8, p.U8, w, h)
		}
	}
	return out
}

// ApplyPlane fills dst, w by h values row by row, with src under the symmetry;
// src is h by w for a transpose. They must not overlap.
func ApplyPlane[T uint8 | uint16 | float32](d Dihedral, dst, src []T, w, h int) {
	dx, dy := 1, w
	if d&Transpose != 0 {
		dx, dy = h, 1
	}
	start := 0 // the source of (x, y) is at start + x*dx + y*dy
	if d&FlipLR != 0 {
		start, dx = start+(w-1)*dx, -dx
	}
	if d&FlipUD != 0 {
		start, dy = start+(h-1)*dy, -dy
	}
	for y := range h {
		row := dst[y*w : (y+1)*w]
		at := start + y*dy
		if dx == 1 {
			copy(row, src[at:])
			continue
		}
		for x := range row {
			row[x] = src[at]
			at += dx
		}
	}
}
