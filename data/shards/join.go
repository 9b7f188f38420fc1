package shards

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
)

// ShardName is the name of the shard of a number.
func ShardName(number int) string { return nameOf(number) }

// One are the limits of a shard that holds all there is.
var One = Limits{Samples: math.MaxInt, Bytes: math.MaxInt64}

// Single is what the samples of a folder of one shard come to before compression,
// and the SHA-256 of the shard. Of an empty folder there is nothing.
func Single(dir string) (raw int64, sum string, err error) {
	x, err := readIndex(dir)
	if err != nil {
		return 0, "", err
	}
	for _, e := range x.entries {
		raw += e.Raw
	}
	return raw, x.shards[nameOf(0)].SHA256, nil
}

// Joiner makes one index of those of folders of one shard each, which are
// numbered anew. It holds little of each, so that there may be very many: it reads
// them twice.
type Joiner struct {
	kind   Kind
	parts  []part
	shards map[string]summary
	keys   map[uint64]int32 // places in parts, by a digest of a key
}

// part is a folder of one shard.
type part struct {
	dir    string
	number int
}

// NewJoiner begins an index of shards of a kind.
func NewJoiner(kind Kind) *Joiner {
	return &Joiner{kind: kind, shards: map[string]summary{}, keys: map[uint64]int32{}}
}

// Add takes in the index of a folder, whose one shard, if it has any, is of this
// number from now on, a higher one than those before.
func (j *Joiner) Add(dir string, number int) error {
	x, err := readIndex(dir)
	if err != nil {
		return err
	}
	switch {
	case len(x.shards) == 0:
		return nil
	case len(x.shards) > 1:
		return fmt.Errorf("%s names %d shards, and a unit is one", filepath.Join(dir, IndexName), len(x.shards))
	case x.kind != j.kind:
		return fmt.Errorf("%s: shards of %s among those of %s", filepath.Join(dir, IndexName), x.kind, j.kind)
	case len(j.parts) > 0 && j.parts[len(j.parts)-1].number >= number:
		return fmt.Errorf("%s is not behind shard %d", dir, j.parts[len(j.parts)-1].number)
	}
	for _, s := range x.shards {
		j.shards[nameOf(number)] = s
	}
	for _, e := range x.entries {
		digest := xxhash.Sum64String(e.Key)
		if at, seen := j.keys[digest]; seen {
			if err := j.twice(e.Key, j.parts[at], number); err != nil {
				return err
			}
		}
		j.keys[digest] = int32(len(j.parts))
	}
	j.parts = append(j.parts, part{dir, number})
	return nil
}

// twice is the error of a key that is in two shards, if it is.
func (j *Joiner) twice(key string, in part, number int) error {
	x, err := readIndex(in.dir)
	if err != nil {
		return err
	}
	for _, e := range x.entries {
		if e.Key == key {
			return fmt.Errorf("%s is both in %s and in %s", key, nameOf(in.number), nameOf(number))
		}
	}
	return nil // another key has its digest
}

// looksAtOnce is how many shards are asked for their size at the same time.
const looksAtOnce = 16

// Save writes the index of a folder that has all the shards, each as long as it
// is to be, and no others. It gives those that an index which was there did not
// name. Of shards that are elsewhere, in a store, sizeOf tells the sizes; it is nil
// where they are in the folder.
func (j *Joiner) Save(dir string, sizeOf func(name string) (int64, error)) (takenIn []string, err error) {
	if err := atomicfile.SweepFile(atomicfile.OS, filepath.Join(dir, IndexName)); err != nil { // of a joiner that was killed
		return nil, err
	}
	was, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	names, err := files(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, ours := j.shards[name]; !ours {
			return nil, fmt.Errorf("%s: it is not in the index, and cannot be taken into it: no unit has made it; move it away", filepath.Join(dir, name))
		}
	}
	if sizeOf == nil {
		sizeOf = func(name string) (int64, error) { return place.Size(context.Background(), filepath.Join(dir, name)) }
	}
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	for name, s := range j.shards {
		group.Go(func() error {
			size, err := sizeOf(name)
			if err == nil && size != s.Bytes {
				err = fmt.Errorf("%s has %d bytes, and had %d when it was made", name, size, s.Bytes)
			}
			return err
		})
		if _, known := was.shards[name]; !known {
			takenIn = append(takenIn, name)
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.Sort(takenIn)
	was = nil // it may be large
	return takenIn, atomicfile.Write(filepath.Join(dir, IndexName), j.write)
}

// write reads the parts again, and writes the index of all.
func (j *Joiner) write(out io.Writer) error {
	w, err := newIndexWriter(out, j.kind, j.shards)
	if err != nil {
		return err
	}
	for _, p := range j.parts {
		x, err := readIndex(p.dir)
		if err != nil {
			return err
		}
		name := nameOf(p.number)
		for i := range x.entries {
			x.entries[i].Shard = name
		}
		if err := w.add(x.entries); err != nil {
			return err
		}
	}
	return w.end()
}
