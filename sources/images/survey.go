package images

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/archive"
	"hpaflow/data/names"
	"hpaflow/data/place"
	"hpaflow/data/store"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/remote"
)

// Survey is what a pattern makes of the names of an input. Nothing is read but names.
type Survey struct {
	Input    string   `json:"input"`
	Pattern  string   `json:"pattern"`
	Ready    string   `json:"ready,omitempty"` // the name of a ready pattern
	Proposed bool     `json:"proposed"`        // nobody has given it
	Paths    bool     `json:"paths"`           // files are in folders that the pattern does not tell of: keys are to be paths
	Files    int      `json:"files"`
	Taken    int      `json:"taken"` // of a sample's planes
	Samples  int      `json:"samples"`
	Whole    int      `json:"whole"` // have all planes
	Keys     []string `json:"keys"`  // of the first samples

	Planes []SurveyPlane `json:"planes"`
	Parts  []SurveyPart  `json:"parts"`
	Passed []Passed      `json:"passed"`
}

// SurveyPlane is a plane, and how many have it.
type SurveyPlane struct {
	Name    string   `json:"name"`
	Value   string   `json:"value"`
	Files   int      `json:"files"`
	Missing int      `json:"missing"` // samples without it
	Lack    []string `json:"lack"`    // the first of them
}

// SurveyPart is a part of the pattern, and what it is in names.
type SurveyPart struct {
	Name   string   `json:"name"`
	Values int      `json:"values"`
	First  []string `json:"first"`
	Last   string   `json:"last"`
}

// Passed is files that are passed over.
type Passed struct {
	Why   string   `json:"why"`
	Files int      `json:"files"`
	First []string `json:"first"`
}

// SurveyOptions is what to look at.
type SurveyOptions struct {
	Path     string // a folder, here or in a store; an archive; a list of names; "-"
	Stdin    io.Reader
	Pattern  string   // empty: one is proposed
	Channels []string // nil: those that there are
}

// fewNames is how many examples are shown.
const fewNames = 5

// Look takes the names of an input apart.
func Look(ctx context.Context, o SurveyOptions) (*Survey, error) {
	all, err := namesOf(ctx, o)
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	s := &Survey{Input: place.Shown(o.Path), Files: len(all), Keys: []string{}, Parts: []SurveyPart{}, Passed: []Passed{}}
	p, err := names.Parse(o.Pattern)
	if err == nil {
		err = p.Whole()
	}
	if err != nil {
		return nil, fmt.Errorf("--pattern: %w", err)
	}
	known := o.Channels
	if known == nil {
		known = data.Colours[:]
	}
	if o.Pattern == "" {
		s.Proposed = true
		asked, _ := names.Planes(o.Channels) // whose faults are told below
		if better := names.Propose(all, valuesOf(known)); better != nil && better.Takes(asked) == nil {
			p = better
		}
	}
	if s.Pattern = p.String(); p.Name() != s.Pattern {
		s.Ready = p.Name()
	}
	planes, err := planesThere(p, all, o.Channels)
	if err != nil {
		return nil, err
	}
	m, err := p.For(planes)
	if err != nil {
		return nil, fmt.Errorf("--channels: %w", err)
	}
	s.group(m, all)
	s.tellParts(p, all)
	return s, nil
}

func valuesOf(channels []string) []string {
	planes, err := names.Planes(channels)
	if err != nil {
		return nil // which is told later
	}
	list := make([]string, len(planes))
	for i, plane := range planes {
		list[i] = plane.Value
	}
	return list
}

// planesThere are the planes that are asked for, or all that names have, colours in
// their order.
func planesThere(p *names.Pattern, all, asked []string) ([]names.Plane, error) {
	if asked != nil {
		planes, err := names.Planes(asked)
		if err != nil {
			return nil, fmt.Errorf("--channels: %w", err)
		}
		return planes, nil
	}
	there := p.Channels(all)
	var list []string
	for _, colour := range data.Colours {
		if slices.Contains(there, colour) {
			list = append(list, colour)
		}
	}
	if list == nil {
		list = there[:min(len(there), data.MaxPlanes)]
	}
	if list == nil {
		list = data.Colours[:]
		if p.String() != names.Default {
			return nil, fmt.Errorf("--pattern: no name is called by %s%s", p.Name(), insteadOf(all))
		}
	}
	return names.Planes(list)
}

// insteadOf tells of names that have not the pattern they were to have, and of one that
// fits.
func insteadOf(all []string) string {
	if len(all) == 0 {
		return ": there are none"
	}
	few := make([]string, min(len(all), 3))
	for i := range few {
		few[i] = printable(all[i*len(all)/len(few)])
	}
	text := fmt.Sprintf("; of %d there are %s", len(all), strings.Join(few, ", "))
	if p := names.Propose(all, data.Colours[:]); p != nil {
		text += fmt.Sprintf("; %s fits", p.Name())
	}
	return text
}

