package images

import (
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"hpaflow/data"
	"hpaflow/data/names"
	"hpaflow/flow/component"
)

// remembered is the samples that a stream has yielded, so that a later one of
// the same key is found out. It holds as little as names both in an error and
// compares them.
type remembered struct {
	names   *names.Matcher
	limits  component.Limits
	samples map[string]yielded // by key
}

// yielded is a sample that has gone on.
type yielded struct {
	files string   // see pack
	sums  []uint64 // of contents that came in a stream, which are gone
}

func newRemembered(m *names.Matcher, limits component.Limits) *remembered {
	return &remembered{names: m, limits: limits, samples: map[string]yielded{}}
}

// add notes a sample.
func (r *remembered) add(key string, files []data.File) error {
	if len(r.samples) == r.limits.MaxKeys {
		return fmt.Errorf("%s is sample %d of the stream, and it remembers no more than that to tell two of one key apart; %s",
			key, len(r.samples)+1, component.Raise("max_keys", 4*r.limits.MaxKeys))
	}
	y := yielded{files: r.pack(files)}
	if files[0].Data != nil {
		y.sums = make([]uint64, len(files))
		for i, f := range files {
			y.sums[i] = xxhash.Sum64(f.Data)
		}
	}
	r.samples[key] = y
	return nil
}

// rival compares the files there are of a sample with those of one before it. It
// gives the first that differs, and the one before that it differs from.
func (r *remembered) rival(before yielded, files []data.File) (first, second string, differ bool) {
	names := r.unpack(before.files)
	for i, f := range files {
		same := true
		switch {
		case i >= len(names): // of another slice than any before
			return names[0], f.Name, true
		case f.Name == "":
		case before.sums != nil:
			same = f.Data != nil && xxhash.Sum64(f.Data) == before.sums[i]
		default:
			same = samePicture(data.File{Name: names[i]}, f, r.limits.MaxMember)
		}
		if !same {
			return names[i], f.Name, true
		}
	}
	return "", "", false
}

// pack gives the names of a sample's files as one text: the first, when the
// others are called as it is but for the channel, as they nearly always are.
func (r *remembered) pack(files []data.File) string {
	first := files[0].Name
	for i, name := range r.unpack(first) {
		if len(files) != len(r.names.Planes) || name != files[i].Name {
			list := make([]string, len(files))
			for i, f := range files {
				list[i] = f.Name
			}
			return strings.Join(list, "\x00") + "\x00" // as many as there are
		}
	}
	return first
}

func (r *remembered) unpack(files string) []string {
	if all, many := strings.CutSuffix(files, "\x00"); many {
		return strings.Split(all, "\x00")
	}
	list := make([]string, len(r.names.Planes))
	m, _ := r.names.Match(files)
	for i, plane := range r.names.Planes {
		list[i] = files[:m.From] + plane.Value + files[m.To:]
	}
	return list
}
