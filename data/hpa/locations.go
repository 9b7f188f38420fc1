package hpa

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hpaflow/data"
)

// LabelSet says which label stands for a location.
type LabelSet struct {
	Name    string
	Classes int
	labels  map[string]int // by location, in small letters
}

// The sets of labels there are: that of the challenge of 2018, whose names are
// locations of the Atlas; and that of 2021, in which several locations share a
// label, as its hosts published them with the list of the Atlas' images.
var (
	Challenge2018 = LabelSet{"hpa", len(data.LabelNames), byName(data.LabelNames)}
	Challenge2021 = LabelSet{data.HPA2021, len(data.LabelNames2021), map[string]int{
		"nucleoplasm": 0, "nuclear membrane": 1, "nucleoli": 2, "nucleoli fibrillar center": 3, "nuclear speckles": 4,
		"nuclear bodies": 5, "endoplasmic reticulum": 6, "golgi apparatus": 7, "intermediate filaments": 8,
		"actin filaments": 9, "focal adhesion sites": 9, "microtubules": 10, "mitotic spindle": 11,
		"centrosome": 12, "centriolar satellite": 12, "plasma membrane": 13, "cell junctions": 13, "mitochondria": 14,
		"aggresome": 15, "cytosol": 16,
		"vesicles": 17, "peroxisomes": 17, "endosomes": 17, "lysosomes": 17, "lipid droplets": 17, "cytoplasmic bodies": 17,
		"no staining": 18, "negative": 18,
	}}
)

// LabelSets are the names of the sets.
var LabelSets = []string{Challenge2018.Name, Challenge2021.Name}

// LabelSetOf is the set of a name.
func LabelSetOf(name string) (LabelSet, error) {
	for _, s := range []LabelSet{Challenge2018, Challenge2021} {
		if s.Name == name {
			return s, nil
		}
	}
	return LabelSet{}, fmt.Errorf("%q is no set of labels; %s are", name, strings.Join(LabelSets, " and "))
}

func byName(names data.Names) map[string]int {
	m := map[string]int{}
	for label, name := range names {
		m[strings.ToLower(name)] = label
	}
	return m
}

// Of are the labels of locations, and the locations that have none in the set.
// Capitals do not count: releases differ in them.
func (s LabelSet) Of(locations []string) (labels data.Labels, without []string) {
	for _, location := range locations {
		if label, known := s.labels[strings.ToLower(location)]; known {
			labels |= data.LabelsOf(label)
		} else {
			without = append(without, location)
		}
	}
	return labels, without
}

// Counts are numbers by name.
type Counts map[string]int

// String lists them, the largest first.
func (c Counts) String() string {
	names := slices.SortedFunc(maps.Keys(c), func(a, b string) int { return cmp.Or(c[b]-c[a], strings.Compare(a, b)) })
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = fmt.Sprintf("%s %d", name, c[name])
	}
	return strings.Join(words, ", ")
}

// SameCellLine says whether two names are of one cell line, whose spelling differs
// between releases: U-2 OS is U2OS.
func SameCellLine(a, b string) bool { return letters(a) == letters(b) }

// letters are those of a name, and its digits, in capitals.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(name))
}
