package names

import (
	"cmp"
	"fmt"

	"regexp/syntax"
	"slices"
	"strings"
)

// The parts that have a meaning of their own.
const (
	ID      = "id"
	Channel = "channel"
	Z       = "z"
	T       = "t"
	Any     = "*"
)

// Default is the pattern of names where none is given.
const Default = "{id}_{channel}"

// longest is how many bytes a pattern may have, and mostParts how many parts.
const (
	longest   = 1000
	mostParts = 32
)

// Pattern says how names are made. It is safe for concurrent use.
type Pattern struct {
	text     string // as it was given, or that of a ready one
	name     string // of a ready one
	ext      string // that names must have; empty: one of Extensions
	folders  int    // above a file
	nodes    []node
	parts    []Part
	optional int // how many pieces may be there or not

	open expression // with any channel
}

// Part is a named piece of a pattern.
type Part struct {
	Name string // Any: it has none
	Expr string // what it matches; empty: what its name says

	below int // slashes before it
}

// node is a piece of a pattern: text, a part, or some that may be there or not.
type node struct {
	text  string
	part  int    // its number, from 1; 0: it is none
	maybe []node // that may be there or not; nil: it is none
	at    int    // of maybe: its number
}

// Parse reads a pattern, or takes the ready one of that name. Empty text is Default.
func Parse(text string) (*Pattern, error) {
	p := &Pattern{text: cmp.Or(text, Default)}
	for _, r := range ready {
		if r.Name == text {
			p.name, p.text = r.Name, r.Pattern
		}
	}
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p, nil
}

// String is the pattern's text.
func (p *Pattern) String() string { return p.text }

// Name is that of a ready pattern; else its text.
func (p *Pattern) Name() string { return cmp.Or(p.name, p.text) }

// Parts are the pattern's, in their order.
func (p *Pattern) Parts() []Part { return p.parts }

// Has says whether there is a part of a name.
func (p *Pattern) Has(name string) bool {
	return slices.ContainsFunc(p.parts, func(part Part) bool { return part.Name == name })
}

// Folders is of how many folders above a file the pattern tells.
func (p *Pattern) Folders() int { return p.folders }

// Keyed says that a part belongs to a sample's key.
func (p Part) Keyed() bool {
	return p.Name != Channel && p.Name != Z && p.Name != T && p.Name != Any
}

func (p *Pattern) parse() error {
	if len(p.text) > longest {
		return fmt.Errorf("is of %d bytes; a pattern has at most %d", len(p.text), longest)
	}
	text := p.text
	for _, ext := range Extensions {
		if strings.HasSuffix(strings.ToLower(text), ext) && len(ext) > len(p.ext) {
			p.ext = text[len(text)-len(ext):]
		}
	}
	text = strings.TrimSuffix(text, p.ext)
	if strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") || strings.Contains(text, "//") {
		return fmt.Errorf("%q: each slash stands between the name of a folder and that of what is in it", p.text)
	}
	r := reader{p: p, text: text}
	var err error
	if p.nodes, err = r.nodes(false); err != nil {
		return fmt.Errorf("%q: %w", p.text, err)
	}
	if p.folders > deepest {
		return fmt.Errorf("%q: tells of %d folders; folders are looked into %d deep", p.text, p.folders, deepest)
	}
	if len(p.nodes) == 0 {
		return fmt.Errorf("%q: has no parts; it is made of parts such as {id} and {channel}, and of text", p.text)
	}
	p.open, err = p.compile("")
	return err
}

// deepest is how many folders a pattern may tell of.
const deepest = 32

// reader reads a pattern's text.
type reader struct {
	p    *Pattern
	text string
	at   int
}

// nodes reads up to the end, or to that of what may be there or not.
func (r *reader) nodes(within bool) (list []node, err error) {
	add := func(text string) {
		if n := len(list); n > 0 && list[n-1].part == 0 && list[n-1].maybe == nil {
			list[n-1].text += text
			return
		}
		list = append(list, node{text: text})
	}
	for r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case strings.IndexByte("{}[]", c) >= 0 && r.at+1 < len(r.text) && r.text[r.at+1] == c && !(within && c == ']'):
			add(string(c))
			r.at += 2
		case c == '{':
			n, err := r.part()
			if err != nil {
				return nil, err
			}
			list = append(list, n)
		case c == '[' && !within:
			n, err := r.maybe()
			if err != nil {
				return nil, err
			}
			list = append(list, n)
		case c == ']' && within:
			return list, nil
		case strings.IndexByte("{}[]", c) >= 0:
			return nil, fmt.Errorf("a %q too many at character %d; where it belongs to names, write it twice", c, r.at+1)
		default:
			if c == '/' {
				if within {
					return nil, fmt.Errorf("a slash stands in [...]: what may be there or not is in the name of one file or folder")
				}
				r.p.folders++
			}
			add(string(c))
			r.at++
		}
	}
	if within {
		return nil, fmt.Errorf("a [ has no ]")
	}
	return list, nil
}

// maybe reads what may be there or not.
func (r *reader) maybe() (node, error) {
	r.at++
	list, err := r.nodes(true)
	if err != nil {
		return node{}, err
	}
	if len(list) == 0 {
		return node{}, fmt.Errorf("nothing stands in [ ]")
	}
	r.at++
	r.p.optional++
	return node{maybe: list, at: r.p.optional}, nil
}

// part reads {NAME} or {NAME:EXPR}.
func (r *reader) part() (node, error) {
	end, depth := r.at, 0
	for ; end < len(r.text); end++ {
		switch r.text[end] {
		case '\\':
			end++ // what follows is not what it is
			continue
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if end >= len(r.text) {
		return node{}, fmt.Errorf("a { has no }")
	}
	name, expr, given := strings.Cut(r.text[r.at+1:end], ":")
	r.at = end + 1
	switch {
	case name != Any && !plain(name):
		return node{}, fmt.Errorf("{%s} is no name of a part: small letters and digits, or * for what is passed over", name)
	case name != Any && r.p.Has(name):
		return node{}, fmt.Errorf("{%s} stands twice; write {*} in one place", name)
	case given && (name == Z || name == T):
		return node{}, fmt.Errorf("{%s} is a number, and has no expression", name)
	case given:
		if err := usable(expr); err != nil {
			return node{}, fmt.Errorf("{%s:%s}: %w", name, expr, err)
		}
	}
	if len(r.p.parts) == mostParts {
		return node{}, fmt.Errorf("has more than %d parts", mostParts)
	}
	r.p.parts = append(r.p.parts, Part{name, expr, r.p.folders})
	return node{part: len(r.p.parts)}, nil
}

func plain(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}

// usable says why an expression cannot be a part's.
func usable(expr string) error {
	if expr == "" {
		return fmt.Errorf("nothing stands behind the colon")
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return fmt.Errorf("is no regular expression: %w", err)
	}
	return tame(tree)
}

// tame refuses what looks beyond the part or has a name of its own.
func tame(re *syntax.Regexp) error {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return fmt.Errorf("^, $ and \\b are not for parts: a pattern is of the whole name")
	case syntax.OpCapture:
		if re.Name != "" {
			return fmt.Errorf("a part has no parts; write (?:...)")
		}
	}
	for _, sub := range re.Sub {
		if err := tame(sub); err != nil {
			return err
		}
	}
	return nil
}
