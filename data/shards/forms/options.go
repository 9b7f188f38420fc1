package forms

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hpaflow/data/codec"
	"hpaflow/data/shards"
)

// Form is whose layout it is.
type Form string

// The forms there are.
const (
	Tar     Form = "tar"
	MDS     Form = "mds"
	Parquet Form = "parquet"
	LitData Form = "litdata"
)

// Forms are all of them.
var Forms = []Form{Tar, MDS, Parquet, LitData}

// Image is how planes are kept.
type Image string

// The ways there are.
const (
	Auto Image = "auto" // PNG in a tar, where a PNG holds the image; in Parquet if one holds the first; else arrays
	PNG  Image = "png"
	NPY  Image = "npy" // arrays of NumPy
)

// Images are all of them.
var Images = []Image{Auto, PNG, NPY}

// Options are how shards are written.
type Options struct {
	Form  Form
	Image Image

	Split   string // only samples of it; empty: all
	Samples int    // of a file, at most
	Bytes   int64  // of pixels in a file, at most; it holds one sample at least. 0: what the form's readers are used to
}

// most is how many bytes of pixels a file may have: two forms tell places in it by 32
// bits, and what is read beside pixels is little.
const most = 3 << 30

// EnsureDefaults fills in what is left open.
func (o *Options) EnsureDefaults() {
	if o.Image == "" {
		o.Image = Auto
	}
	if o.Samples == 0 {
		o.Samples = 1 << 24
	}
	if o.Bytes == 0 {
		o.Bytes = map[Form]int64{Tar: 1 << 30, MDS: 64 << 20, Parquet: 512 << 20, LitData: 64 << 20}[o.Form]
	}
}

// Validate says all that is wrong.
func (o Options) Validate() error {
	var faults []error
	if !slices.Contains(Forms, o.Form) {
		faults = append(faults, fmt.Errorf("form is %q, want one of %s", o.Form, enumerated(Forms)))
	}
	if !slices.Contains(Images, o.Image) {
		faults = append(faults, fmt.Errorf("image is %q, want one of %s", o.Image, enumerated(Images)))
	}
	if o.Samples < 1 || o.Samples > 1<<24 {
		faults = append(faults, fmt.Errorf("%d samples in a file, want 1 to %d", o.Samples, 1<<24))
	}
	if o.Bytes < 1 || o.Bytes > most {
		faults = append(faults, fmt.Errorf("%d bytes in a file, want 1 to %d", o.Bytes, most))
	}
	return errors.Join(faults...)
}

func enumerated[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = string(one)
	}
	return strings.Join(words, ", ")
}

// settle decides what Auto leaves open until a sample is known. In a tar that is each
// sample's own.
func (o *Options) settle(first *shards.Content) {
	switch {
	case o.Image != Auto || o.Form == Tar:
	case o.Form == Parquet && fitsPNG(first) == nil:
		o.Image = PNG
	default:
		o.Image = NPY
	}
}

// fitsPNG says why a PNG would not hold an image as readers get it: Pillow, by which all
// of these libraries decode, cuts colours of 16 bits to 8.
func fitsPNG(c *shards.Content) error {
	switch planes, depth := len(c.Image.Planes), c.Image.Depth(); {
	case planes > codec.RGBA:
		return fmt.Errorf("it has %d planes, and a PNG holds at most %d", planes, codec.RGBA)
	case planes == 2:
		return errors.New("it has two planes, which as a PNG would be grey and alpha, and four to most readers")
	case depth > 8:
		return fmt.Errorf("it has %d bits, of which readers of PNGs would keep 8", depth)
	}
	return nil
}

// asPNG says whether a sample becomes a PNG.
func (o Options) asPNG(c *shards.Content) (bool, error) {
	unfit := fitsPNG(c)
	switch {
	case o.Image == PNG && unfit != nil:
		return false, fmt.Errorf("%w; arrays hold it: --image npy", unfit)
	case o.Image == Auto:
		return unfit == nil, nil
	}
	return o.Image == PNG, nil
}
