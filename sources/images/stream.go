package images

import (
	"cmp"
	"errors"
	"fmt"
	"path"

	"hpaflow/data"
	"hpaflow/data/archive"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// stream yields samples as soon as their last channel has come, and what is
// left at the end.
type stream struct {
	*grouping
	known *remembered
	out   *flow.Emitter[*data.Sample]
	ended bool // by an error of the emitter's, which is to be returned as it is
}

// name takes the name of a file.
func (s *stream) name(name string) error {
	if place.Remote(name) {
		return fmt.Errorf("%s is a URL, and names in a list are of files on this machine; give the URL of the folder instead", place.Shown(name))
	}
	return s.put(path.Clean(name), nil, nil)
}

// member takes a member of an archive. What is wrong with one is its own fault.
func (s *stream) member(m archive.Member) error {
	name := path.Clean(m.Name)
	if m, ok := s.match(name); !ok || !s.picks.takes(m) {
		s.add(name, nil, nil)
		return nil
	}
	if m.Err != nil {
		return s.put(name, nil, m.Err)
	}
	if m.Size > s.limits.MaxMember {
		return s.put(name, nil, fmt.Errorf("holds %s, more than is read of a file; %s",
			component.FormatSize(m.Size), component.Raise("max_member", quoted(m.Size))))
	}
	if s.bytes+m.Size > s.limits.MaxWaiting {
		hint := component.Raise("max_waiting", quoted(s.bytes+m.Size))
		if s.limits.MemoryBinds {
			hint = fmt.Sprintf("give --memory %dMiB or more", 2*(s.bytes+m.Size)>>20+1)
		}
		return fmt.Errorf("%s of images wait for their other channels at %s; put the files of a sample beside one another, or %s",
			component.FormatSize(s.bytes), printable(name), hint)
	}
	content, err := m.Read()
	if its := (*archive.MemberError)(nil); err != nil && !errors.As(err, &its) {
		return err
	}
	return s.put(name, content, err)
}

// quoted is a size as a .flow file has it.
func quoted(n int64) string { return fmt.Sprintf(`"%dMiB"`, n>>20+1) }

func (s *stream) put(name string, content []byte, fault error) error {
	g := s.add(name, content, fault)
	if len(s.pending) > s.limits.MaxPending {
		return fmt.Errorf("%d samples wait for their other channels at %s; put the files of a sample beside one another, or %s",
			len(s.pending), printable(name), component.Raise("max_pending", 4*s.limits.MaxPending))
	}
	if g == nil {
		return nil
	}
	s.take(g)
	return s.end(s.yieldOnce(g))
}

// yieldOnce yields a complete sample, unless one of its key was there.
func (s *stream) yieldOnce(g *group) error {
	key := s.key(g.place)
	if before, twice := s.known.samples[key]; twice {
		return s.again(key, before, g)
	}
	if g.fault() == nil && data.CheckKey(key) == nil {
		if err := s.known.add(key, s.files(g)); err != nil {
			return s.out.Fail(key, flow.Fatal(err))
		}
	}
	return s.yield(s.look([]*group{g}, false)[0], s.out)
}

// again deals with a sample whose key was there.
func (s *stream) again(key string, before yielded, g *group) error {
	first, second, differ := s.known.rival(before, s.files(g))
	if !differ {
		return nil
	}
	return s.out.Fail(key, s.twoOfKey(second, first))
}

// finish deals with samples that have not got all their channels.
func (s *stream) finish() error {
	rest := s.rest()
	at := map[string]string{} // by key: the place of the first
	for _, g := range rest {
		key := s.key(g.place)
		if at[key] == "" {
			at[key] = g.place
		}
	}
	for _, g := range rest {
		if err := s.leave(g, at); err != nil {
			return err
		}
	}
	return nil
}

// leave deals with one of them, given where others of its key are.
func (s *stream) leave(g *group, at map[string]string) error {
	key := s.key(g.place)
	if before, twice := s.known.samples[key]; twice {
		return s.again(key, before, g)
	}
	if other := at[key]; other != g.place && g.fault() == nil && data.CheckKey(key) == nil {
		if missing := s.missing(g); missing != nil {
			return s.out.Fail(key, cmp.Or(s.gone(g), lacks(missing, fmt.Sprintf(" in %s; files of this Id are in %s too, but those of a sample stand in one folder",
				path.Dir(g.place), path.Dir(other)))))
		}
		return s.yieldOnce(g) // whole, and waited for more
	}
	if s.missing(g) == nil {
		return s.yieldOnce(g) // it waited for more
	}
	return s.yield(s.look([]*group{g}, false)[0], s.out)
}

// end notes that the run is over.
func (s *stream) end(err error) error {
	if err != nil {
		s.ended = true
	}
	return err
}
