package imagehash

import (
	"fmt"
	"image"
	"strconv"
	"strings"

	"github.com/corona10/goimagehash"

	"hpaflow/data"
)

// Hashed is a sample and what its image hashes to.
type Hashed struct {
	Sample *data.Sample // without its pixels
	AHash  uint64
	PHash  uint64
}

// Bytes is the memory it holds.
func (h *Hashed) Bytes() int64 { return h.Sample.Bytes() + 16 }

// Fields are the Id and both hashes, as a table holds them.
func (h *Hashed) Fields() []string {
	return []string{h.Sample.ID, Format(h.AHash), Format(h.PHash)}
}

// Parse reads a hash as it is exchanged: 16 hexadecimal digits, as Python's
// ImageHash and Format write them, or goimagehash's text, such as
// "p:f8e0c0c0e0f0f8fc", whose kind it does not look at.
func Parse(text string) (uint64, error) {
	digits := text
	if kind, rest, typed := strings.Cut(text, ":"); typed && len(kind) == 1 {
		digits = rest
	}
	bits, err := strconv.ParseUint(digits, 16, 64)
	if err != nil || len(digits) != 16 {
		return 0, fmt.Errorf("%q is no hash of 16 hexadecimal digits", text)
	}
	return bits, nil
}

// Typed gives both hashes as goimagehash's type, which knows their distance.
func (h *Hashed) Typed() (average, perception *goimagehash.ImageHash) {
	return goimagehash.NewImageHash(h.AHash, goimagehash.AHash), goimagehash.NewImageHash(h.PHash, goimagehash.PHash)
}

// Distance is how far apart two samples are: the bits in which their average
// hashes differ, and those in which their perceptual hashes do; 0..64 each.
func (h *Hashed) Distance(other *Hashed) (average, perception int) {
	a, p := h.Typed()
	b, q := other.Typed()
	average, _ = a.Distance(b) // the kinds are the same, so there is no error
	perception, _ = p.Distance(q)
	return average, perception
}

// Methods are the ways to hash, by the name of the library that defines them.
// Each gives an average and a perceptual hash of an image's first plane.
var Methods = map[string]func(im *data.Image) (average, perceptual uint64, err error){
	"imagehash": func(im *data.Image) (uint64, uint64, error) { return AHash(im), PHash(im), nil },
	"goimagehash": func(im *data.Image) (uint64, uint64, error) {
		g := asImage(im)
		a, err := goimagehash.AverageHash(g)
		if err != nil {
			return 0, 0, fmt.Errorf("goimagehash: %w", err)
		}
		p, err := goimagehash.PerceptionHash(g)
		if err != nil {
			return 0, 0, fmt.Errorf("goimagehash: %w", err)
		}
		return a.GetHash(), p.GetHash(), nil
	},
}

// asImage is the first plane as the standard library's grey image.
func asImage(im *data.Image) image.Image {
	return &image.Gray{Pix: highBytes(im), Stride: im.Width, Rect: image.Rect(0, 0, im.Width, im.Height)}
}
