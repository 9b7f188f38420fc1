package images

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/names"
	"hpaflow/data/store"
	"hpaflow/flow/component"
	"hpaflow/sources/remote"
)

// grouping puts the files of a sample together, in whatever order they come.
//
// The files of a sample stand in one folder, unless the pattern of their names tells
// of folders: those of two folders are never mixed, though they have one Id.
type grouping struct {
	names  *names.Matcher
	before string // of every name: the folder that the names are below
	limits component.Limits
	each   each           // of several slices or times in a file
	picks  picks          // of those that names tell of
	store  *remote.Folder // that has the files; nil: they are on this machine, or come in a stream

	pending map[string]*group // by place
	begun   int32             // samples seen so far
	bytes   int64             // of the file contents that are held
	tally   tally
}

// group is a sample that is not yielded yet. A folder may have millions, so it
// holds no more than it must: the names of its files are mostly that of the first,
// with another channel.
type group struct {
	place    string                // as names.Match has it
	first    string                // the name of the first file
	from, to uint32                // where in it the channel's value is
	number   int32                 // in the order that first files came
	called   [data.MaxPlanes]uint8 // how the file of each channel is called
	hasZ     bool                  // the names of its files tell of slices
	hasT     bool                  // and of times
	more     *more                 // nil: nothing
	size     int64                 // of all its objects in a store
	mark     uint64                // differs where one of them does
}

// How a file is called.
const (
	missing   = iota // there is none
	asFirst          // as the first is, but for the channel
	otherwise        // as more.names says
)

// more is what a sample has that is not just names of files.
type more struct {
	names    []string // by channel, of those that are called otherwise
	contents [][]byte // by channel
	fault    error    // why it can be no sample
	slices   []slice  // its files, where they are put together
	others   span     // the slices or times that it has and that are not asked for
}

// fault is why it can be no sample.
func (s *group) fault() error {
	if s.more == nil {
		return nil
	}
	return s.more.fault
}

// its gives what the sample has more, to be added to.
func (s *group) its() *more {
	if s.more == nil {
		s.more = &more{}
	}
	return s.more
}

// newGrouping is for names below a folder; of no root, they are whole.
func newGrouping(m *names.Matcher, root string, limits component.Limits) *grouping {
	g := &grouping{names: m, limits: limits, pending: map[string]*group{}, tally: tally{names: m}}
	if root != "" {
		g.before = strings.TrimSuffix(filepath.Join(root, "x"), "x")
	}
	return g
}

// planes are the channels of a sample, in plane order.
func (g *grouping) planes() []names.Plane { return g.names.Planes }

// addObject is add for one that a store has.
func (g *grouping) addObject(o store.Object) {
	g.add(o.Key, nil, nil)
	if m, ok := g.match(o.Key); ok {
		if s := g.pending[m.Place]; s != nil && g.picks.takes(m) {
			s.size += o.Size
			s.mark += mixed(remote.Mark(o), m.Plane) // in whatever order they come
		}
	}
}

// mixed is another number for each channel.
func mixed(mark uint64, channel int) uint64 {
	return max(1, xxhash.Sum64(binary.LittleEndian.AppendUint64([]byte{byte(channel)}, mark)))
}

// match takes a name apart. Where each slice or time that names tell of is a sample,
// its number is part of the place.
func (g *grouping) match(name string) (names.Match, bool) {
	m, ok := g.names.Match(name)
	if ok {
		m.Place += g.picks.suffix(m)
	}
	return m, ok
}

// add puts a file where its name says it belongs, or the fault of one that
// cannot be read. It gives the sample once all of its files are there, and nil
// before. Other files are passed over.
func (g *grouping) add(name string, content []byte, fault error) *group {
	m, ok := g.match(name)
	if ok && !g.picks.takes(m) {
		g.tally.refused.saw(g.picks.refused(m))
	}
	g.tally.saw(name, ok && g.picks.takes(m))
	if !ok {
		return nil
	}
	s := g.pending[m.Place]
	if s == nil {
		name = strings.Clone(name)
		s = &group{place: m.Place, first: name, from: uint32(m.From), to: uint32(m.To), number: g.begun, hasZ: m.Z >= 0, hasT: m.T >= 0}
		if strings.HasPrefix(name, m.Place) {
			s.place = name[:len(m.Place)] // in the memory of the name
		}
		g.pending[s.place] = s
		g.begun++
	}
	if fault != nil && s.fault() == nil {
		s.its().fault = fmt.Errorf("%s channel: %s: %w", g.planes()[m.Plane].Name, printable(g.before+name), fault)
	}
	switch {
	case !g.picks.takes(m):
		s.its().others.saw(g.picks.refused(m))
		return nil
	case g.picks.gathers():
		return g.addSlice(s, m, name, content)
	case s.called[m.Plane] != missing:
		g.addTwice(s, m.Plane, name, content)
		return nil
	}
	if s.called[m.Plane] = asFirst; g.likeFirst(s, m.Plane) != name {
		s.called[m.Plane] = otherwise
		its := s.its()
		if its.names == nil {
			its.names = make([]string, len(g.planes()))
		}
		its.names[m.Plane] = strings.Clone(name)
	}
	if content != nil {
		its := s.its()
		if its.contents == nil {
			its.contents = make([][]byte, len(g.planes()))
		}
		its.contents[m.Plane] = content
		g.bytes += int64(len(content))
	}
	if slices.Contains(s.called[:len(g.planes())], missing) {
		return nil
	}
	return s
}

