package names

import (
	"fmt"
	"regexp"
	"strings"
)

// expression is the regular expression of whole names, without their extensions, and
// where in its matches parts and optional pieces are.
type expression struct {
	re       *regexp.Regexp
	parts    []int
	optional []int
}

// compile makes the expression. One for the channel stands in the place of its own.
func (p *Pattern) compile(channel string) (e expression, err error) {
	var b strings.Builder
	b.WriteString(`^`)
	p.write(&b, p.nodes, channel)
	b.WriteString(`$`)
	if e.re, err = regexp.Compile(b.String()); err != nil { // each part is right, and together they are too much
		return e, fmt.Errorf("%q: %w", p.text, err)
	}
	for i := range p.parts {
		e.parts = append(e.parts, e.re.SubexpIndex(fmt.Sprintf("p%d", i+1)))
	}
	for i := range p.optional {
		e.optional = append(e.optional, e.re.SubexpIndex(fmt.Sprintf("o%d", i+1)))
	}
	return e, nil
}

func (p *Pattern) write(b *strings.Builder, nodes []node, channel string) {
	for _, n := range nodes {
		switch {
		case n.maybe != nil:
			fmt.Fprintf(b, `(?P<o%d>`, n.at)
			p.write(b, n.maybe, channel)
			b.WriteString(`)?`)
		case n.part > 0:
			fmt.Fprintf(b, `(?P<p%d>%s)`, n.part, p.parts[n.part-1].expr(channel))
		default:
			b.WriteString(regexp.QuoteMeta(n.text))
		}
	}
}

// expr is what a part matches.
func (p Part) expr(channel string) string {
	switch {
	case p.Name == Channel && channel != "":
		return channel
	case p.Expr != "":
		return p.Expr
	case p.Name == Z || p.Name == T:
		return `[0-9]{1,9}`
	}
	return `[^/]+`
}

// cut takes from a name what no pattern tells of: the folders above those that this
// one tells of, and the extension. It says no where there are too few folders, or the
// file is none of an image.
func (p *Pattern) cut(name string) (folder, stem, ext string, ok bool) {
	if !OfImage(name) {
		return "", "", "", false
	}
	if ext = Extension(name); p.ext != "" {
		if ext = name[len(name)-min(len(name), len(p.ext)):]; !strings.EqualFold(ext, p.ext) {
			return "", "", "", false
		}
	}
	stem = strings.TrimSuffix(name, ext)
	at := len(stem)
	for range p.folders + 1 {
		if at <= 0 {
			return "", "", "", false
		}
		at = strings.LastIndexByte(stem[:at], '/')
	}
	return stem[:at+1], stem[at+1:], ext, true
}

// Values are what the parts of a pattern are in a name.
type Values struct {
	Folder string   // above those that the pattern tells of
	Parts  []string // in the pattern's order; empty also where an optional piece is not there
	Ext    string

	optional []bool // the pieces that are there
}

// Values takes a name apart, whatever the channel is.
func (p *Pattern) Values(name string) (v Values, ok bool) {
	folder, stem, ext, ok := p.cut(name)
	if !ok {
		return Values{}, false
	}
	at := p.open.re.FindStringSubmatchIndex(stem)
	if at == nil {
		return Values{}, false
	}
	v = Values{Folder: folder, Parts: make([]string, len(p.parts)), Ext: ext, optional: make([]bool, p.optional)}
	for i, g := range p.open.parts {
		if at[2*g] >= 0 {
			v.Parts[i] = stem[at[2*g]:at[2*g+1]]
		}
	}
	for i, g := range p.open.optional {
		v.optional[i] = at[2*g] >= 0
	}
	return v, true
}

// Format makes the name again.
func (p *Pattern) Format(v Values) string {
	var b strings.Builder
	b.WriteString(v.Folder)
	p.format(&b, p.nodes, v)
	b.WriteString(v.Ext)
	return b.String()
}

func (p *Pattern) format(b *strings.Builder, nodes []node, v Values) {
	for _, n := range nodes {
		switch {
		case n.maybe != nil && v.optional[n.at-1]:
			p.format(b, n.maybe, v)
		case n.part > 0:
			b.WriteString(v.Parts[n.part-1])
		default:
			b.WriteString(n.text)
		}
	}
}

// Of is the value of the part of a name; empty: there is none.
func (p *Pattern) Of(v Values, part string) string {
	for i := range p.parts {
		if p.parts[i].Name == part {
			return v.Parts[i]
		}
	}
	return ""
}
