package names

import (
	"fmt"
	"slices"
	"strings"

	"hpaflow/data"
)

// Plane is one channel of a sample: what it is called, and what stands for it in
// names of files.
type Plane struct {
	Name, Value string
}

// Planes reads a list of NAME=VALUE, or of names that are their own values.
func Planes(list []string) ([]Plane, error) {
	var planes []Plane
	for _, entry := range list {
		name, value, given := strings.Cut(entry, "=")
		if !given {
			value = name
		}
		switch {
		case name == "" || value == "":
			return nil, fmt.Errorf("%q: a channel is NAME=VALUE, its plane and what stands in names of files, or the one that is both", entry)
		case strings.ContainsAny(value, "/\x00"):
			return nil, fmt.Errorf("%q: no slash stands in a channel's value", entry)
		}
		if i := slices.IndexFunc(planes, func(p Plane) bool { return p.Value == value }); i >= 0 && planes[i].Name != name {
			return nil, fmt.Errorf("%s is both %s and %s", value, planes[i].Name, name)
		}
		planes = append(planes, Plane{name, value})
	}
	if err := data.CheckPlaneNames(namesOf(planes)); err != nil {
		return nil, err
	}
	return planes, nil
}

func namesOf(planes []Plane) []string {
	list := make([]string, len(planes))
	for i, p := range planes {
		list[i] = p.Name
	}
	return list
}

// Names are those of the planes, in their order.
func (m *Matcher) Names() []string { return namesOf(m.Planes) }

// String is the plane as people are told of it: its name, and what stands for it in
// names if that is another.
func (p Plane) String() string {
	if p.Name == p.Value {
		return p.Name
	}
	return p.Name + " (" + p.Value + ")"
}
