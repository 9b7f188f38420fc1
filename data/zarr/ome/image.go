package ome

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data/store"
	"hpaflow/data/zarr"
)

// Image is one level of an image: an array whose axes are known.
type Image struct {
	Array  *zarr.Array
	Path   string   // of the array, from the top
	Names  []string // of the channels, as omero has them; nil: they have none
	Levels int      // how many there are
	Images int      // multiscales of the group, of which this is the first

	// The axes, by their numbers; -1 for what there is not.
	Y, X, C, Z, T int
}

// Width and the others are how much there is along the axes: 1 where there is no such.
func (im *Image) Width() int    { return im.Array.Shape[im.X] }
func (im *Image) Height() int   { return im.Array.Shape[im.Y] }
func (im *Image) Channels() int { return im.along(im.C) }
func (im *Image) Slices() int   { return im.along(im.Z) }
func (im *Image) Times() int    { return im.along(im.T) }

func (im *Image) along(axis int) int {
	if axis < 0 {
		return 1
	}
	return im.Array.Shape[axis]
}

// String says what there is: 3 channels, 21 slices, 1 time.
func (im *Image) String() string {
	return count(im.Channels(), "channel") + ", " + count(im.Slices(), "slice") + ", " + count(im.Times(), "time")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// OpenImage reads what the image at a path is, at one of its levels: a number from 0,
// the largest, or else the path of a dataset.
func OpenImage(ctx context.Context, s store.Store, at, level string) (*Image, error) {
	g, err := open(ctx, s, at)
	if err != nil {
		return nil, err
	}
	switch {
	case len(g.Mask) > 0:
		return nil, g.errorf(s, "image-label", "is a label image, of masks, and no image of cells")
	case len(g.Multiscales) == 0:
		return nil, g.errorf(s, "multiscales", "is missing: it is no image")
	}
	m := g.Multiscales[0]
	dataset, err := m.level(level)
	if err != nil {
		return nil, g.errorf(s, "multiscales[0].datasets", "%w", err)
	}
	to, err := g.below(s, at, "multiscales[0].datasets: path", dataset)
	if err != nil {
		return nil, err
	}
	im := &Image{Path: to, Levels: len(m.Datasets), Images: len(g.Multiscales)}
	file := within(to, g.version)
	b, _, err := store.ReadAll(ctx, s, file, zarr.MostMetadata)
	if err != nil {
		return nil, err
	}
	if im.Array, err = zarr.Parse(b); err == nil && im.Array.Version != g.version {
		err = fmt.Errorf("zarr_format: version %d, in a group of version %d", im.Array.Version, g.version)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.URL(file), err)
	}
	if err := im.axes(m.Axes); err != nil {
		return nil, g.errorf(s, "multiscales[0].axes", "%w", err)
	}
	if g.Omero != nil {
		for _, c := range g.Omero.Channels[:min(len(g.Omero.Channels), im.Channels())] {
			im.Names = append(im.Names, c.Label)
		}
		if strings.TrimSpace(strings.Join(im.Names, "")) == "" {
			im.Names = nil
		}
	}
	return im, nil
}

// level is the path of the dataset of a level.
func (m multiscale) level(of string) (string, error) {
	if n, err := strconv.Atoi(of); err == nil && n >= 0 && n < len(m.Datasets) {
		return m.Datasets[n].Path, nil
	}
	var paths []string
	for _, d := range m.Datasets {
		if d.Path == of {
			return of, nil
		}
		paths = append(paths, fmt.Sprintf("%.40q", d.Path))
	}
	more := ""
	if len(paths) > 8 {
		paths, more = paths[:8], " and more"
	}
	return "", fmt.Errorf("there is no level %q; there are %s, 0 to %d: %s%s", of, count(len(m.Datasets), "level"), len(m.Datasets)-1, strings.Join(paths, ", "), more)
}

// axes finds out which axis is which.
func (im *Image) axes(list []axis) error {
	shape := im.Array.Shape
	if list == nil { // before 0.3 there were always five
		for _, name := range []string{"t", "c", "z", "y", "x"} {
			list = append(list, axis{Name: name})
		}
	}
	if len(list) != len(shape) {
		return fmt.Errorf("%d axes, of an array of %d", len(list), len(shape))
	}
	im.Y, im.X, im.C, im.Z, im.T = -1, -1, -1, -1, -1
	for i, a := range list {
		to := map[string]*int{"y": &im.Y, "x": &im.X, "c": &im.C, "z": &im.Z, "t": &im.T}[strings.ToLower(a.Name)]
		if to == nil { // whatever they are called
			to = map[string]*int{"channel": &im.C, "time": &im.T}[a.Type]
		}
		switch {
		case to == nil && shape[i] == 1:
		case to == nil:
			return fmt.Errorf("axis %.20q of %d is not read; t, c, z, y and x are", a.Name, shape[i])
		case *to >= 0:
			return fmt.Errorf("axis %.20q stands there twice", a.Name)
		default:
			*to = i
		}
	}
	if im.Y < 0 || im.X < 0 {
		return fmt.Errorf("there are no axes y and x")
	}
	if slices.Contains(shape, 0) {
		return fmt.Errorf("the array has shape %v, and so nothing in it", shape)
	}
	return nil
}

// Channel finds a channel by its name, or by its number from 0.
func (im *Image) Channel(name string) (int, error) {
	var found []int
	for i, n := range im.Names {
		if strings.EqualFold(n, name) {
			found = append(found, i)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return 0, fmt.Errorf("channels %v are all called %q", found, name)
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < im.Channels() && strconv.Itoa(i) == name {
		return i, nil
	}
	return 0, fmt.Errorf("no channel is called %q; there are %s%s", name, count(im.Channels(), "channel"), im.named())
}

func (im *Image) named() string {
	var list []string
	for _, n := range im.Names {
		if n != "" && len(list) < 16 {
			list = append(list, fmt.Sprintf("%.60q", n))
		}
	}
	if list == nil {
		return ", without names"
	}
	return ": " + strings.Join(list, ", ")
}

// Piece is what lies in one channel at one time, from slice to slice: its first place
// along each axis, and its end.
func (im *Image) Piece(c, t, zFrom, zTo int) (lo, hi []int) {
	lo, hi = make([]int, len(im.Array.Shape)), slices.Clone(im.Array.Shape)
	for _, at := range [][3]int{{im.C, c, c + 1}, {im.T, t, t + 1}, {im.Z, zFrom, zTo}} {
		if at[0] >= 0 {
			lo[at[0]], hi[at[0]] = at[1], at[2]
		}
	}
	return lo, hi
}

// View is what the axes of a piece are.
func (im *Image) View() zarr.View { return zarr.View{Y: im.Y, X: im.X, Z: im.Z} }
