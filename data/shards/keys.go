package shards

import (
	"hash/maphash"
	"math/bits"
)

// keys finds entries by their keys: a table of places in the list of entries, by a
// hash of the key, each plus one. Of very many samples it takes a tenth of what a
// map of their keys does.
type keys struct {
	seed  maphash.Seed
	table []uint32
}

// newKeys gives the table of some entries, or a key that comes twice.
func newKeys(entries []Entry) (k keys, twice string) {
	k = keys{maphash.MakeSeed(), make([]uint32, 1<<bits.Len(uint(len(entries)*4/3)))}
	for i := range entries {
		key := entries[i].Key
		at, found := k.find(entries, key)
		if found {
			return k, key
		}
		k.table[at] = uint32(i) + 1
	}
	return k, ""
}

// find gives the key's place in the table, or the one that it would have.
func (k keys) find(entries []Entry, key string) (at int, found bool) {
	mask := uint64(len(k.table) - 1)
	for h := maphash.String(k.seed, key) & mask; ; h = (h + 1) & mask {
		switch i := k.table[h]; {
		case i == 0:
			return int(h), false
		case entries[i-1].Key == key:
			return int(h), true
		}
	}
}

// Entry is what the index says of a sample.
func (r *Reader) Entry(key string) (Entry, bool) {
	if len(r.entries) == 0 {
		return Entry{}, false
	}
	at, found := r.byKey.find(r.entries, key)
	if !found {
		return Entry{}, false
	}
	return r.entries[r.byKey.table[at]-1], true
}