// namesOf lists an input.
func namesOf(ctx context.Context, o SurveyOptions) (all []string, err error) {
	limits := (&component.Node{Graph: flow.New(flow.Options{})}).Limits()
	limits.Keys = component.KeysPath
	none := func(string) bool { return false }
	l := listing{root: o.Path, limits: limits, tally: &tally{}, wanted: none}
	take := func(name string) { all = append(all, strings.Clone(name)) }
	if place.Remote(o.Path) {
		file, err := place.Exists(ctx, o.Path)
		if err != nil {
			return nil, err
		}
		if !file {
			if l.store, err = remote.Open(ctx, o.Path); err != nil {
				return nil, err
			}
			err = l.objects(ctx, func(o store.Object) { take(o.Key) })
			return all, err
		}
	} else if info, err := os.Stat(o.Path); err == nil && info.IsDir() {
		err := l.walk(ctx, take)
		return all, err
	} else if err != nil && o.Path != "-" {
		return nil, err
	}
	in := input{path: o.Path, stdin: o.Stdin, limits: limits, note: func(string) {}}
	r, done, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	err = in.read(ctx, namesAlone(take), r, func() func() { return func() {} })
	return all, err
}

// namesAlone are told of, and nothing else of an archive.
type namesAlone func(name string)

func (take namesAlone) name(name string) error {
	take(path.Clean(name))
	return nil
}

func (take namesAlone) member(m archive.Member) error { return take.name(m.Name) }

// group counts samples and their planes.
func (s *Survey) group(m *names.Matcher, all []string) {
	g := newGrouping(m, "", component.Limits{Keys: component.KeysName})
	deeper := 0
	for _, plane := range m.Planes {
		s.Planes = append(s.Planes, SurveyPlane{Name: plane.Name, Value: plane.Value, Lack: []string{}})
	}
	for _, name := range all {
		found, ok := g.match(name)
		if !ok {
			s.pass(m, name)
			continue
		}
		s.Taken++
		if strings.Count(name, "/") > m.Folders() {
			deeper++
		}
		one := g.pending[found.Place]
		if one == nil {
			one = &group{place: found.Place, number: g.begun}
			g.pending[one.place] = one
			g.begun++
		}
		one.called[found.Plane] = asFirst
		s.Planes[found.Plane].Files++
	}
	s.Paths = deeper > 0
	for _, one := range g.rest() {
		whole, key := true, keyShown(m.Key(one.place, s.Paths))
		for i := range s.Planes {
			p := &s.Planes[i]
			if one.called[i] == missing {
				whole = false
				if p.Missing++; len(p.Lack) < fewNames {
					p.Lack = append(p.Lack, key)
				}
			}
		}
		if s.Samples++; whole {
			s.Whole++
		}
		if len(s.Keys) < fewNames {
			s.Keys = append(s.Keys, key)
		}
	}
}

// pass counts a file that is none of a sample, by why.
func (s *Survey) pass(m *names.Matcher, name string) {
	why := "called otherwise"
	switch _, ok := m.Values(name); {
	case ok:
		why = "of other channels"
	case strings.Contains(name, "_thumb"):
		why = "thumbnails"
	case !names.OfImage(name):
		why = "no images by their extension"
	}
	i := slices.IndexFunc(s.Passed, func(p Passed) bool { return p.Why == why })
	if i < 0 {
		i = len(s.Passed)
		s.Passed = append(s.Passed, Passed{Why: why})
	}
	p := &s.Passed[i]
	if p.Files++; len(p.First) < fewNames {
		p.First = append(p.First, printable(name))
	}
}

// tellParts counts what the parts of the pattern are.
func (s *Survey) tellParts(p *names.Pattern, all []string) {
	seen := make([]map[string]bool, len(p.Parts()))
	for i := range seen {
		seen[i] = map[string]bool{}
	}
	for _, name := range all {
		v, ok := p.Values(name)
		for i := range seen {
			if ok && v.Parts[i] != "" {
				seen[i][v.Parts[i]] = true
			}
		}
	}
	for i, part := range p.Parts() {
		if part.Name == names.Any || len(seen[i]) == 0 {
			continue
		}
		list := make([]string, 0, len(seen[i]))
		for value := range seen[i] {
			list = append(list, printable(value))
		}
		slices.Sort(list)
		s.Parts = append(s.Parts, SurveyPart{Name: part.Name, Values: len(list), First: list[:min(len(list), 3)], Last: list[len(list)-1]})
	}
}
