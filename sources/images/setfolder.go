package images

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data/names"
	"hpaflow/data/place"
	"hpaflow/data/store"
	"hpaflow/flow/component"
	"hpaflow/sources/remote"
)

// setFolder is what a set's folder holds.
type setFolder struct {
	*grouping
	samples map[string]*group // by Id
}

// setMatcher is how the files of sets are called.
func setMatcher(a component.Args) (*names.Matcher, error) {
	planes, err := names.Planes([]string{a.String("channel")})
	if err != nil {
		return nil, err
	}
	p, err := names.Parse(a.String("pattern"))
	if err != nil {
		return nil, err
	}
	return p.For(planes)
}

// checkSetNames looks for faults of the pattern and the channel.
func checkSetNames(a component.Args) []component.FieldFault {
	planes, err := names.Planes([]string{a.String("channel")})
	if err != nil {
		return nil // which its own check has told
	}
	return patternFaults(a.String("pattern"), "channel", planes)
}

// oneOf checks a number of a slice or time.
func oneOf(v any) error {
	if text := v.(string); text != "" {
		if n, err := strconv.Atoi(text); err != nil || n < 0 || strconv.Itoa(n) != text {
			return fmt.Errorf("%q is no number from 0: one image of each sample is taken", text)
		}
	}
	return nil
}

// list notes which file of a folder holds the channel of which sample.
func (s *imageSets) list(folder, set string, limits component.Limits) error {
	if is, err := s.listZarr(folder, set, limits); is || err != nil {
		return err
	}
	g := &setFolder{grouping: newGrouping(s.names, folder, limits)}
	g.picks = s.picks
	if err := g.list(folder); err != nil {
		return err
	}
	g.samples = g.pending
	if !s.names.Simple() { // whose place is its Id
		g.samples = make(map[string]*group, len(g.pending))
		for _, one := range slices.SortedFunc(maps.Values(g.pending), func(a, b *group) int { return strings.Compare(a.place, b.place) }) {
			g.put(one)
		}
	}
	if s.folders == nil {
		s.folders = map[string]*setFolder{}
	}
	s.folders[set] = g
	return nil
}

// put notes a sample under its Id. Of another picture with that Id nobody can tell
// which is meant.
func (g *setFolder) put(s *group) {
	id := g.names.Key(s.place, false)
	before := g.samples[id]
	if before == nil {
		g.samples[id] = s
		return
	}
	if a, b := g.there(before), g.there(s); len(a) > 0 && len(b) > 0 {
		g.compare(before, a[0], b[0])
	}
}

// list adds the files of a folder, which are as deep as their names tell of.
func (g *setFolder) list(folder string) error {
	ctx := context.Background()
	flat := g.limits
	flat.Keys = component.KeysName
	l := listing{root: folder, limits: flat, tally: &g.tally, wanted: g.wants, depth: g.names.Folders()}
	if !place.Remote(folder) {
		var all []string
		if err := l.walk(ctx, func(name string) { all = append(all, name) }); err != nil {
			return err
		}
		slices.Sort(all) // so that of two files of one picture always the same is taken
		for _, name := range all {
			g.add(name, nil, nil)
		}
		return nil
	}
	var err error
	if g.store, err = remote.Open(ctx, folder); err != nil {
		return err
	}
	l.store, g.before = g.store, g.store.Prefix()
	var all []store.Object
	if err := l.objects(ctx, func(o store.Object) { all = append(all, o) }); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b store.Object) int { return strings.Compare(a.Key, b.Key) })
	for _, o := range all {
		g.addObject(o)
	}
	return nil
}
