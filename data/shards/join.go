package shards

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// ShardName is the name of the shard of a number.
func ShardName(number int) string { return nameOf(number) }

// One are the limits of a shard that holds all there is.
var One = Limits{Samples: math.MaxInt, Bytes: math.MaxInt64}

// Raw is what the samples of a folder come to before compression.
func Raw(dir string) (int64, error) {
	x, err := readIndex(dir)
	if err != nil {
		return 0, err
	}
	raw := int64(0)
	for _, e := range x.entries {
		raw += e.Raw
	}
	return raw, nil
}

// Joiner makes one index of those of folders of one shard each, which are
// numbered anew.
type Joiner struct {
	index *index
	kind  Kind
	keys  map[string]string // shards by key
}

// NewJoiner begins an index of shards of a kind.
func NewJoiner(kind Kind) *Joiner {
	return &Joiner{index: &index{kind: kind, shards: map[string]summary{}}, kind: kind, keys: map[string]string{}}
}

// Add takes in the index of a folder, whose one shard, if it has any, is of this
// number from now on.
func (j *Joiner) Add(dir string, number int) error {
	x, err := readIndex(dir)
	if err != nil {
		return err
	}
	name := nameOf(number)
	switch {
	case len(x.shards) == 0:
		return nil
	case len(x.shards) > 1:
		return fmt.Errorf("%s: names %d shards, and a unit is one", filepath.Join(dir, IndexName), len(x.shards))
	case x.kind != j.kind:
		return fmt.Errorf("%s: shards of %s among those of %s", filepath.Join(dir, IndexName), x.kind, j.kind)
	}
	for _, s := range x.shards {
		j.index.shards[name] = s
	}
	for _, e := range x.entries {
		if other := j.keys[e.Key]; other != "" {
			return fmt.Errorf("%s is both in %s and in %s", e.Key, other, name)
		}
		j.keys[e.Key] = name
		e.Shard = name
		j.index.entries = append(j.index.entries, e)
	}
	return nil
}

// Save writes the index of a folder that has all the shards, each as long as it
// is to be.
func (j *Joiner) Save(dir string) error {
	for name, s := range j.index.shards {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if info.Size() != s.Bytes {
			return fmt.Errorf("%s has %d bytes, and had %d when it was made", filepath.Join(dir, name), info.Size(), s.Bytes)
		}
	}
	j.index.sort()
	return j.index.save(dir)
}
