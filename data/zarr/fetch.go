package zarr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"

	"hpaflow/data/store"
)

// Fetcher gets chunks of arrays from a store, several at a time.
type Fetcher struct {
	Store store.Store
	Most  int64         // bytes of a file of chunks, and of all that is got of one extract
	Slots chan struct{} // its capacity bounds how many files are read at once
}

// wait takes a slot until done is called.
func (f *Fetcher) wait(ctx context.Context) (done func(), err error) {
	select {
	case f.Slots <- struct{}{}:
		return func() { <-f.Slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Keys are the names of the files that a piece of an array lies in, below the array.
func (a *Array) Keys(lo, hi []int) ([]string, error) {
	first, end, err := a.units(lo, hi)
	if err != nil {
		return nil, err
	}
	if a.sharded() {
		grid := a.codecs.sharding.grid(a.chunk)
		for i := range first {
			first[i], end[i] = first[i]/grid[i], (end[i]-1)/grid[i]+1
		}
	}
	var list []string
	for _, at := range indices(first, end) {
		list = append(list, a.key(at))
	}
	return list, nil
}

// Fetch gets a piece of the array that is at a path. Chunks that are not there are none
// of the extract.
func (f *Fetcher) Fetch(ctx context.Context, a *Array, at string, lo, hi []int) (*Extract, error) {
	first, end, err := a.units(lo, hi)
	if err != nil {
		return nil, err
	}
	e := &Extract{Array: a, Lo: lo, Hi: hi}
	wanted := map[string][]int{} // by the name of a file, units of the extract
	var files []string
	units := [][]int{}
	for i, unit := range indices(first, end) {
		key := ""
		if a.sharded() {
			shard, _ := a.split(unit)
			key = a.key(shard)
		} else {
			key = a.key(unit)
		}
		if wanted[key] == nil {
			files = append(files, key)
		}
		wanted[key] = append(wanted[key], i)
		units = append(units, slices.Clone(unit))
	}
	e.chunks = make([][]byte, len(units))
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(max(1, cap(f.Slots)))
	for _, key := range files {
		group.Go(func() (err error) {
			defer func() { // nobody else could recover it here
				if v := recover(); v != nil {
					err = fmt.Errorf("panic: %v", v)
				}
			}()
			done, err := f.wait(all)
			if err != nil {
				return err
			}
			defer done()
			if a.sharded() {
				err = f.shard(all, a, path.Join(at, key), wanted[key], units, e.chunks)
			} else {
				e.chunks[wanted[key][0]], err = f.whole(all, a, path.Join(at, key))
			}
			if err != nil {
				return fmt.Errorf("chunk %s: %w", key, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	total := int64(0)
	for _, c := range e.chunks {
		if total += int64(len(c)); total > f.Most {
			return nil, &TooLarge{Bytes: total, Most: f.Most}
		}
	}
	return e, nil
}

// TooLarge says that what is to be read is more than a limit allows.
type TooLarge struct{ Bytes, Most int64 }

func (e *TooLarge) Error() string {
	return fmt.Sprintf("has at least %d bytes; at most %d are read", e.Bytes, e.Most)
}

// encoded is how many bytes a chunk may have: no packing makes more than twice as many of
// it, and a little. So memory is bounded by what an array says of itself.
func (f *Fetcher) encoded(a *Array, size int64) error {
	if most := 2*a.ChunkBytes() + 1<<16; size > most {
		return fmt.Errorf("has %d bytes, and holds no more than %d of numbers", size, a.ChunkBytes())
	}
	if size > f.Most {
		return &TooLarge{size, f.Most}
	}
	return nil
}

// whole reads a file; nil: there is none.
func (f *Fetcher) whole(ctx context.Context, a *Array, key string) ([]byte, error) {
	r, o, err := f.Store.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close() // opened for reading: nothing can be lost
	if err := f.encoded(a, o.Size); err != nil {
		return nil, err
	}
	b := make([]byte, 0, max(o.Size, 0)+512)
	for n := 0; err == nil; b = b[:len(b)+n] {
		if len(b) == cap(b) {
			b = slices.Grow(b, len(b))
		}
		n, err = r.Read(b[len(b):cap(b)])
		if large := f.encoded(a, int64(len(b)+n)); large != nil {
			return nil, large
		}
	}
	if err == io.EOF {
		err = nil
	}
	return b, err
}

// Chunks of a shard that lie near one another are read as one.
const (
	mostGap     = 32 << 10 // bytes between them
	mostStretch = 16 << 20 // bytes of what is read at once
)

// shard reads some chunks of a shard.
func (f *Fetcher) shard(ctx context.Context, a *Array, key string, which []int, units [][]int, chunks [][]byte) error {
	o, err := f.Store.Stat(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s := a.codecs.sharding
	grid := s.grid(a.chunk)
	count := product(grid)
	at, err := s.indexAt(count, o.Size)
	if err != nil {
		return err
	}
	index := make([]byte, s.indexBytes(count))
	if err := f.read(ctx, o, key, index, at); err != nil {
		return err
	}
	spans, err := s.spans(index, count, o.Size)
	if err != nil {
		return err
	}
	steps := stepsOf(grid, 1)
	type part struct {
		span
		unit int
	}
	var parts []part
	total := uint64(0)
	for _, i := range which {
		_, within := a.split(units[i])
		n := 0
		for axis, k := range within {
			n += k * steps[axis]
		}
		if spans[n] == none {
			continue
		}
		if err := f.encoded(a, int64(min(spans[n].length, 1<<62))); err != nil {
			return err
		}
		parts = append(parts, part{spans[n], i})
		if total += spans[n].length; total > uint64(f.Most) {
			return &TooLarge{int64(min(total, 1<<62)), f.Most}
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return int(int64(a.offset) - int64(b.offset)) })
	for len(parts) > 0 {
		n, from, to := 1, parts[0].offset, parts[0].offset+parts[0].length
		for n < len(parts) && parts[n].offset >= to && parts[n].offset-to <= mostGap && parts[n].offset+parts[n].length-from <= mostStretch {
			to = parts[n].offset + parts[n].length
			n++
		}
		b := make([]byte, to-from)
		if err := f.read(ctx, o, key, b, int64(from)); err != nil {
			return err
		}
		for _, p := range parts[:n] {
			chunks[p.unit] = b[p.offset-from : p.offset-from+p.length : p.offset-from+p.length]
		}
		parts = parts[n:]
	}
	return nil
}

// read fills b from an object as it was looked at.
func (f *Fetcher) read(ctx context.Context, o store.Object, key string, b []byte, at int64) error {
	n, err := f.Store.ReadAt(ctx, key, o.Version, b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
