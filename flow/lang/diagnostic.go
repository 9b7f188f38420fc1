package lang

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/mattn/go-runewidth"
)

// Diagnostic is one fault of a file or of a setting.
type Diagnostic struct {
	File    string // empty when the fault is in a setting
	Line    int    // from 1; 0 when the fault has no place in the file
	Column  int    // in characters, from 1
	Message string // what is wrong
	Hint    string // what to do about it; may be empty

	before, marked, after string // the line: what is at fault, and what is around it
}

// String is the diagnostic as one line: file:line:column: message; hint.
func (d Diagnostic) String() string {
	var place string
	switch {
	case d.Line > 0:
		place = fmt.Sprintf("%s:%d:%d: ", Safe(d.File), d.Line, d.Column)
	case d.File != "":
		place = Safe(d.File) + ": "
	}
	return place + d.text()
}

func (d Diagnostic) text() string {
	text := d.Message
	if len(text) > widestMessage {
		text = strings.ToValidUTF8(text[:widestMessage], "") + "..."
	}
	if d.Hint == "" {
		return Safe(text)
	}
	return Safe(text + "; " + d.Hint)
}

// Diagnostics are all faults that were found, in the order of the file.
type Diagnostics []Diagnostic

// Error lists the faults, one a line.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

const (
	styleBold  = "\x1b[1m"
	styleFault = "\x1b[1;31m"
	styleOff   = "\x1b[0m"
)

// mostRendered is how many faults are enough to begin with: a file that is no
// flow has as many as it has lines.
const mostRendered = 20

// Render writes the faults for people: each with its source line, and a mark
// under what is at fault; the first of them, where there are many. With color it
// uses ANSI escape sequences.
func (ds Diagnostics) Render(w io.Writer, color bool) error {
	style := func(code, text string) string {
		if !color {
			return text
		}
		return code + text + styleOff
	}
	var out bytes.Buffer
	for i, d := range ds {
		if i == mostRendered {
			fmt.Fprintf(&out, "and %d more\n", len(ds)-i)
			break
		}
		if d.Line == 0 {
			fmt.Fprintln(&out, d.String())
			continue
		}
		number := fmt.Sprint(d.Line)
		place := fmt.Sprintf("%s:%s:%d:", Safe(d.File), number, d.Column)
		carets := strings.Repeat("^", max(1, runewidth.StringWidth(d.marked)))
		fmt.Fprintf(&out, "%s %s\n", style(styleBold, place), d.text())
		fmt.Fprintf(&out, "  %s | %s\n", number, d.before+d.marked+d.after)
		fmt.Fprintf(&out, "  %*s | %s%s\n", len(number), "", blank(d.before), style(styleFault, carets))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// blank is as wide as text on a terminal, tabs included.
func blank(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\t' {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Repeat(" ", runewidth.RuneWidth(r)))
	}
	return b.String()
}

// sorted puts the faults into the order of the file and drops what stands twice in a row.
func (ds Diagnostics) sorted() Diagnostics {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(ds, func(a, b Diagnostic) bool { return a == b })
}

// at makes a diagnostic for a place in the file.
func (f *File) at(place hcl.Range, message, hint string) Diagnostic {
	start := min(max(place.Start.Byte, 0), len(f.src))
	end := min(max(place.End.Byte, start), len(f.src))
	first := bytes.LastIndexByte(f.src[:start], '\n') + 1
	last := len(f.src)
	if n := bytes.IndexByte(f.src[start:], '\n'); n >= 0 {
		last = start + n
	}
	end = min(end, last)
	return Diagnostic{
		File: f.name, Line: place.Start.Line, Column: place.Start.Column, Message: message, Hint: hint,
		before: safeTabs(clipped(f.src[first:start], true)), marked: safeTabs(clipped(f.src[start:end], false)),
		after: safeTabs(strings.TrimSuffix(clipped(f.src[end:last], false), "\r")),
	}
}

// widest is how much is shown of each part of a source line, and of a message,
// in bytes: a line of a megabyte tells nobody where a fault is.
const (
	widestLine    = 200
	widestMessage = 2000
)

// clipped is the end of a part of a line that is too long to show, or its start.
func clipped(part []byte, end bool) string {
	switch {
	case len(part) <= widestLine:
		return string(part)
	case end:
		return "..." + strings.ToValidUTF8(string(part[len(part)-widestLine:]), "")
	}
	return strings.ToValidUTF8(string(part[:widestLine]), "") + "..."
}

// fromHCL takes over what the HCL library has to say.
func (f *File) fromHCL(faults hcl.Diagnostics, otherwise hcl.Range) Diagnostics {
	var list Diagnostics
	for _, d := range faults {
		place, text := otherwise, cmp.Or(d.Detail, d.Summary)
		if d.Subject != nil {
			place = *d.Subject
		}
		list = append(list, f.at(place, ours(text), ""))
	}
	return list
}

// ours writes a message of the HCL library, which is made of sentences, as the
// messages here are.
func ours(text string) string {
	text = strings.TrimSuffix(strings.Join(strings.Fields(text), " "), ".")
	first, rest, _ := strings.Cut(text, " ")
	if len(first) > 1 && strings.ToUpper(first) == first {
		return text // an acronym
	}
	return strings.TrimSpace(strings.ToLower(first) + " " + rest)
}

// nearest is the name that somebody who wrote `name` has probably meant: at
// most one edit in three characters away, or the same letters in another
// order. It is empty when there is none.
func nearest(name string, names []string) string {
	const longest, most = 64, 300 // beyond, looking costs more than it helps
	if len(name) > longest || len(names) > most {
		return ""
	}
	name = strings.ToLower(name)
	length, sorted := len([]rune(name)), letters(name)
	best, least := "", min((length+2)/3+1, length)
	for _, n := range names {
		if len(n) > longest {
			continue
		}
		lower := strings.ToLower(n)
		d := levenshtein.ComputeDistance(name, lower)
		if d > 1 && len(lower) == len(name) && letters(lower) == sorted {
			d = 1 // a slip of the fingers, which counts as two edits
		}
		if d < least {
			best, least = n, d
		}
	}
	return best
}

// letters are the letters of a name in order.
func letters(name string) string {
	sorted := []rune(name)
	slices.Sort(sorted)
	return string(sorted)
}

// DidYouMean is a hint for somebody who wrote a name that does not exist: the
// nearest of those that do, or, when none is near and they are few, all of
// them, introduced by what they are: "fields: in, size". It may be empty.
func DidYouMean(name string, names []string, what string) string {
	if n := nearest(name, names); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	const few = 12
	if len(names) == 0 || len(names) > few {
		return ""
	}
	return what + ": " + strings.Join(names, ", ")
}
