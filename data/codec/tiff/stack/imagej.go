package stack

import (
	"strconv"
	"strings"

	"hpaflow/data/codec/tiff"
)

// imageJ reads a description as ImageJ writes it: a setting a line. Channels change
// first, then slices, then times. Where there are fewer pages than images, these lie
// behind the first, one after the other: so stacks beyond 4 GB are written.
func (s *Stack) imageJ(text string, pages []int) (bool, error) {
	settings := map[string]int{"channels": 1, "slices": 1, "frames": 1, "images": len(pages)}
	for _, line := range strings.Split(text, "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if _, known := settings[name]; !known {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return false, s.first.Errorf(tiff.ImageDescription, "ImageJ's %s is no number: %.20q", name, value)
		}
		settings[name] = n
	}
	images := settings["images"]
	c, z, t := settings["channels"], settings["slices"], settings["frames"]
	if c == 1 && z == 1 && t == 1 { // it says no more than how many there are
		z = images
	}
	if err := s.set("ImageJ", c, z, t); err != nil {
		return false, err
	}
	if c*z*t != images {
		return false, s.first.Errorf(tiff.ImageDescription, "ImageJ's images are %d, its channels, slices and frames %d x %d x %d", images, c, z, t)
	}
	s.C *= s.Combined
	switch {
	case len(pages) >= images:
		s.at = func(ch, sl, fr int) (page, error) { return page{index: pages[ch+c*(sl+z*fr)]}, nil }
	case len(pages) == 1:
		s.at = func(ch, sl, fr int) (page, error) { return page{pages[0], ch + c*(sl+z*fr)}, nil }
	default:
		return false, s.first.Errorf(tiff.ImageDescription, "ImageJ's images are %d, of which the file has %d", images, len(pages))
	}
	return true, nil
}
