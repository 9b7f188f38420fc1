package images

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/provenance"
	"hpaflow/flow"
)

// extensions are those of files that may hold an image.
var extensions = []string{".png", ".tif", ".tiff", ".jpg", ".jpeg"}

// grouping puts the files of a sample together, in whatever order they come.
type grouping struct {
	channels []string
	pending  map[string]*group
	begun    int   // samples seen so far
	bytes    int64 // of the file contents that are held
}

// group is a sample that is not yielded yet.
type group struct {
	grouping *grouping
	id       string
	number   int         // in the order that first files came
	files    []data.File // by channel; one without a name is missing
	found    int
	twice    error
}

func newGrouping(channels []string) *grouping {
	return &grouping{channels: channels, pending: map[string]*group{}}
}

// add puts a file where its name says it belongs. It gives the sample once
// all of its files are there, and nil before. Other files are passed over.
func (g *grouping) add(f data.File) *group {
	id, channel, ok := g.parse(f.Name)
	if !ok {
		return nil
	}
	s := g.pending[id]
	if s == nil {
		s = &group{grouping: g, id: id, number: g.begun, files: make([]data.File, len(g.channels))}
		g.pending[id] = s
		g.begun++
	}
	place := &s.files[channel]
	if place.Name != "" {
		s.twice = fmt.Errorf("%s channel: both %s and %s", g.channels[channel], place.Name, f.Name)
		return nil
	}
	f.Channel = g.channels[channel]
	*place = f
	g.bytes += int64(len(f.Data))
	if s.found++; s.found < len(g.channels) {
		return nil
	}
	return s
}

// parse cuts a file's name into Id and channel.
func (g *grouping) parse(path string) (id string, channel int, ok bool) {
	name := filepath.Base(path)
	ext := filepath.Ext(name)
	if strings.HasPrefix(name, ".") || !slices.Contains(extensions, strings.ToLower(ext)) {
		return "", 0, false
	}
	name = strings.TrimSuffix(name, ext)
	for i, c := range g.channels {
		if id, ok := strings.CutSuffix(name, "_"+c); ok && id != "" {
			return id, i, true
		}
	}
	return "", 0, false
}

// take removes a sample.
func (g *grouping) take(s *group) {
	delete(g.pending, s.id)
	for _, f := range s.files {
		g.bytes -= int64(len(f.Data))
	}
}

// rest gives the samples that are still there, as their first files came, and
// removes them.
func (g *grouping) rest() []*group {
	list := slices.SortedFunc(maps.Values(g.pending), func(a, b *group) int { return a.number - b.number })
	g.pending, g.bytes = map[string]*group{}, 0
	return list
}

// yield sends the sample on, or says why not.
func (s *group) yield(out *flow.Emitter[*data.Sample]) error {
	if s.twice != nil {
		return out.Fail(s.id, s.twice)
	}
	missing := s.missing()
	complete, err := s.complete(out, missing != nil)
	if err != nil || complete {
		return err
	}
	if missing != nil {
		what := "channel is"
		if len(missing) > 1 {
			what = "channels are"
		}
		return out.Fail(s.id, flow.Skip(fmt.Sprintf("%s %s missing", strings.Join(missing, ", "), what)))
	}
	return out.Emit(s.id, &data.Sample{ID: s.id, Files: s.files})
}

// complete says whether an earlier run is done with the sample: with one that
// is not whole any more, whatever it was made from.
func (s *group) complete(out *flow.Emitter[*data.Sample], lacking bool) (bool, error) {
	if lacking {
		return out.Complete(s.id), nil
	}
	return out.CompleteFrom(s.id, provenance.Files(s.files))
}

func (s *group) missing() []string {
	var list []string
	for i, f := range s.files {
		if f.Name == "" {
			list = append(list, s.grouping.channels[i])
		}
	}
	return list
}
