package report

import (
	"fmt"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/flow/component"
)

// Preview says which planes of an image a picture shows, and as what.
type Preview struct {
	planes []int    // as red, green, blue and, of four, yellow
	names  []string // of these
	of     int      // planes of the image
	named  bool     // they have names
}

// PreviewField chooses planes of many.
var PreviewField = component.Field{Name: "preview", Type: component.Strings, Default: []string{},
	Doc: "names of the three planes that pictures show as red, green and blue; empty: red, green, blue and yellow are shown as they are called, and of more than four planes the first three"}

// CheckPreview holds the field against the planes that there are; nil: they are not
// known.
func CheckPreview(chosen, names []string) error {
	if len(chosen) == 0 {
		return nil
	}
	if len(chosen) != len(rgb) {
		return fmt.Errorf("preview names %d planes, want three, for red, green and blue", len(chosen))
	}
	for _, name := range chosen {
		if names != nil && !slices.Contains(names, name) {
			return fmt.Errorf("preview names the plane %s, and there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

var rgb = data.Colours[:3]

// previewOf shows the planes that are chosen of an image of so many with these
// names. What is not there is not shown: an image may lack names.
func previewOf(chosen, names []string, planes int) Preview {
	p := Preview{of: planes, named: data.KnownPlaneNames(names, planes) != nil}
	names = data.PlaneNames(names, planes)
	for _, name := range chosen {
		if at := slices.Index(names, name); at >= 0 {
			p.planes = append(p.planes, at)
		}
	}
	if len(p.planes) != len(rgb) {
		p.planes = nil
		switch {
		case planes < len(rgb): // grey
			p.planes = []int{0, 0, 0}
		case planes <= len(data.Colours):
			p.planes = []int{0, 1, 2, 3}[:planes]
		default:
			p.planes = []int{0, 1, 2}
		}
	}
	for _, at := range p.planes {
		p.names = append(p.names, names[at])
	}
	return p
}

// stains are what the planes of the Human Protein Atlas show.
var stains = []string{"microtubules", "protein", "nucleus", "reticulum"}

// String says what is shown as what: "red DNA, green ER, blue AGP, of 5 planes".
func (p Preview) String() string {
	names := p.names
	switch {
	case p.of < len(rgb) && !p.named:
		return "in grey"
	case p.of < len(rgb):
		return "in grey " + names[0]
	case slices.Equal(names, data.Colours[:len(names)]):
		names = stains
	}
	var parts []string
	for i := range p.planes {
		parts = append(parts, data.Colours[i]+" "+names[i])
	}
	text := strings.Join(parts, ", ")
	if p.of > len(p.planes) {
		text += fmt.Sprintf(", of %d planes", p.of)
	}
	return text
}