// likeFirst is the name of a sample's first file with another channel.
func (g *grouping) likeFirst(s *group, plane int) string {
	return s.first[:s.from] + g.planes()[plane].Value + s.first[s.to:]
}

// addTwice deals with a second file of one channel of a sample: the same
// picture once more changes nothing, another one leaves the sample undecided.
func (g *grouping) addTwice(s *group, plane int, name string, content []byte) {
	first := g.file(s, plane)
	g.compare(s, first, data.File{Name: g.before + name, Channel: first.Channel, Data: content})
}

func (g *grouping) compare(s *group, first, second data.File) {
	if s.fault() == nil && !g.samePicture(first, second) {
		s.its().fault = fmt.Errorf("%s channel: both %s and %s", first.Channel, printable(first.Name), printable(second.Name))
	}
}

func (g *grouping) samePicture(a, b data.File) bool {
	if g.store == nil {
		return samePicture(a, b, g.limits.MaxMember)
	}
	a.Size, b.Size = 0, 0 // those of the others are in it
	var faults [2]error
	a.Data, faults[0] = g.store.Get(context.Background(), a, g.limits)
	b.Data, faults[1] = g.store.Get(context.Background(), b, g.limits)
	return errors.Join(faults[:]...) == nil && bytes.Equal(a.Data, b.Data)
}

// wants says whether a file of this name belongs to a sample.
func (g *grouping) wants(name string) bool {
	_, ok := g.names.Match(name)
	return ok
}

// key is that of a sample at a place.
func (g *grouping) key(place string) string {
	return g.names.Key(place, g.limits.Keys == component.KeysPath)
}

// take removes a sample.
func (g *grouping) take(s *group) {
	delete(g.pending, s.place)
	if s.more == nil {
		return
	}
	for _, b := range s.more.contents {
		g.bytes -= int64(len(b))
	}
	for _, one := range s.more.slices {
		g.bytes -= int64(len(one.content))
	}
}

// rest gives the samples that are still there, as their first files came, and
// removes them.
func (g *grouping) rest() []*group {
	list := slices.SortedFunc(maps.Values(g.pending), func(a, b *group) int { return cmp.Compare(a.number, b.number) })
	g.pending, g.bytes = map[string]*group{}, 0
	return list
}

// file is that of a channel; one that is missing has no name.
func (g *grouping) file(s *group, plane int) data.File {
	f := data.File{Channel: g.planes()[plane].Name}
	switch s.called[plane] {
	case asFirst:
		f.Name = g.before + g.likeFirst(s, plane)
	case otherwise:
		f.Name = g.before + s.more.names[plane]
	}
	if s.more != nil && s.more.contents != nil {
		f.Data = s.more.contents[plane]
	}
	if g.store != nil {
		f.Size, f.Mark = s.size/int64(len(g.planes())), mixed(s.mark, plane)
	}
	return s.chosen(f)
}

// files are a complete sample's, by channel, and of a channel by slice.
func (g *grouping) files(s *group) []data.File {
	if g.picks.gathers() {
		files, _ := g.stack(s)
		return files
	}
	list := make([]data.File, len(g.planes()))
	for i := range list {
		list[i] = g.file(s, i)
	}
	return list
}

// there are the files that there are of a sample.
func (g *grouping) there(s *group) []data.File {
	return slices.DeleteFunc(g.files(s), func(file data.File) bool { return file.Name == "" })
}

// gone is the error of a sample that lacks channels and whose files were named
// in a list, if one of those is not there either: nobody has looked yet.
func (g *grouping) gone(s *group) error {
	if g.before != "" || s.more != nil && (s.more.contents != nil || s.more.fault != nil || slices.ContainsFunc(s.more.slices, slice.inStream)) {
		return nil
	}
	for _, f := range g.there(s) {
		if _, err := os.Stat(f.Name); err != nil {
			return fmt.Errorf("%s channel: %w", f.Channel, err)
		}
	}
	return nil
}

// missing are the channels of which a sample has no file.
func (g *grouping) missing(s *group) []string {
	var list []string
	for i, plane := range g.planes() {
		if s.called[i] == missing {
			list = append(list, plane.String())
		}
	}
	return list
}
