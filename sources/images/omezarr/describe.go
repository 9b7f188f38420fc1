package omezarr

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"hpaflow/data"
	"hpaflow/data/zarr/ome"
	"hpaflow/flow/component"
)

// described is an image whose metadata have been read.
type described struct {
	*image
	*ome.Image
	channels []int        // by plane
	samples  []*oneOf     // that are made of it
	left     atomic.Int64 // files of theirs that have not been got
}

// oneOf is a sample: some slices of an image at one time.
type oneOf struct {
	*described
	in         *Input
	key        string
	t          int
	zFrom, zTo int
	project    string // what becomes of several slices
	files      []data.File
}

// describe reads what an image is, and what samples there are of it.
func (in *Input) describe(ctx context.Context, im *image) (*described, error) {
	if im.fault != nil {
		return nil, im.fault
	}
	d := &described{image: im}
	var err error
	if d.Image, err = ome.OpenImage(ctx, im.root.store, im.place.Path, in.Level); err != nil {
		return nil, err
	}
	if err := in.admit(d); err != nil {
		return nil, fmt.Errorf("%s: %w", im.name(), err)
	}
	if d.channels, err = in.channelsOf(d); err != nil {
		return nil, fmt.Errorf("%s: %w", im.name(), err)
	}
	if d.Images > 1 {
		in.several(im.key)
	}
	if err := in.divide(d); err != nil {
		return nil, fmt.Errorf("%s: %w", im.name(), err)
	}
	if err := in.mark(ctx, d); err != nil {
		return nil, err
	}
	return d, nil
}

// admit refuses what is larger than the run allows.
func (in *Input) admit(d *described) error {
	pixels := int64(d.Width()) * int64(d.Height())
	if pixels/int64(d.Width()) != int64(d.Height()) || pixels > in.Limits.MaxPixels {
		return fmt.Errorf("the array has %d x %d pixels; at most %d are decoded; a smaller level may do, or %s", d.Width(), d.Height(), in.Limits.MaxPixels,
			component.Raise("max_pixels", pixels))
	}
	if n := d.Array.ChunkBytes(); n > in.Limits.MaxMember {
		return fmt.Errorf("one chunk of the array holds %s, more than is read of a file; %s", component.FormatSize(n),
			component.Raise("max_member", fmt.Sprintf(`"%dMiB"`, n>>20+1)))
	}
	return nil
}

// channelsOf finds the channel of each plane.
func (in *Input) channelsOf(d *described) (list []int, err error) {
	plain := !slices.ContainsFunc(in.planes, func(p plane) bool { return p.name != p.value })
	for _, p := range in.planes {
		c, err := d.Channel(p.value)
		switch {
		case err == nil:
			list = append(list, c)
		case plain && d.Names == nil && d.Channels() == len(in.planes) && len(list) == 0:
			in.inOrder(d.key)
			for i := range in.planes {
				list = append(list, i)
			}
			return list, nil
		default:
			return nil, fmt.Errorf("%w; say which is which by name or number: channels = [\"%s=0\", ...]", err, in.planes[0].name)
		}
	}
	return list, nil
}

// divide says what samples there are of an image.
func (in *Input) divide(d *described) (err error) {
	tFrom, tTo := 0, d.Times()
	if !in.Choice.T.All() {
		if tFrom, err = in.Choice.Time(tTo, d.String()); err != nil {
			return err
		}
		tTo = tFrom + 1
	}
	zFrom, zTo, each := 0, d.Slices(), in.Choice.Z.All()
	if !each {
		if zFrom, zTo, err = in.Choice.Slices(zTo, d.String()); err != nil {
			return err
		}
	}
	for t := tFrom; t < tTo; t++ {
		key := d.key
		if tTo-tFrom > 1 {
			key += fmt.Sprintf("_t%03d", t)
		}
		if !each || zTo == 1 {
			d.samples = append(d.samples, &oneOf{described: d, in: in, key: key, t: t, zFrom: zFrom, zTo: zTo})
			continue
		}
		for z := range zTo {
			d.samples = append(d.samples, &oneOf{described: d, in: in, key: key + fmt.Sprintf("_z%03d", z), t: t, zFrom: z, zTo: z + 1})
		}
	}
	for _, s := range d.samples {
		if s.zTo-s.zFrom > 1 {
			s.project = in.Choice.Z.Projection()
		}
		s.files = make([]data.File, len(in.planes))
		for i, p := range in.planes {
			f := data.File{Name: d.name(), Channel: p.name, T: s.t + 1, Size: s.bytes()}
			if s.zTo-s.zFrom == 1 {
				f.Z = s.zFrom + 1
			}
			s.files[i] = f
		}
	}
	return nil
}

// bytes is what a channel's chunks take, unless they are smaller, as they mostly are.
func (s *oneOf) bytes() int64 {
	lo, hi := s.Piece(s.channels[0], s.t, s.zFrom, s.zTo)
	n, err := s.Array.Need(lo, hi)
	if err != nil {
		return 0 // which whoever reads it tells of
	}
	return min(n, s.in.Limits.MaxMember)
}
