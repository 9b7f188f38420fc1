package lang

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"size", "policy", "drop_last", "lr"}
	for name, want := range map[string]string{
		"sise": "size", "Size": "size", "polcy": "policy", "droplast": "drop_last", "l": "", "ls": "lr", "siez": "size", "rl": "lr", "": "", "colour": "", "x": "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("nearest(%q) is %q, want %q", name, got, want)
		}
	}
}
