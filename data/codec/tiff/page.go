package tiff

import "fmt"

// Format is what the bits of a sample mean.
type Format int

// The formats that are read.
const (
	Unsigned Format = 1
	Signed   Format = 2
	Float    Format = 3
)

func (f Format) String() string {
	return map[Format]string{Unsigned: "unsigned", Signed: "signed", Float: "floating-point"}[f]
}

// Page is one image of a file.
type Page struct {
	Width, Height int // pixels
	Samples       int // of a pixel, 1 or more
	Bits          int // of a sample
	Format        Format
	Photometric   int
	Extra         []uint64 // what the samples beyond colours are: 1, alpha that colours are multiplied by; 2, other alpha; 0, something else
	Reduced       bool     // it is a smaller copy of another, a mask or a preview

	dir         *directory
	compression int
	predictor   int
	reversed    bool // bits of bytes: the first is the lowest
	swapped     bool // samples are not in the machine's order
	layout      layout
}

// maxSide is the longest side that is read.
const maxSide = 1<<31 - 1

func (f *File) readPage(i int) (*Page, error) {
	d, err := f.readDirectory(i)
	if err != nil {
		return nil, err
	}
	p := &Page{dir: d}
	var kind, older, fill, depth int
	for _, v := range []struct {
		tag       Tag
		to        *int
		otherwise int
	}{
		{ImageWidth, &p.Width, 0}, {ImageLength, &p.Height, 0}, {SamplesPerPixel, &p.Samples, 1},
		{Compression, &p.compression, 1}, {Predictor, &p.predictor, 1}, {FillOrder, &fill, 1},
		{NewSubfileType, &kind, 0}, {SubfileType, &older, 0}, {ImageDepth, &depth, 1}, {Photometric, &p.Photometric, -1},
	} {
		if *v.to, err = d.number(v.tag, v.otherwise); err != nil {
			return nil, err
		}
	}
	if p.Width < 1 || p.Height < 1 || p.Width > maxSide || p.Height > maxSide {
		return nil, d.errorf(0, "ImageWidth and ImageLength are %d and %d", p.Width, p.Height)
	}
	if p.Samples < 1 || p.Samples > 1<<16-1 {
		return nil, d.errorf(SamplesPerPixel, "%d samples a pixel", p.Samples)
	}
	if fill != 1 && fill != 2 {
		return nil, d.errorf(FillOrder, "%d is none", fill)
	}
	if depth > 1 {
		return nil, d.errorf(ImageDepth, "volumes of %d slices a page are not read; split them: bfconvert IN.tif OUT.ome.tif", depth)
	}
	p.reversed, p.Reduced = fill == 2, kind&(1|4) != 0 || older == 2
	if err := p.readSamples(); err != nil {
		return nil, err
	}
	if err := p.readCompression(); err != nil {
		return nil, err
	}
	p.swapped = p.isSwapped()
	return p, p.readLayout()
}

// readSamples finds what a sample is. All of a pixel are alike.
func (p *Page) readSamples() error {
	d := p.dir
	var err error
	if p.Bits, err = d.alike(BitsPerSample, p.Samples, 1); err != nil {
		return err
	}
	format, err := d.alike(SampleFormat, p.Samples, 1)
	if err != nil {
		return err
	}
	switch format {
	case 1, 2, 3:
		p.Format = Format(format)
	case 4: // of no known meaning: they are numbers all the same
		p.Format = Unsigned
	case 5, 6:
		return d.errorf(SampleFormat, "complex numbers are not read; write their real parts or magnitudes as 32-bit floats")
	default:
		return d.errorf(SampleFormat, "%d is none", format)
	}
	if !p.readable() {
		return d.errorf(BitsPerSample, "%v samples of %d bits are not read; convert them to 16 or 32 bits: bfconvert IN.tif OUT.ome.tif", p.Format, p.Bits)
	}
	if e, found := d.entries[ExtraSamples]; found && e.count > 0 {
		if p.Extra, err = d.numbers(ExtraSamples, min(e.count, uint64(p.Samples))); err != nil {
			return err
		}
	}
	if p.Photometric < 0 { // as libtiff assumes
		p.Photometric = BlackIsZero
		if p.Samples >= 3 {
			p.Photometric = RGB
		}
	}
	return nil
}

// alike gives the one value that a field has for each sample of a pixel.
func (d *directory) alike(tag Tag, samples, otherwise int) (int, error) {
	e, found := d.entries[tag]
	if !found || e.count == 0 {
		return otherwise, nil
	}
	values, err := d.numbers(tag, min(e.count, uint64(samples)))
	if err != nil {
		return 0, err
	}
	for _, v := range values {
		if v != values[0] {
			return 0, d.errorf(tag, "the samples of a pixel differ: %d and %d; write them as pages of their own: tiffsplit, or bfconvert -separate", values[0], v)
		}
	}
	return int(min(values[0], 1<<16)), nil
}

func (p *Page) readable() bool {
	switch p.Format {
	case Unsigned:
		return p.Bits >= 1 && p.Bits <= 16 || p.Bits == 32 || p.Bits == 64
	case Signed:
		return p.Bits == 8 || p.Bits == 16 || p.Bits == 32 || p.Bits == 64
	}
	return p.Bits == 16 || p.Bits == 32 || p.Bits == 64
}

// Size is how many bytes a sample takes once it is read.
func (p *Page) Size() int {
	switch {
	case p.Bits <= 8:
		return 1
	case p.Bits <= 16:
		return 2
	}
	return p.Bits / 8
}

// Colours gives a palette: 1<<Bits values of 16 bits of red, then of green, then of
// blue. It is nil where there is none.
func (p *Page) Colours() ([]uint64, error) {
	if p.Photometric != Palette {
		return nil, nil
	}
	if p.Bits > 16 {
		return nil, p.dir.errorf(ColorMap, "palettes for %d bits are not read", p.Bits)
	}
	if _, found := p.dir.entries[ColorMap]; !found {
		return nil, p.dir.errorf(ColorMap, "the palette is missing")
	}
	return p.dir.values(ColorMap, 3<<p.Bits)
}

// Descriptions are the texts of the page, as writers leave metadata in them. One is
// empty if it is no text, or if with it they are longer than the file.
func (p *Page) Descriptions() (all []string) {
	left := min(mostText, uint64(p.dir.file.size))
	for _, e := range p.dir.texts {
		all = append(all, p.dir.text(e, &left))
	}
	return all
}

// Errorf is an error about a field of the page.
func (p *Page) Errorf(tag Tag, format string, a ...any) error { return p.dir.errorf(tag, format, a...) }

// What says what a page is made of: 16-bit unsigned grey.
func (p *Page) What() string {
	return fmt.Sprintf("%d-bit %v samples of %s", p.Bits, p.Format, PhotometricName(p.Photometric))
}
