package report

import (
	"context"
	"fmt"
	"strconv"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/store"
	"hpaflow/data/zarr"
	"hpaflow/data/zarr/ome"
)

// mostShown is how many pixels and bytes an image may have that is shown in a tile.
const mostShown = 1 << 26

// platePlanes are the first channels of an image of OME-Zarr, three at most, of its first
// slice and time, lit up: of the smallest level that fills a tile.
func platePlanes(dir string) (*data.Image, error) {
	ctx := context.Background()
	s := store.Folder(dir)
	im, err := ome.OpenImage(ctx, s, "", "0")
	for level := 1; err == nil && level < im.Levels; level++ {
		smaller, err := ome.OpenImage(ctx, s, "", strconv.Itoa(level))
		if err != nil || min(smaller.Width(), smaller.Height()) < TileSide {
			break
		}
		im = smaller
	}
	if err != nil {
		return nil, err
	}
	if int64(im.Width())*int64(im.Height()) > mostShown || im.Array.ChunkBytes() > mostShown {
		return nil, fmt.Errorf("%s has %d x %d pixels", dir, im.Width(), im.Height())
	}
	f := &zarr.Fetcher{Store: s, Most: 4 * mostShown, Slots: make(chan struct{}, 4)}
	merged := &data.Image{Width: im.Width(), Height: im.Height()}
	for c := range min(im.Channels(), 3) {
		lo, hi := im.Piece(c, 0, 0, 1)
		e, err := f.Fetch(ctx, im.Array, im.Path, lo, hi)
		if err != nil {
			return nil, err
		}
		e.View = im.View()
		b, err := e.Bytes()
		if err != nil {
			return nil, err
		}
		plane, err := codec.Decode(dir, b)
		if err != nil {
			return nil, err
		}
		merged.Planes = append(merged.Planes, litUp(plane.Planes[0]))
	}
	return merged, nil
}
