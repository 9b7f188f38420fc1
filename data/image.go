package data

import (
	"fmt"
	"unsafe"
)

// MaxPlanes is the most planes an image has.
const MaxPlanes = 16

// Image is one to MaxPlanes planes of one size and one depth. The planes of an
// image made by NewImage lie one after the other in one piece of memory, so
// that it is also an array of shape (planes, Height, Width) in C order.
//
// Planes are never interleaved and never premultiplied: yellow is a plane as
// the others are, not an alpha.
type Image struct {
	Width, Height int // pixels
	Planes        []Plane
}

// Plane is one grey channel, row by row, no padding. Exactly one of the two
// slices is set; its length is Width*Height.
type Plane struct {
	U8  []uint8
	U16 []uint16
}

// NewImage makes a black image. Depth is the bits of a pixel, 8 or 16.
func NewImage(width, height, planes, depth int) *Image {
	if width < 1 || height < 1 || planes < 1 || planes > MaxPlanes || depth != 8 && depth != 16 {
		panic(fmt.Sprintf("data: no image of %dx%d pixels, %d planes, %d bits", width, height, planes, depth))
	}
	im := &Image{Width: width, Height: height, Planes: make([]Plane, planes)}
	n := width * height
	if depth == 8 {
		all := make([]uint8, planes*n)
		for i := range im.Planes {
			im.Planes[i].U8 = all[i*n : (i+1)*n : (i+1)*n]
		}
		return im
	}
	all := make([]uint16, planes*n)
	for i := range im.Planes {
		im.Planes[i].U16 = all[i*n : (i+1)*n : (i+1)*n]
	}
	return im
}

// Depth is the bits of a pixel, 8 or 16.
func (im *Image) Depth() int {
	if im.Planes[0].U16 != nil {
		return 16
	}
	return 8
}

// Bytes is the memory the pixels hold.
func (im *Image) Bytes() int64 {
	return int64(im.Width) * int64(im.Height) * int64(len(im.Planes)) * int64(im.Depth()/8)
}

// Validate says what makes the image unusable: no planes, or planes that
// differ from its size or from one another's depth.
func (im *Image) Validate() error {
	if im.Width < 1 || im.Height < 1 || len(im.Planes) < 1 || len(im.Planes) > MaxPlanes {
		return fmt.Errorf("image of %dx%d pixels and %d planes", im.Width, im.Height, len(im.Planes))
	}
	for i, p := range im.Planes {
		if (p.U8 == nil) == (p.U16 == nil) || (p.U16 != nil) != (im.Depth() == 16) {
			return fmt.Errorf("plane %d has another depth than plane 0", i)
		}
		if n := len(p.U8) + len(p.U16); n != im.Width*im.Height {
			return fmt.Errorf("plane %d has %d pixels, want %dx%d", i, n, im.Width, im.Height)
		}
	}
	return nil
}

// UsedBits is how many bits the values of an image need whose largest this is, as
// cameras have them: 8, 10, 12, 14 or 16.
func UsedBits(largest uint16) int {
	for _, bits := range []int{8, 10, 12, 14} {
		if int(largest) < 1<<bits {
			return bits
		}
	}
	return 16
}

// Size is how much memory the plane holds, in bytes.
func (p Plane) Size() int { return len(p.U8) + 2*len(p.U16) }

// Raw is the plane's memory: for 16 bits, in the machine's byte order.
func (p Plane) Raw() []byte {
	if p.U16 == nil {
		return p.U8
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(p.U16))), 2*len(p.U16))
}
