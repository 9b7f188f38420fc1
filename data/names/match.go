package names

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Matcher is a pattern with the values that its channel has. It is safe for
// concurrent use.
type Matcher struct {
	*Pattern
	Planes []Plane

	between string     // of {id}BETWEEN{channel}, which need no expression
	simple  bool       // it is that
	strict  expression // with these channels alone
}

// Match is what a file's name says.
type Match struct {
	// Place is the sample's: the folders above those that the pattern tells of, or that
	// it passes over, and the parts of its key, separated by NUL.
	Place string

	Plane    int // the number of its plane
	From, To int // where in the name the channel's value is
	Z, T     int // the numbers of slice and time; -1: the name has none
}

// For makes a matcher for the files of some planes.
func (p *Pattern) For(planes []Plane) (*Matcher, error) {
	m := &Matcher{Pattern: p, Planes: planes}
	if err := errors.Join(p.Whole(), p.Takes(planes)); err != nil {
		return nil, err
	}
	if m.between, m.simple = p.plain(); m.simple {
		return m, nil
	}
	values := make([]string, len(planes))
	for i, plane := range planes {
		values[i] = regexp.QuoteMeta(plane.Value)
	}
	var err error
	m.strict, err = p.compile(strings.Join(values, "|"))
	return m, err
}

// Whole says what a pattern lacks that is to tell samples and their planes apart.
func (p *Pattern) Whole() error {
	if !p.Has(Channel) {
		return fmt.Errorf("%q: has no {channel}, which says which plane a file is", p.text)
	}
	if !slices.ContainsFunc(p.parts, Part.Keyed) {
		return fmt.Errorf("%q: has no {id}, nor another part that tells samples apart", p.text)
	}
	return nil
}

// Takes says which planes' values no name can have by the pattern.
func (p *Pattern) Takes(planes []Plane) error {
	i := slices.IndexFunc(p.parts, func(part Part) bool { return part.Name == Channel })
	if i < 0 || p.parts[i].Expr == "" {
		return nil
	}
	own, err := regexp.Compile(`^(?:` + p.parts[i].Expr + `)$`)
	if err != nil {
		return fmt.Errorf("%q: %w", p.text, err)
	}
	var never []string
	for _, plane := range planes {
		if !own.MatchString(plane.Value) {
			never = append(never, strconv.Quote(plane.Value))
		}
	}
	if never == nil {
		return nil
	}
	return fmt.Errorf("the pattern %s has {channel:%s}, which is never %s; say which value is which plane, as NAME=VALUE",
		p.Name(), p.parts[i].Expr, strings.Join(never, ", "))
}

// plain says whether the pattern is an Id, some text, and the channel.
func (p *Pattern) plain() (between string, ok bool) {
	n := p.nodes
	if len(n) != 3 || p.ext != "" || p.folders > 0 || n[0].part != 1 || n[1].part > 0 || n[1].maybe != nil || n[2].part != 2 {
		return "", false
	}
	id, channel := p.parts[0], p.parts[1]
	return n[1].text, id.Keyed() && id.Expr == "" && channel.Name == Channel && channel.Expr == ""
}

// Match takes a name apart. It says no of files of other planes, and of those that
// are called in another way.
func (m *Matcher) Match(name string) (Match, bool) {
	folder, stem, ext, ok := m.cut(name)
	if !ok {
		return Match{}, false
	}
	if m.simple {
		return m.suffix(name, stem, ext)
	}
	at := m.strict.re.FindStringSubmatchIndex(stem)
	if at == nil {
		return Match{}, false
	}
	found := Match{Z: -1, T: -1}
	key, first := make([]byte, 0, len(folder)+len(stem)), true
	key = append(key, folder...)
	for i, part := range m.parts {
		if part.Name == Any && part.below < m.folders && at[2*m.strict.parts[i]] >= 0 { // files of two folders are of two samples
			key = append(append(key, stem[at[2*m.strict.parts[i]]:at[2*m.strict.parts[i]+1]]...), '/')
		}
	}
	for i, part := range m.parts {
		from, to := at[2*m.strict.parts[i]], at[2*m.strict.parts[i]+1]
		value := ""
		if from >= 0 {
			value = stem[from:to]
		}
		switch {
		case part.Keyed():
			if !first {
				key = append(key, 0)
			}
			key, first = append(key, value...), false
		case part.Name == Channel:
			found.From, found.To = len(folder)+from, len(folder)+to
			if found.Plane = m.number(value); found.Plane < 0 { // it stands in what may be missing
				return Match{}, false
			}
		case part.Name == Z && value != "":
			found.Z, _ = strconv.Atoi(value) // nine digits at most
		case part.Name == T && value != "":
			found.T, _ = strconv.Atoi(value)
		}
	}
	found.Place = string(key)
	return found, true
}

