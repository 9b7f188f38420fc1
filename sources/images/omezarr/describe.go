package omezarr

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/data/store"
	"hpaflow/data/zarr/ome"
	"hpaflow/flow/component"
	"hpaflow/sources/remote"
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

// bytes is what a channel takes, unless its chunks are smaller, as they mostly are.
func (s *oneOf) bytes() int64 {
	return int64(s.Width()) * int64(s.Height()) * int64(s.zTo-s.zFrom) * int64(s.Array.Type.Size)
}

// markedFiles are marks of an image's files of chunks, by their names below the store.
type markedFiles map[string]store.Object

// mostListed bounds a listing of one image's chunks.
const mostListed = 1 << 18

// recent is how long a file must have been left alone for its time to tell that it is the
// same: longer than any file system's clock ticks.
const recent = 3 * time.Second

// mark finds out what tells the chunks of samples from others, as far as that can be had
// without reading them.
func (in *Input) mark(ctx context.Context, d *described) error {
	if d.root.marks == unmarked {
		return nil
	}
	known := markedFiles{}
	if d.root.marks == listed {
		n := 0
		for o, err := range d.root.store.List(ctx, store.ListOptions{Prefix: d.Path + "/"}) {
			if err != nil {
				return err
			}
			if n++; n > mostListed {
				return nil
			}
			known[o.Key] = o
		}
	}
	for _, s := range d.samples {
		for i := range s.files {
			mark, err := s.markOf(ctx, i, known)
			if err != nil {
				return err
			}
			s.files[i].Mark = mark
		}
	}
	return nil
}

// markOf is a number that differs where a channel's chunks or metadata do; 0: that is
// not known.
func (s *oneOf) markOf(ctx context.Context, plane int, known markedFiles) (uint64, error) {
	lo, hi := s.Piece(s.channels[plane], s.t, s.zFrom, s.zTo)
	keys, err := s.Array.Keys(lo, hi)
	if err != nil {
		return 0, err
	}
	text := fmt.Appendf(nil, "%s %v %v %v %s\n", s.Array.Metadata(), lo, hi, s.View(), s.project)
	for i, key := range keys {
		key = path.Join(s.Path, key)
		o, found := known[key]
		if s.root.marks == stated {
			o, err = s.root.store.Stat(ctx, key)
			if found = err == nil; err != nil && !errors.Is(err, store.ErrNotExist) {
				return 0, err
			}
		}
		if !found {
			continue
		}
		if since := time.Since(o.Modified); s.root.marks == stated && since < recent && since > -recent {
			return 0, nil
		}
		text = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(text, uint64(i)), remote.Mark(o))
	}
	return max(1, xxhash.Sum64(text)), nil
}

// Shortcut is of the sizes and times of a sample's files of chunks.
func (s *oneOf) Shortcut() uint64 {
	if slices.ContainsFunc(s.files, func(f data.File) bool { return f.Mark == 0 }) {
		return 0
	}
	return provenance.Files(s.files).Shortcut()
}

// Digest reads them.
func (s *oneOf) Digest() (uint64, error) {
	files := slices.Clone(s.files)
	for i := range files {
		var err error
		if files[i], err = s.get(context.Background(), i, files[i]); err != nil {
			return 0, err
		}
	}
	return provenance.Files(files).Digest()
}

// plane is the file of a plane, with its bytes.
func (s *oneOf) plane(ctx context.Context, name string) (data.File, error) {
	for i, f := range s.files {
		if f.Channel == name {
			return s.get(ctx, i, f)
		}
	}
	return data.File{}, fmt.Errorf("%s has no plane %s", s.key, name)
}

// get reads the chunks of a plane's channel.
func (s *oneOf) get(ctx context.Context, plane int, f data.File) (data.File, error) {
	lo, hi := s.Piece(s.channels[plane], s.t, s.zFrom, s.zTo)
	e, err := s.root.fetcher.Fetch(ctx, s.Array, s.Path, lo, hi)
	if err != nil {
		return f, err
	}
	if absent, all := e.Absent(); absent == all {
		s.in.absent(s.key)
	}
	e.View = s.View()
	e.View.Project = s.project
	f.Data, err = e.Bytes()
	return f, err
}

// notes are what a run is told at its end.
type notes struct {
	mu      sync.Mutex
	ordered []string // keys of images whose channels have no names
	multi   []string // of images of several multiscales
	empty   []string // of samples of which a channel has no chunk at all
}

// mostNoted bounds each list.
const mostNoted = 1 << 16

func (n *notes) add(list *[]string, key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(*list) < mostNoted && !slices.Contains((*list)[max(0, len(*list)-8):], key) {
		*list = append(*list, key)
	}
}

func (n *notes) inOrder(key string) { n.add(&n.ordered, key) }
func (n *notes) several(key string) { n.add(&n.multi, key) }
func (n *notes) absent(key string)  { n.add(&n.empty, key) }

// Tell says at the end of a run what was found.
func (n *notes) Tell(note func(string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, of := range []struct {
		keys []string
		text string
	}{
		{n.ordered, "channels have no names, and are taken in their order, in "},
		{n.multi, "of several multiscales the first is read, in "},
		{n.empty, "a channel has no chunk at all, and is of the fill value, in "},
	} {
		if of.keys != nil {
			slices.Sort(of.keys)
			note(of.text + data.Enumerate(slices.Compact(of.keys)))
		}
	}
}
