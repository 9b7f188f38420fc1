package omezarr

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/data/store"
	"hpaflow/sources/remote"
)

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
