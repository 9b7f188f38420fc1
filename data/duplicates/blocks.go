package duplicates

import (
	"cmp"
	"math/bits"
	"slices"
)

// MaxDistance is the largest distance worth asking for: unrelated hashes differ
// in 32 bits on average, and hardly any pair in fewer than 12.
const MaxDistance = 16

// blocks deals the bits of a hash out to distance+1 masks. Two hashes that
// differ in at most distance bits agree wholly under one of them, so that only
// those that agree there are ever compared (multi-index hashing: Norouzi,
// Punjani, Fleet 2012). A BK-tree of 80,000 hashes visits a tenth of its nodes
// for each at a distance of 5, and half of them at 8.
//
// The bits are dealt out in turn: neighbours in a hash depend on each other, and
// blocks of them would be filled unevenly.
func blocks(distance int) []Hash {
	masks := make([]Hash, distance+1)
	for bit := range 64 {
		masks[bit%len(masks)] |= 1 << bit
	}
	return masks
}

// near joins the numbers of hashes that differ in at most distance bits. Hash 0
// is joined to nothing.
func near(hashes []Hash, distance int) Union {
	u := NewUnion(len(hashes))
	if distance == 0 {
		return u // they are distinct
	}
	type entry struct {
		block Hash
		n     int32
	}
	list := make([]entry, 0, len(hashes))
	var clusters []cluster
	for _, mask := range blocks(distance) {
		list = list[:0]
		for n, h := range hashes {
			if h != 0 {
				list = append(list, entry{h & mask, int32(n)})
			}
		}
		slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.block, b.block) })
		for len(list) > 0 {
			run := 1
			for run < len(list) && list[run].block == list[0].block {
				run++
			}
			clusters = clusters[:0]
			for _, e := range list[:run] {
				clusters = joinCluster(u, clusters, hashes, int(e.n), distance)
			}
			list = list[run:]
		}
	}
	return u
}

// cluster is hashes of one block that are joined already.
type cluster struct {
	first int // number of one of them
	rest  []int32
}

// joinCluster joins a hash with the clusters it is near to, and puts it into
// one. A hash is not compared with those it is joined to already, so that a
// crowd of dark images does not cost the square of its size.
func joinCluster(u Union, clusters []cluster, hashes []Hash, n, distance int) []cluster {
	h, root, own := hashes[n], u.Find(n), -1
	for c := range clusters {
		k := &clusters[c]
		if u.Find(k.first) == root {
			own = c
			continue
		}
		hit := bits.OnesCount64(uint64(h^hashes[k.first])) <= distance
		for i := 0; !hit && i < len(k.rest); i++ {
			hit = bits.OnesCount64(uint64(h^hashes[k.rest[i]])) <= distance
		}
		if hit {
			u.Join(n, k.first)
			root, own = u.Find(n), c
		}
	}
	if own < 0 {
		return append(clusters, cluster{first: n})
	}
	clusters[own].rest = append(clusters[own].rest, int32(n))
	return clusters
}

// index answers which of the hashes in it is nearest to another.
type index struct {
	distance int
	masks    []Hash
	buckets  []map[Hash][]int32 // by mask, then by the bits under it
	hashes   []Hash
}

func newIndex(distance int) *index {
	x := &index{distance: distance, masks: blocks(distance)}
	x.buckets = make([]map[Hash][]int32, len(x.masks))
	for i := range x.buckets {
		x.buckets[i] = map[Hash][]int32{}
	}
	return x
}

func (x *index) add(h Hash) {
	n := int32(len(x.hashes))
	x.hashes = append(x.hashes, h)
	for i, mask := range x.masks {
		x.buckets[i][h&mask] = append(x.buckets[i][h&mask], n)
	}
}

// nearest is the hash within the distance that differs least from h; of equals,
// the one added first.
func (x *index) nearest(h Hash) (Hash, bool) {
	best, least := int32(0), x.distance+1
	for i, mask := range x.masks {
		for _, n := range x.buckets[i][h&mask] {
			d := bits.OnesCount64(uint64(h ^ x.hashes[n]))
			if d < least || d == least && n < best {
				best, least = n, d
			}
		}
	}
	if least > x.distance {
		return 0, false
	}
	return x.hashes[best], true
}
