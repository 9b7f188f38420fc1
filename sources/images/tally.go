package images

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"hpaflow/data/codec"
	"hpaflow/flow/component"
)

// tally is what an input held, for the error of one in which nothing is
// recognised: what was there, what was looked for, and what comes nearest.
type tally struct {
	channels   []string // of the files looked for: ID_CHANNEL.EXT; none: ID.png
	recognised int
	others     int
	names      []string // of the others, the first
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
	if len(t.names) < mostNames {
		t.names = append(t.names, strings.Clone(name[:min(len(name), 200)]))
	}
}

// empty is the error of an input, so named, of which nothing was recognised; nil
// if something was, or if nothing need be.
func (t *tally) empty(input string, limits component.Limits) error {
	if t.recognised > 0 || limits.AllowEmpty {
		return nil
	}
	slices.Sort(t.names) // a folder's come in no order
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
		names := slices.Clone(t.names[:min(len(t.names), 3)])
		for i := range names {
			names[i] = printable(names[i])
		}
		text := fmt.Sprintf("it holds %s", strings.Join(names, ", "))
		if more := t.others - len(names); more > 0 {
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
	if t.channels == nil {
		return "ID" + rgbyExt
	}
	names := make([]string, len(t.channels))
	for i, c := range t.channels {
		names[i] = "ID_" + c + extensions[0]
	}
	return fmt.Sprintf("%s (or %s)", strings.Join(names, ", "), strings.Join(extensions[1:], ", "))
}

// hint is what may have been meant.
func (t *tally) hint() string {
	for _, name := range t.names {
		if advice := codec.Foreign(name, nil); advice != "" {
			return printable(path.Base(name)) + " is " + advice
		}
	}
	if t.others == 0 && len(t.folders) > 0 {
		return `give one of them, or write keys = "path" to take them all`
	}
	type guess struct {
		name, meant string
		distance    int
	}
	var best *guess
	for _, name := range t.names {
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

// meant are names that are looked for and resemble one that is there.
func (t *tally) meant(base string) []string {
	base = strings.ToValidUTF8(base, "?")
	lower := strings.ToLower(base)
	ext := cmp.Or(imageExtension(lower), extensions[0])
	if t.channels == nil {
		id, _, _ := strings.Cut(base, ".")
		if imageExtension(lower) == "" || id == "" {
			return nil
		}
		return []string{id + rgbyExt}
	}
	var list []string
	for _, c := range t.channels {
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
	for _, c := range t.channels {
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
	for _, e := range extensions {
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
