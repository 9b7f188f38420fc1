package stack

import (
	"fmt"
	"strings"

	"hpaflow/data/codec/tiff"
)

// Stack is an image of several planes.
type Stack struct {
	By       string   // whose metadata says it: OME, ImageJ, tifffile; empty: nobody's
	C, Z, T  int      // channels, slices and times, at least 1 of each
	Names    []string // of the channels; empty where they have none
	Combined int      // samples of a pixel, each a channel, where a page has more than one

	file  *tiff.File
	first *tiff.Page
	at    func(c, z, t int) (page, error)
}

// page is where a plane is.
type page struct {
	index  int // of the directory
	behind int // how many images behind it
}

// Of reads what a file's pages are.
func Of(f *tiff.File) (*Stack, error) {
	pages, err := whole(f)
	if err != nil {
		return nil, err
	}
	first, err := f.Page(pages[0])
	if err != nil {
		return nil, err
	}
	s := &Stack{C: 1, Z: 1, T: 1, Combined: combined(first), file: f, first: first}
	for _, text := range first.Descriptions() {
		var known bool
		switch {
		case strings.HasPrefix(text, "ImageJ="):
			known, err = s.imageJ(text, pages)
		case isOME(text):
			known, err = s.ome(text)
		case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "shape="):
			known, err = s.shaped(text, pages)
		}
		if err != nil || known {
			return s, err
		}
	}
	s.C = s.Combined
	s.Z = len(pages)
	s.at = func(_, z, _ int) (page, error) { return page{index: pages[z]}, nil }
	return s, nil
}

// whole are the pages that are no smaller copies or masks.
func whole(f *tiff.File) (list []int, err error) {
	for i := range f.Len() {
		p, err := f.Page(i)
		if err != nil {
			return nil, err
		}
		if !p.Reduced {
			list = append(list, i)
		}
	}
	if list == nil {
		list = []int{0}
	}
	return list, nil
}

// combined is how many channels a page has: a palette has one.
func combined(p *tiff.Page) int {
	if p.Photometric == tiff.Palette {
		return 1
	}
	return p.Samples
}

// Plane gives the page that has a plane, and which of its samples the plane is.
func (s *Stack) Plane(c, z, t int) (*tiff.Page, int, error) {
	sample := 0
	if s.Combined > 1 {
		c, sample = c/s.Combined, c%s.Combined
	}
	at, err := s.at(c, z, t)
	if err != nil {
		return nil, 0, err
	}
	if at.index >= s.file.Len() {
		return nil, 0, s.first.Errorf(tiff.ImageDescription, "the metadata of %s has %s, whose page %d is not in the file, which has %d",
			s.By, s, at.index+1, s.file.Len())
	}
	p, err := s.file.Page(at.index)
	if err != nil {
		return nil, 0, err
	}
	if at.behind > 0 {
		if p, err = p.Behind(at.behind); err != nil {
			return nil, 0, err
		}
	}
	if f := s.first; p.Width != f.Width || p.Height != f.Height || p.Samples != f.Samples || p.Bits != f.Bits || p.Format != f.Format || p.Photometric != f.Photometric {
		return nil, 0, p.Errorf(tiff.ImageWidth, "is %d x %d, of %s, where page 1 is %d x %d, of %s: they are no planes of one image; write each to a file of its own: tiffsplit IN.tif",
			p.Width, p.Height, p.What(), f.Width, f.Height, f.What())
	}
	return p, sample, nil
}

// Planes is how many there are.
func (s *Stack) Planes() int { return s.C * s.Z * s.T }

// String says what there is: 3 channels, 21 slices, 1 time.
func (s *Stack) String() string {
	return fmt.Sprintf("%s, %s, %s", count(s.C, "channel"), count(s.Z, "slice"), count(s.T, "time"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Channel finds a channel by its name, or by its number from 0.
func (s *Stack) Channel(name string) (int, error) {
	for i, n := range s.Names {
		if strings.EqualFold(n, name) {
			return i, nil
		}
	}
	var i int
	if _, err := fmt.Sscanf(name, "%d", &i); err == nil && fmt.Sprint(i) == name && i >= 0 && i < s.C {
		return i, nil
	}
	return 0, fmt.Errorf("no channel is called %q; there are %s%s", name, count(s.C, "channel"), named(s.Names))
}

func named(names []string) string {
	var list []string
	for _, n := range names {
		if n != "" {
			list = append(list, fmt.Sprintf("%q", n))
		}
	}
	if list == nil {
		return ""
	}
	return ": " + strings.Join(list, ", ")
}

// most is how many planes an image may have.
const most = 1 << 24

// set takes the sizes that metadata gives, if they make sense.
func (s *Stack) set(by string, c, z, t int) error {
	for _, n := range []int{c, z, t} {
		if n < 1 || n > most {
			return s.first.Errorf(tiff.ImageDescription, "the metadata of %s has %d channels, %d slices and %d times", by, c, z, t)
		}
	}
	if int64(c)*int64(z) > most || int64(c)*int64(z)*int64(t) > most {
		return s.first.Errorf(tiff.ImageDescription, "the metadata of %s has more than %d planes", by, most)
	}
	s.By, s.C, s.Z, s.T = by, c, z, t
	return nil
}
