package window

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Place is where a record is.
type Place struct {
	File   string // which no two files share
	Offset int64
	Length int64
}

// An extent is as long as pays: at 20 ms a request and 100 MB/s, a longer one
// would be read at no more than twice the speed. What stands between two records,
// and is no record of the epoch, is read over where that takes no longer than a
// request of its own.
const (
	ExtentBytes = 8 << 20
	gapBytes    = 1 << 20
)

// Layout is how records stand in files, in extents.
type Layout struct {
	files   [][]int32 // the extents of each
	extents [][]int32 // the records of each, in the file's order
	digest  [sha256.Size]byte
}

// Cut gathers records, which are numbered as their places are, in extents.
func Cut(places []Place) *Layout {
	order := make([]int32, len(places))
	digest := sha256.New()
	for i, p := range places {
		order[i] = int32(i)
		fmt.Fprintf(digest, "%q %d %d\n", p.File, p.Offset, p.Length)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		p, q := &places[a], &places[b]
		return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Offset, q.Offset))
	})
	l := &Layout{}
	digest.Sum(l.digest[:0])
	var start, end int64
	for at, i := range order {
		p := places[i]
		sameFile := at > 0 && places[order[at-1]].File == p.File
		if !sameFile {
			l.files = append(l.files, nil)
		}
		if !sameFile || p.Offset-end > gapBytes || p.Offset+p.Length-start > ExtentBytes {
			file := &l.files[len(l.files)-1]
			*file = append(*file, int32(len(l.extents)))
			l.extents = append(l.extents, nil)
			start = p.Offset
		}
		end = p.Offset + p.Length
		last := &l.extents[len(l.extents)-1]
		*last = append(*last, i)
	}
	return l
}

// Extents is how many there are: as many reads as an epoch takes.
func (l *Layout) Extents() int { return len(l.extents) }

// Records are those of an extent, in the order they stand in. The caller must not
// change the list.
func (l *Layout) Records(extent int) []int32 { return l.extents[extent] }

// String tells the layout from any other.
func (l *Layout) String() string {
	return fmt.Sprintf("%d extents in %d shards, of digest %.8x", len(l.extents), len(l.files), l.digest)
}
