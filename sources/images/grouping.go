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
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/store"
	"hpaflow/flow/component"
	"hpaflow/sources/remote"
)

// extensions are those of files that may hold an image.
var extensions = []string{".png", ".tif", ".tiff", ".jpg", ".jpeg", ".ome.tif", ".ome.tiff", ".tif.gz", ".tiff.gz"}

// extensionOf is a name's extension: of two parts where those are one of images.
func extensionOf(name string) string {
	ext := path.Ext(name)
	if two := path.Ext(strings.TrimSuffix(name, ext)) + ext; len(two) > len(ext) && slices.Contains(extensions, strings.ToLower(two)) {
		return two
	}
	return ext
}

// Stem is the name of a file without its extension, and whether that is one of
// files that may hold an image.
func Stem(base string) (stem string, image bool) {
	ext := extensionOf(base)
	return strings.TrimSuffix(base, ext), !strings.HasPrefix(base, ".") && slices.Contains(extensions, strings.ToLower(ext))
}

// grouping puts the files of a sample together, in whatever order they come.
//
// The files of a sample stand in one folder: those of two folders are never
// mixed, though they have one Id.
type grouping struct {
	channels []string
	before   string // of every name: the folder that the names are below
	limits   component.Limits
	each     each           // of several slices or times
	store    *remote.Folder // that has the files; nil: they are on this machine, or come in a stream

	pending map[string]*group // by folder and Id
	begun   int32             // samples seen so far
	bytes   int64             // of the file contents that are held
	endings []string          // the files' extensions, each as it is written, once
	tally   tally
}

// group is a sample that is not yielded yet. A folder may have millions, so it
// holds no more than it must: the names of its files are PLACE_CHANNEL.EXT.
type group struct {
	place   string                // folder and Id, as the files are called
	number  int32                 // in the order that first files came
	endings [data.MaxPlanes]uint8 // by channel, the number of the file's among the grouping's, from 1; 0: it is missing
	more    *more                 // nil: nothing
	size    int64                 // of all its objects in a store
	mark    uint64                // differs where one of them does
}

// more is what a sample has that is not just names of files.
type more struct {
	contents [data.MaxPlanes][]byte // by channel
	fault    error                  // why it can be no sample
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
func newGrouping(channels []string, root string, limits component.Limits) *grouping {
	g := &grouping{channels: channels, limits: limits, pending: map[string]*group{}, tally: tally{channels: channels}}
	if root != "" {
		g.before = strings.TrimSuffix(filepath.Join(root, "x"), "x")
	}
	return g
}

// addObject is add for one that a store has.
func (g *grouping) addObject(o store.Object) {
	place, channel, ok := g.parse(o.Key)
	g.add(o.Key, nil, nil)
	if s := g.pending[place]; ok && s != nil {
		s.size += o.Size
		s.mark += mixed(remote.Mark(o), channel) // in whatever order they come
	}
}

// mixed is another number for each channel.
func mixed(mark uint64, channel int) uint64 {
	return max(1, xxhash.Sum64(binary.LittleEndian.AppendUint64([]byte{byte(channel)}, mark)))
}

// add puts a file where its name says it belongs, or the fault of one that
// cannot be read. It gives the sample once all of its files are there, and nil
// before. Other files are passed over.
func (g *grouping) add(name string, content []byte, fault error) *group {
	place, channel, ok := g.parse(name)
	g.tally.saw(name, ok)
	if !ok {
		return nil
	}
	s := g.pending[place]
	if s == nil {
		s = &group{place: strings.Clone(place), number: g.begun}
		g.pending[s.place] = s
		g.begun++
	}
	if s.endings[channel] != 0 {
		g.addTwice(s, channel, name, content)
		return nil
	}
	s.endings[channel] = g.ending(extensionOf(name))
	if fault != nil && s.fault() == nil {
		s.its().fault = fmt.Errorf("%s channel: %s: %w", g.channels[channel], printable(g.before+name), fault)
	}
	if content != nil {
		s.its().contents[channel] = content
		g.bytes += int64(len(content))
	}
	if slices.Contains(s.endings[:len(g.channels)], 0) {
		return nil
	}
	return s
}

// ending is the number of an extension. There are few: those known, in any case.
func (g *grouping) ending(ext string) uint8 {
	i := slices.Index(g.endings, ext)
	if i < 0 {
		i = len(g.endings)
		g.endings = append(g.endings, strings.Clone(ext))
	}
	return uint8(i + 1)
}

// addTwice deals with a second file of one channel in one folder: the same
// picture once more changes nothing, another one leaves the sample undecided.
func (g *grouping) addTwice(s *group, channel int, name string, content []byte) {
	first := g.file(s, channel)
	second := data.File{Name: g.before + name, Data: content}
	if s.fault() == nil && !g.samePicture(first, second) {
		s.its().fault = fmt.Errorf("%s channel: both %s and %s", g.channels[channel], printable(first.Name), printable(second.Name))
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

// parse cuts a file's name into folder and Id, and channel.
func (g *grouping) parse(name string) (place string, channel int, ok bool) {
	base := name[strings.LastIndexByte(name, '/')+1:]
	stem, image := Stem(base)
	if !image {
		return "", 0, false
	}
	for i, c := range g.channels {
		if id, ok := strings.CutSuffix(stem, c); ok && len(id) > 1 && id[len(id)-1] == '_' {
			return name[:len(name)-len(base)+len(id)-1], i, true
		}
	}
	return "", 0, false
}

// wants says whether a file of this name belongs to a sample.
func (g *grouping) wants(name string) bool {
	_, _, ok := g.parse(name)
	return ok
}

// take removes a sample.
func (g *grouping) take(s *group) {
	delete(g.pending, s.place)
	if s.more != nil {
		for _, b := range s.more.contents {
			g.bytes -= int64(len(b))
		}
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
func (g *grouping) file(s *group, channel int) data.File {
	f := data.File{Channel: g.channels[channel]}
	if n := s.endings[channel]; n > 0 {
		f.Name = g.before + s.place + "_" + f.Channel + g.endings[n-1]
	}
	if s.more != nil {
		f.Data = s.more.contents[channel]
	}
	if g.store != nil {
		f.Size, f.Mark = s.size/int64(len(g.channels)), mixed(s.mark, channel)
	}
	return f
}

// files are a complete sample's, by channel.
func (g *grouping) files(s *group) []data.File {
	list := make([]data.File, len(g.channels))
	for i := range list {
		list[i] = g.file(s, i)
	}
	return list
}

// gone is the error of a sample that lacks channels and whose files were named
// in a list, if one of those is not there either: nobody has looked yet.
func (g *grouping) gone(s *group) error {
	if g.before != "" || s.more != nil {
		return nil
	}
	for i, c := range g.channels {
		if s.endings[i] == 0 {
			continue
		}
		if _, err := os.Stat(g.file(s, i).Name); err != nil {
			return fmt.Errorf("%s channel: %w", c, err)
		}
	}
	return nil
}

func (g *grouping) missing(s *group) []string {
	var list []string
	for i, c := range g.channels {
		if s.endings[i] == 0 {
			list = append(list, c)
		}
	}
	return list
}
