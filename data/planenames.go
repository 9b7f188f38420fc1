package data

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestPlaneName is how many bytes a plane's name has at most.
const longestPlaneName = 100

// CheckPlaneNames says what is wrong with names for the planes of an image, in
// their order: one to MaxPlanes, each another, of printable characters.
func CheckPlaneNames(names []string) error {
	if n := len(names); n < 1 || n > MaxPlanes {
		return fmt.Errorf("%d names of planes; an image has 1 to %d", n, MaxPlanes)
	}
	for i, name := range names {
		switch {
		case name == "":
			return fmt.Errorf("plane %d has an empty name", i+1)
		case len(name) > longestPlaneName || !utf8.ValidString(name) || !printable(name):
			return fmt.Errorf("%q is no name for a plane: at most %d bytes of printable characters", name, longestPlaneName)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("two planes are called %q", name)
		}
	}
	return nil
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// PlaneNames are names for so many planes: those that are given, where there are so
// many; else Colours, or numbers from 1 where these are too few.
func PlaneNames(given []string, planes int) []string {
	if len(given) == planes {
		return given
	}
	if planes <= len(Colours) {
		return Colours[:planes]
	}
	names := make([]string, planes)
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	return names
}

// OwnPlaneNames are names as they are carried and kept: nil where they are those
// that planes have of which nobody says anything.
func OwnPlaneNames(names []string) []string {
	if slices.Equal(names, PlaneNames(nil, len(names))) {
		return nil
	}
	return names
}

// KnownPlaneNames are names for a record of what something was made of: those that
// are given, Colours for four planes, and nil where nobody knows.
func KnownPlaneNames(given []string, planes int) []string {
	if len(given) == planes || planes == len(Colours) {
		return PlaneNames(given, planes)
	}
	return nil
}

// SamePlanes compares the names of the planes that something was made for with
// those there are; nil are not known, and differ from none. Names that differ are
// told in the note: they may be two words for one stain. The same names in another
// order are an error, since then each plane is taken for another.
func SamePlanes(made, are []string) (note string, err error) {
	if len(made) == 0 || len(are) == 0 || slices.Equal(made, are) {
		return "", nil
	}
	if len(made) == len(are) && slices.Equal(slices.Sorted(slices.Values(made)), slices.Sorted(slices.Values(are))) {
		return "", errors.New("the planes are " + strings.Join(are, ", ") + ", and not in the order " + strings.Join(made, ", "))
	}
	return "the planes are " + strings.Join(are, ", ") + ", and were " + strings.Join(made, ", "), nil
}
