package ome

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"hpaflow/data/store"
)

// Place is where an image is in an OME-Zarr.
type Place struct {
	Path  string   // from the top; empty: the top is the image
	Parts []string // what tells it from the others: well and field, or series; none: it is the only one
}

// most bounds what is in one OME-Zarr.
const (
	mostWells  = 1 << 16
	mostFields = 1 << 16 // of a well
	mostSeries = 1 << 16
)

// atOnce is how many wells are asked for their fields at the same time.
const atOnce = 32

// Images are the images of the OME-Zarr at the top of a store: the fields of a plate, well
// by well, those of a well, the series of bioformats2raw, or the one image that it is.
func Images(ctx context.Context, s store.Store) ([]Place, error) {
	top, err := open(ctx, s, "")
	if err != nil {
		return nil, err
	}
	switch {
	case top.Plate != nil:
		return fields(ctx, s, top)
	case top.Well != nil:
		return top.fields(s, "", nil)
	case len(top.Multiscales) > 0:
		return []Place{{}}, nil
	case top.Layout > 0:
		return series(ctx, s, top)
	}
	if err := array(ctx, s, ""); err != nil {
		return nil, err
	}
	return nil, top.errorf(s, "", "is of no OME-Zarr: it has neither multiscales, nor plate, well or bioformats2raw.layout")
}

// fields are those of all wells of a plate.
func fields(ctx context.Context, s store.Store, top *group) ([]Place, error) {
	wells := top.Plate.Wells
	if len(wells) > mostWells {
		return nil, top.errorf(s, "plate.wells", "%d wells; at most %d are read", len(wells), mostWells)
	}
	lists := make([][]Place, len(wells))
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, w := range wells {
		group.Go(func() error {
			at, err := top.below(s, "", fmt.Sprintf("plate.wells[%d].path", i), w.Path)
			if err != nil {
				return err
			}
			g, err := open(all, s, at)
			if err != nil {
				return err
			}
			if g.Well == nil {
				return g.errorf(s, "", "is of no well, where the plate says that one is")
			}
			lists[i], err = g.fields(s, at, []string{strings.ReplaceAll(at, "/", "")})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var list []Place
	for _, l := range lists {
		list = append(list, l...)
	}
	return list, nil
}

// fields are those of a well.
func (g *group) fields(s store.Store, at string, of []string) (list []Place, err error) {
	if len(g.Well.Images) > mostFields {
		return nil, g.errorf(s, "well.images", "%d fields; at most %d are read", len(g.Well.Images), mostFields)
	}
	for i, f := range g.Well.Images {
		to, err := g.below(s, at, fmt.Sprintf("well.images[%d].path", i), f.Path)
		if err != nil {
			return nil, err
		}
		field := strings.ReplaceAll(strings.TrimSuffix(f.Path, "/"), "/", "")
		list = append(list, Place{to, append(of[:len(of):len(of)], field)})
	}
	return list, nil
}

// series are the images that bioformats2raw has made of a file: those that OME/ lists,
// or else 0, 1 and so on.
func series(ctx context.Context, s store.Store, top *group) (list []Place, err error) {
	names := top.Series
	if names == nil {
		g, err := open(ctx, s, "OME")
		switch {
		case err == nil:
			names = g.Series
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	if len(names) > mostSeries {
		return nil, top.errorf(s, "series", "%d images; at most %d are read", len(names), mostSeries)
	}
	for i, n := range names {
		at, err := top.below(s, "", fmt.Sprintf("series[%d]", i), n)
		if err != nil {
			return nil, err
		}
		list = append(list, Place{at, []string{strings.ReplaceAll(at, "/", "")}})
	}
	for n := 0; names == nil && n < mostSeries; n++ {
		at := strconv.Itoa(n)
		if _, err := open(ctx, s, at); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return nil, err
		}
		list = append(list, Place{at, []string{at}})
	}
	if len(list) == 1 {
		list[0].Parts = nil
	}
	return list, nil
}

// Name is what an OME-Zarr is called by its path: plate of raw/plate.ome.zarr. Of what is
// within one, the parts behind it are in the name too.
func Name(of string) string {
	parts := strings.FieldsFunc(of, func(r rune) bool { return r == '/' || r == '\\' })
	from := max(0, len(parts)-1)
	for i, p := range parts {
		if strings.HasSuffix(strings.ToLower(p), Suffix) {
			from = i
		}
	}
	if from == len(parts) {
		return ""
	}
	names := append([]string(nil), parts[from:]...)
	if lower := strings.ToLower(names[0]); strings.HasSuffix(lower, Suffix) {
		names[0] = names[0][:len(names[0])-len(Suffix)]
		if len(names[0]) > 4 && strings.HasSuffix(strings.ToLower(names[0]), ".ome") {
			names[0] = names[0][:len(names[0])-4]
		}
	}
	return strings.Join(names, "_")
}

// Suffix ends the names of folders that are Zarrs.
const Suffix = ".zarr"

// within is a path with an extension of a file of metadata.
func within(at string, version int) string {
	if version == 2 {
		return path.Join(at, array2)
	}
	return path.Join(at, file3)
}