func (m *Matcher) number(value string) int {
	for i, plane := range m.Planes {
		if plane.Value == value {
			return i
		}
	}
	return -1
}

// suffix is Match for an Id, some text, and the channel. Of values that end in one
// another, the first in the list is taken.
func (m *Matcher) suffix(name, stem, ext string) (Match, bool) {
	for i, plane := range m.Planes {
		id, ok := strings.CutSuffix(stem, plane.Value)
		if id, ok = cutSuffix(id, m.between, ok); ok && id != "" {
			to := len(name) - len(ext)
			from := to - len(plane.Value)
			return Match{Place: name[:from-len(m.between)], Plane: i, From: from, To: to, Z: -1, T: -1}, true
		}
	}
	return Match{}, false
}

func cutSuffix(text, suffix string, ok bool) (string, bool) {
	before, found := strings.CutSuffix(text, suffix)
	return before, ok && found
}

// Key is that of the sample at a place: its parts joined by "_"; with paths, behind
// the folders and one in another.
func (p *Pattern) Key(place string, paths bool) string {
	if !paths {
		place = place[strings.LastIndexByte(place, '/')+1:]
	} else {
		place = strings.TrimLeft(place, "/")
	}
	keyed := 0
	for _, part := range p.parts {
		if part.Keyed() {
			keyed++
		}
	}
	if keyed < 2 {
		return place
	}
	between := "_"
	if paths {
		between = "/"
	}
	at := strings.LastIndexByte(place, '/') + 1
	parts := strings.Split(place[at:], "\x00")
	kept := parts[:0]
	for _, part := range parts {
		if part != "" { // of a piece that may be missing
			kept = append(kept, part)
		}
	}
	return place[:at] + strings.Join(kept, between)
}

// Wanted is how a file of each plane would be called, for messages.
func (m *Matcher) Wanted(ext string) []string {
	list := make([]string, len(m.Planes))
	for i, plane := range m.Planes {
		list[i] = m.shown(m.nodes, plane.Value)
	}
	if m.ext == "" {
		for i := range list {
			list[i] += ext
		}
		return list
	}
	for i := range list {
		list[i] += m.ext
	}
	return list
}

// shown is a pattern with capitals for its parts, as messages have it: ID_red.
func (p *Pattern) shown(nodes []node, channel string) string {
	var b strings.Builder
	for _, n := range nodes {
		switch {
		case n.maybe != nil:
			b.WriteString("[" + p.shown(n.maybe, channel) + "]")
		case n.part == 0:
			b.WriteString(n.text)
		case p.parts[n.part-1].Name == Channel:
			b.WriteString(channel)
		default:
			b.WriteString(strings.ToUpper(p.parts[n.part-1].Name))
		}
	}
	return b.String()
}

// AnyImage says that names may have any extension of images.
func (p *Pattern) AnyImage() bool { return p.ext == "" }

// Channels are the values that the channel has in some names, sorted.
func (p *Pattern) Channels(list []string) []string {
	var values []string
	for _, name := range list {
		if v, ok := p.Values(name); ok {
			if value := p.Of(v, Channel); value != "" && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	slices.Sort(values)
	return values
}

// Simple says that the pattern is an Id, some text and the channel.
func (m *Matcher) Simple() bool { return m.simple }
