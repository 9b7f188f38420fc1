package images

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"hpaflow/data/codec"
	"hpaflow/data/names"
	"hpaflow/flow/component"
)

// tally is what an input held, for the error of one in which nothing is
// recognised: what was there, what was looked for, and what comes nearest.
type tally struct {
	names      *names.Matcher // of the files looked for; nil: ID.png
	recognised int
	others     int
	seen       []string // the names of the others, the first
	refused    span     // of the others, the slices or times that were not asked for
	folders    []string // that were not looked into
	links      int      // to folders, which are not followed
}

// mostNames is how many names are looked at for the nearest.
const mostNames = 200

// saw notes a file.
func (t *tally) saw(name string, recognised bool) {
	if recognised {
		t.recognised++
		return
	}
	t.others++
	if len(t.seen) < mostNames {
		t.seen = append(t.seen, strings.Clone(name[:min(len(name), 200)]))
	}
}

// empty is the error of an input, so named, of which nothing was recognised; nil
// if something was, or if nothing need be.
func (t *tally) empty(input string, limits component.Limits) error {
	if t.recognised > 0 || limits.AllowEmpty {
		return nil
	}
	slices.Sort(t.seen) // a folder's come in no order
	slices.Sort(t.folders)
	parts := []string{t.there(), "looked for " + t.wanted()}
	if hint := t.hint(); hint != "" {
		parts = append(parts, hint)
	}
	parts = append(parts, "where an input may be empty, write allow_empty = true in the flow's run block")
	return &component.InputError{Err: fmt.Errorf("%s: nothing in it is recognised: %s", input, strings.Join(parts, "; "))}
}

// there says what the input holds.
func (t *tally) there() string {
	switch {
	case t.others > 0:
		few := slices.Clone(t.seen[:min(len(t.seen), 3)])
		for i := range few {
			few[i] = printable(few[i])
		}
		text := fmt.Sprintf("it holds %s", strings.Join(few, ", "))
		if more := t.others - len(few); more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		return text
	case len(t.folders) > 0:
		text := "it holds no files, but folders: " + strings.Join(t.folders[:min(len(t.folders), 3)], ", ")
		if more := len(t.folders) - 3; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		return text
	case t.links > 0:
		return fmt.Sprintf("it holds nothing but %d links to folders, which are not followed", t.links)
	}
	return "it is empty"
}

func (t *tally) wanted() string {
	if t.names == nil {
		return "ID" + rgbyExt
	}
	text := strings.Join(t.names.Wanted(names.Extensions[0]), ", ")
	if t.names.AnyImage() {
		text += fmt.Sprintf(" (or %s)", strings.Join(names.Extensions[1:], ", "))
	}
	return text
}

// hint is what may have been meant.
func (t *tally) hint() string {
	for _, name := range t.seen {
		if advice := codec.Foreign(name, nil); advice != "" {
			return printable(path.Base(name)) + " is " + advice
		}
	}
	if t.others == 0 && len(t.folders) > 0 {
		return `give one of them, or write keys = "path" to take them all`
	}
	if t.refused.any {
		return t.refused.instead()
	}
	if hint := t.otherPattern(); hint != "" {
		return hint
	}
	if t.names != nil && t.names.String() != names.Default {
		return ""
	}
	type guess struct {
		name, meant string
		distance    int
	}
	var best *guess
	for _, name := range t.seen {
		base := path.Base(name)
		for _, meant := range t.meant(base) {
			d := levenshtein.ComputeDistance(base, meant)
			if best == nil || d < best.distance {
				best = &guess{base, meant, d}
			}
		}
	}
	if best == nil {
		return ""
	}
	return fmt.Sprintf("the nearest is %s, which would have to be called %s", printable(best.name), printable(best.meant))
}

// otherPattern says which pattern, or which values of the channel, the names have.
func (t *tally) otherPattern() string {
	if t.names == nil {
		return ""
	}
	own := t.names.Pattern
	if own.String() != names.Default {
		if values := own.Channels(t.seen); len(values) > 0 {
			return fmt.Sprintf("{channel} is %s there: say which is which plane by channels, as %s=%s; hpaflow names shows what a pattern makes of a folder",
				fewOf(values), t.names.Planes[0].Name, values[0])
		}
	}
	ready, fits := names.Nearest(t.seen)
	if ready != nil && ready.String() != own.String() {
		values := ready.Channels(t.seen)
		return fmt.Sprintf("the ready pattern %s fits %d of the %d names looked at: write pattern = %q, and by channels which of %s is which plane, as %s=%s",
			ready.Name(), fits, len(t.seen), ready.Name(), fewOf(values), t.names.Planes[0].Name, values[0])
	}
	if own.String() != names.Default {
		return "no ready pattern fits; hpaflow names proposes one for a folder"
	}
	return ""
}

// fewOf are the first of some values, in a message.
func fewOf(values []string) string {
	const most = 8
	text := strings.Join(values[:min(len(values), most)], ", ")
	if len(values) > most {
		text += ", ..."
	}
	return printable(text)
}

// meant are names that are looked for and resemble one that is there.
func (t *tally) meant(base string) []string {
	base = strings.ToValidUTF8(base, "?")
	lower := strings.ToLower(base)
	ext := cmp.Or(imageExtension(lower), names.Extensions[0])
	if t.names == nil {
		id, _, _ := strings.Cut(base, ".")
		if imageExtension(lower) == "" || id == "" {
			return nil
		}
		return []string{id + rgbyExt}
	}
	var list []string
	for _, plane := range t.names.Planes {
		c := plane.Value
		i := strings.Index(lower, strings.ToLower(c))
		if i < 0 {
			continue
		}
		id := strings.Trim(lower[:i], "_-. ")
		if len(lower) == len(base) {
			id = strings.Trim(base[:i], "_-. ")
		}
		if id == "" { // as in red_ID.png
			id = strings.Trim(strings.TrimSuffix(lower[i+len(c):], ext), "_-. ")
		}
		if id != "" {
			list = append(list, id+"_"+c+ext)
		}
	}
	if list == nil {
		list = t.misspelt(base, ext)
	}
	return list
}

// misspelt are the names that one differs from by two letters of its channel.
func (t *tally) misspelt(base, ext string) (list []string) {
	stem := strings.TrimSuffix(base, path.Ext(base))
	i := strings.LastIndexAny(stem, "_-. ")
	if i < 1 || len(stem)-i-1 < 3 {
		return nil
	}
	for _, plane := range t.names.Planes {
		c := plane.Value
		if levenshtein.ComputeDistance(strings.ToLower(stem[i+1:]), c) <= 2 {
			list = append(list, stem[:i]+"_"+c+ext)
		}
	}
	return list
}

// imageExtension is the extension of an image that stands in a name, whatever
// stands behind it.
func imageExtension(lower string) string {
	best, at := "", -1
	for _, e := range names.Extensions {
		if i := strings.Index(lower, e); i > at || i == at && len(e) > len(best) {
			best, at = e, i
		}
	}
	if at < 0 {
		return ""
	}
	return best
}

// printable is a name from a file system as an error may hold it.
func printable(name string) string {
	quoted := fmt.Sprintf("%q", name)
	if quoted == `"`+name+`"` {
		return name
	}
	return quoted
}
