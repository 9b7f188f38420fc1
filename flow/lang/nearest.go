package lang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

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
