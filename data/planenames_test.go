package data

import (
	"slices"
	"strings"
	"testing"
)

func TestCheckPlaneNames(t *testing.T) {
	many := strings.Split(strings.Repeat("x", MaxPlanes+1), "")
	for i := range many {
		many[i] += string(rune('a' + i))
	}
	for _, c := range []struct {
		names []string
		fault string
	}{
		{[]string{"DNA", "ER", "RNA", "AGP", "Mito"}, ""},
		{many[:MaxPlanes], ""},
		{many, "17 names"},
		{nil, "0 names"},
		{[]string{"DNA", ""}, "plane 2 has an empty name"},
		{[]string{"DNA", "ER", "DNA"}, `two planes are called "DNA"`},
		{[]string{"a\nb"}, "no name"},
		{[]string{"a\xff"}, "no name"},
	} {
		if err := CheckPlaneNames(c.names); (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%q: %v", c.names, err)
		}
	}
}

func TestPlaneNames(t *testing.T) {
	painting := []string{"DNA", "ER", "RNA", "AGP", "Mito"}
	for _, c := range []struct {
		given  []string
		planes int
		want   string
		known  bool
	}{
		{painting, 5, "DNA ER RNA AGP Mito", true},
		{nil, 4, "red green blue yellow", true},
		{nil, 3, "red green blue", false},
		{nil, 5, "1 2 3 4 5", false},
	} {
		if got := strings.Join(PlaneNames(c.given, c.planes), " "); got != c.want {
			t.Errorf("%v of %d: %s, want %s", c.given, c.planes, got, c.want)
		}
		if known := KnownPlaneNames(c.given, c.planes); (known != nil) != c.known {
			t.Errorf("%v of %d are known: %v", c.given, c.planes, known)
		}
		if own := OwnPlaneNames(PlaneNames(c.given, c.planes)); !slices.Equal(own, c.given) {
			t.Errorf("%v of %d are carried as %v", c.given, c.planes, own)
		}
	}
}

func TestSamePlanes(t *testing.T) {
	for _, c := range []struct{ made, are, note, fault string }{
		{"DNA ER", "DNA ER", "", ""},
		{"", "DNA ER", "", ""},
		{"DNA ER", "", "", ""},
		{"DNA ER", "Hoechst ER", "the planes are Hoechst, ER, and were DNA, ER", ""},
		{"DNA ER", "ER DNA", "", "the planes are ER, DNA, and not in the order DNA, ER"},
	} {
		note, err := SamePlanes(strings.Fields(c.made), strings.Fields(c.are))
		if note != c.note || (err == nil) != (c.fault == "") || err != nil && err.Error() != c.fault {
			t.Errorf("%q and %q: %q, %v", c.made, c.are, note, err)
		}
	}
}
