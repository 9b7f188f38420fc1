package pixel

import (
	"fmt"

	"hpaflow/data"
)

// quad is how many planes are packed together.
const quad = 4

// Packed is an 8-bit image of at most four planes that operations are done on one
// after the other; Layers takes more. Its planes are interleaved, four bytes a
// pixel, so that whatever moves pixels moves all of a pixel's channels at once;
// missing planes are zero. Memory is kept from image to image. The zero value is
// ready for Load.
//
// Every operation works on every channel alone and replaces the image.
type Packed struct {
	Width, Height int // pixels

	planes  int
	pix     []uint8 // Width*Height pixels
	spare   []uint8 // where the next result goes
	strips  [4][]uint8
	padded  []uint8
	sums    []uint16
	offsets [2][]int32
	nothing []uint8 // stays zero
}

// slack is how far beyond a row's end a block may be written.
const slack = 32

// sized gives n elements, in the memory at hand when that is enough.
func sized[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
	return *s
}

// result gives memory for an image that is to take this one's place by replace.
func (p *Packed) result(width, height int) []uint8 {
	return sized(&p.spare, 4*width*height+slack)
}

func (p *Packed) replace(width, height int) {
	p.pix, p.spare = p.spare, p.pix
	p.Width, p.Height = width, height
	p.pix = p.pix[:4*width*height]
}

// Load takes in an image under a symmetry. The image must have 8 bits, at most
// four planes and at most 16384 pixels a side.
func (p *Packed) Load(im *data.Image, d Dihedral) error {
	if len(im.Planes) > quad {
		return fmt.Errorf("image of %d planes: only %d can be packed", len(im.Planes), quad)
	}
	if err := augmentable(im); err != nil {
		return err
	}
	p.load(im, d)
	return nil
}

// augmentable says why operations cannot be done on an image.
func augmentable(im *data.Image) error {
	const longest = 1 << 14
	if im.Depth() != 8 || im.Width > longest || im.Height > longest {
		return fmt.Errorf("image of %dx%d pixels and %d bits: only 8 bits and sides up to %d can be augmented",
			im.Width, im.Height, im.Depth(), longest)
	}
	return nil
}

func (p *Packed) load(im *data.Image, d Dihedral) {
	width, height := im.Width, im.Height
	if d&Transpose != 0 {
		width, height = height, width
	}
	p.planes = len(im.Planes)
	dst := p.result(width, height)[:4*width*height]
	if n := width * height; len(im.Planes) < len(p.strips) && len(p.nothing) < n {
		p.nothing = make([]uint8, n)
	}
	if d&Transpose != 0 {
		p.loadTransposed(dst, im, d)
	} else {
		p.loadRows(dst, im, d)
	}
	p.replace(width, height)
}

func (p *Packed) loadRows(dst []uint8, im *data.Image, d Dihedral) {
	var planes [4][]uint8
	if d == Identity {
		for c := range planes {
			planes[c] = p.plane(im, c)
		}
		packRow(dst, &planes)
		return
	}
	for y := range im.Height {
		for c := range planes {
			planes[c] = p.plane(im, c)[y*im.Width : (y+1)*im.Width]
		}
		p.place(dst, y, im.Width, im.Height, &planes, d)
	}
}

// loadTransposed transposes strips that become a few rows.
func (p *Packed) loadTransposed(dst []uint8, im *data.Image, d Dihedral) {
	width, height := im.Height, im.Width // of the result
	const side = 64                      // a cache line, so that each is read once
	var planes [4][]uint8
	stride := (width/side + 1 | 1) * side // an odd number of cache lines, so that rows do not share sets of the cache
	for c := range p.strips {
		sized(&p.strips[c], side*stride)
	}
	for x := 0; x < im.Width; x += side {
		n := min(side, im.Width-x)
		for c := range im.Planes {
			transposePlane(p.strips[c], stride, im.Planes[c].U8[x:], im.Width, n, im.Height)
		}
		for i := range n {
			for c := range planes {
				planes[c] = p.nothing[:min(width, len(p.nothing))]
				if c < len(im.Planes) {
					planes[c] = p.strips[c][i*stride:][:width]
				}
			}
			p.place(dst, x+i, width, height, &planes, d)
		}
	}
}

// plane is a plane of the image, or zeros where it has none.
func (p *Packed) plane(im *data.Image, c int) []uint8 {
	if c < len(im.Planes) {
		return im.Planes[c].U8
	}
	return p.nothing[:im.Width*im.Height]
}

// place packs what would be row y, under the flips.
func (p *Packed) place(dst []uint8, y, width, height int, planes *[4][]uint8, d Dihedral) {
	if d&FlipUD != 0 {
		y = height - 1 - y
	}
	row := dst[4*y*width : 4*(y+1)*width]
	if d&FlipLR == 0 {
		packRow(row, planes)
		return
	}
	forth := sized(&p.padded, 4*width)
	packRow(forth, planes)
	flipRow(row, forth)
}

// Image gives the image as planes.
func (p *Packed) Image() *data.Image {
	im := data.NewImage(p.Width, p.Height, p.planes, 8)
	p.unpack(im.Planes)
	return im
}

// unpack fills planes of the image's size.
func (p *Packed) unpack(to []data.Plane) {
	var planes [4][]uint8
	for c := range planes {
		if c < len(to) {
			planes[c] = to[c].U8
		} else {
			planes[c] = sized(&p.padded, p.Width*p.Height)
		}
	}
	unpackRow(&planes, p.pix)
}

// packRow interleaves planes of len(dst)/4 bytes.
func packRow(dst []uint8, planes *[4][]uint8) {
	for i := fastPack(dst, planes); i < len(dst)/4; i++ {
		for c := range planes {
			dst[4*i+c] = planes[c][i]
		}
	}
}

// unpackRow parts them again.
func unpackRow(planes *[4][]uint8, src []uint8) {
	for i := fastUnpack(planes, src); i < len(src)/4; i++ {
		for c := range planes {
			planes[c][i] = src[4*i+c]
		}
	}
}

// flipRow sets dst to packed pixels in reverse.
func flipRow(dst, src []uint8) {
	for i := fastFlip(dst, src); i < len(src); i += 4 {
		copy(dst[len(dst)-4-i:][:4], src[i:i+4])
	}
}

// Lookup replaces every value by the table's.
func (p *Packed) Lookup(table *[256]uint8) {
	for i := fastLookup(p.pix, p.pix, table); i < len(p.pix); i++ {
		p.pix[i] = table[p.pix[i]]
	}
}

// Mean is the mean of all values of all planes. A plane that the image does not
// have is flat, whatever has been done to it, and so can be taken off.
func (p *Packed) Mean() float64 { return float64(p.sum()) / float64(p.Width*p.Height*p.planes) }

func (p *Packed) sum() uint64 {
	sum, _ := Sums(p.pix)
	return sum - uint64(p.pix[3])*uint64(p.Width*p.Height*(len(p.strips)-p.planes))
}

// Sums adds up bytes, and their squares.
func Sums(values []uint8) (sum, squares uint64) {
	sum, squares, done := fastSums(values)
	for _, v := range values[done:] {
		sum += uint64(v)
		squares += uint64(v) * uint64(v)
	}
	return sum, squares
}

// Normalise sets dst to (src-mean)/deviation.
func Normalise(dst []float32, src []uint8, mean, deviation float32) {
	for i := fastNormalise(dst, src, mean, deviation); i < len(src); i++ {
		dst[i] = (float32(src[i]) - mean) / deviation
	}
}
