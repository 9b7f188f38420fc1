package stack

import (
	"encoding/json"
	"strings"

	"hpaflow/data/codec/tiff"
)

// shaped reads a description as tifffile writes it: the shape of an array, and
// perhaps the names of its axes. The pages may lie behind the first.
func (s *Stack) shaped(text string, pages []int) (bool, error) {
	var d struct {
		Shape     []int
		Axes      string
		Truncated bool
	}
	if old, ok := strings.CutPrefix(text, "shape="); ok { // of before 2016
		text = `{"shape": [` + strings.Trim(old, "()[], \n") + `]}`
	}
	if json.Unmarshal([]byte(text), &d) != nil || len(d.Shape) < 2 {
		return false, nil // somebody else's braces
	}
	// Leading axes change last; the page's own are the last two or, with samples, three.
	own := 2
	if s.first.Samples > 1 {
		own = 3
	}
	if len(d.Shape) < own {
		return false, nil
	}
	outer := d.Shape[:len(d.Shape)-own]
	axes := strings.ToUpper(d.Axes)
	if len(axes) != len(d.Shape) {
		axes = strings.Repeat("Q", len(d.Shape))
	}
	sizes := map[byte]int{'C': 1, 'Z': 1, 'T': 1}
	steps := map[byte]int{}
	n, unknown := 1, false
	for i := len(outer) - 1; i >= 0; i-- {
		axis := axes[i]
		if outer[i] < 1 || outer[i] > most || n > most {
			return false, s.first.Errorf(tiff.ImageDescription, "tifffile's shape is %v", d.Shape)
		}
		if _, known := sizes[axis]; !known || steps[axis] > 0 {
			unknown = unknown || outer[i] > 1
		} else {
			sizes[axis], steps[axis] = outer[i], n
		}
		n *= outer[i]
	}
	if len(pages) != n && !(len(pages) == 1 && d.Truncated) {
		return false, nil // it is of another series of the file
	}
	if unknown { // whatever they are
		sizes = map[byte]int{'C': 1, 'Z': n, 'T': 1}
		steps = map[byte]int{'Z': 1}
	}
	if err := s.set("tifffile", sizes['C'], sizes['Z'], sizes['T']); err != nil {
		return false, err
	}
	s.C *= s.Combined
	s.at = func(c, z, t int) (page, error) {
		i := c*steps['C'] + z*steps['Z'] + t*steps['T']
		if len(pages) == n {
			return page{index: pages[i]}, nil
		}
		return page{pages[0], i}, nil
	}
	return true, nil
}
