package stack

import (
	"cmp"
	"slices"
	"strings"

	"hpaflow/data/codec/tiff"
)

// block is planes that follow one another, in directories that do.
type block struct {
	from, to int    // by their places in the order
	index    int    // of the first's directory
	file     string // another that has them; empty: it is this one
}

// mostMissing is how many planes a file may be short of, whatever the pages it has: a
// recording that was stopped claims what it was to have.
const mostMissing = 1 << 16

// blocks reads which planes are where. Those that cannot all be missing are refused.
func (s *Stack) blocks(own string, list []tiffData, o order) ([]block, error) {
	if len(list) == 0 {
		list = []tiffData{{}}
	}
	blocks := make([]block, len(list))
	planes, others := o.planes(), 0
	for i, d := range list {
		ifd, n := 0, 1
		if d.IFD != nil {
			ifd = *d.IFD
		}
		switch {
		case d.PlaneCount != nil:
			n = *d.PlaneCount
		case d.IFD == nil:
			n = planes
		}
		if d.C < 0 || d.Z < 0 || d.T < 0 || d.C >= o.c || d.Z >= o.z || d.T >= o.t || ifd < 0 || ifd > most || n < 0 {
			return nil, s.first.Errorf(tiff.ImageDescription, "OME-XML: TiffData of channel %d, slice %d, time %d, directory %d is outside of what there is", d.C, d.Z, d.T, ifd)
		}
		at := o.place(d.C, d.Z, d.T)
		b := block{from: at, to: at + min(n, planes-at), index: ifd}
		if d.UUID != nil && strings.TrimSpace(d.UUID.ID) != own {
			others += b.to - b.from
			if own != "" {
				b.file = cmp.Or(d.UUID.File, strings.TrimSpace(d.UUID.ID), "of no name")
			}
		}
		blocks[i] = b
	}
	if there := s.file.Len() + others; planes-there > max(there, mostMissing) {
		return nil, s.first.Errorf(tiff.ImageDescription, "OME-XML: it has %s: %d planes, where the file has %s and %d are said to be in others",
			s, planes, count(s.file.Len(), "page"), others)
	}
	return blocks, nil
}

// runs are places cut where blocks begin and end, so that each run is of one block.
type runs struct {
	starts []int    // ascending
	blocks []*block // nil: the planes are nowhere
}

// newRuns gives each place to the last of the blocks that have it. It takes memory by
// how many blocks there are, not by how many planes.
func newRuns(blocks []block) runs {
	var r runs
	for _, b := range blocks {
		r.starts = append(r.starts, b.from, b.to)
	}
	slices.Sort(r.starts)
	r.starts = slices.Compact(r.starts)
	r.blocks = make([]*block, len(r.starts))
	next := make([]int, len(r.starts)+1) // from each run on, towards the first that no block has yet
	for i := range next {
		next[i] = i
	}
	free := func(i int) int {
		for next[i] != i {
			next[i] = next[next[i]]
			i = next[i]
		}
		return i
	}
	for k := len(blocks) - 1; k >= 0; k-- {
		from, _ := slices.BinarySearch(r.starts, blocks[k].from)
		to, _ := slices.BinarySearch(r.starts, blocks[k].to)
		for i := free(from); i < to; i = free(i + 1) {
			r.blocks[i], next[i] = &blocks[k], i+1
		}
	}
	return r
}

// of gives the block that has a place, or nil.
func (r runs) of(place int) *block {
	i, starts := slices.BinarySearch(r.starts, place)
	if !starts {
		i--
	}
	if i < 0 {
		return nil
	}
	return r.blocks[i]
}
