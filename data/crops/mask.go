package crops

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"hpaflow/data/codec"
)

// MostCells is how many cells a mask has at most, where nothing else is said.
const MostCells = 10_000

// Mask is the cells of a field.
type Mask struct {
	Width, Height int    // pixels of the field
	Cells         []Cell // by label

	labels []uint32 // of a label image: the cell of each pixel, row by row
}

// Cell is where a cell is.
type Cell struct {
	Label      uint32
	Area       int // pixels
	X, Y, W, H int // the smallest box around it
	runs       RLE // of a cell that is in no label image
}

// Bytes is the memory the mask holds.
func (m *Mask) Bytes() int64 {
	n := int64(4*len(m.labels)) + int64(80*len(m.Cells))
	for _, c := range m.Cells {
		n += int64(4 * len(c.runs))
	}
	return n
}

// Key is the Id of a cell's crop.
func Key(field string, label uint32) string {
	return field + "_" + strconv.FormatUint(uint64(label), 10)
}

// SplitKey takes the Id of a crop apart.
func SplitKey(key string) (field string, label uint32, ok bool) {
	for i := len(key) - 1; i > 0; i-- {
		if key[i] == '_' {
			n, err := strconv.ParseUint(key[i+1:], 10, 32)
			return key[:i], uint32(n), err == nil && Key(key[:i], uint32(n)) == key
		}
	}
	return "", 0, false
}

// OfLabels finds the cells of a label image, at most so many.
func OfLabels(im *codec.LabelImage, most int) (*Mask, error) {
	m := &Mask{Width: im.Width, Height: im.Height, labels: im.Labels}
	places := map[uint32]int{}
	var last *box // of the label that the pixel before has
	var boxes []*box
	for y := range im.Height {
		for x, label := range im.Labels[y*im.Width : (y+1)*im.Width] {
			if label == 0 {
				continue
			}
			if last == nil || last.label != label {
				at, known := places[label]
				if !known {
					if at = len(boxes); at == most {
						return nil, fmt.Errorf("it has more than %d labels; is it a label image? If so, max_cells = %d allows it", most, 4*most)
					}
					places[label] = at
					boxes = append(boxes, &box{label: label, left: x, right: x, top: y})
				}
				last = boxes[at]
			}
			last.area++
			last.left, last.right, last.bottom = min(last.left, x), max(last.right, x), y
		}
	}
	if len(boxes) == 1 && boxes[0].label == 255 {
		return nil, fmt.Errorf("its pixels are 0 and 255 alone: it says what is cell, and not which; number the cells first, as scipy.ndimage.label does")
	}
	for _, b := range boxes {
		m.Cells = append(m.Cells, b.cell())
	}
	slices.SortFunc(m.Cells, func(a, b Cell) int { return cmp.Compare(a.Label, b.Label) })
	return m, nil
}

// box is a cell while its pixels are counted; its sides are within.
type box struct {
	label                    uint32
	area                     int
	left, right, top, bottom int
}

func (b *box) cell() Cell {
	return Cell{Label: b.label, Area: b.area, X: b.left, Y: b.top, W: b.right - b.left + 1, H: b.bottom - b.top + 1}
}

// Cell is that of a label.
func (m *Mask) Cell(label uint32) (Cell, bool) {
	i, found := slices.BinarySearchFunc(m.Cells, label, func(c Cell, l uint32) int { return cmp.Compare(c.Label, l) })
	if !found {
		return Cell{}, false
	}
	return m.Cells[i], true
}

// Wanted says which cells are taken.
type Wanted struct {
	MinArea, MaxArea int  // pixels; a MaxArea of 0 is no limit
	Whole            bool // none that touches the field's border
}

// Choose gives the cells that are wanted, by label.
func (m *Mask) Choose(w Wanted) []Cell {
	var list []Cell
	for _, c := range m.Cells {
		if c.Area < w.MinArea || w.MaxArea > 0 && c.Area > w.MaxArea || w.Whole && m.touches(c) {
			continue
		}
		list = append(list, c)
	}
	return list
}

// touches says whether a cell has a pixel at the border of its field.
func (m *Mask) touches(c Cell) bool {
	return c.X == 0 || c.Y == 0 || c.X+c.W == m.Width || c.Y+c.H == m.Height
}

// Inside says of each pixel of a cell's box whether it is the cell's, row by row.
func (m *Mask) Inside(c Cell) []bool {
	in := make([]bool, c.W*c.H)
	if m.labels == nil {
		c.runs.fill(in, m.Height, c)
		return in
	}
	for y := range c.H {
		row := m.labels[(c.Y+y)*m.Width+c.X:][:c.W]
		for x, label := range row {
			in[y*c.W+x] = label == c.Label
		}
	}
	return in
}

// RLE is a cell's mask in COCO's form.
func (m *Mask) RLE(c Cell) RLE {
	if m.labels == nil {
		return c.runs
	}
	return encodeRLE(m.Inside(c), c, m.Width, m.Height)
}
