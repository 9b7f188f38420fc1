package imagehash

import (
	"fmt"
	"slices"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

// AHash is ImageHash's average_hash of an image's first plane: the plane is
// shrunk to 8x8 by Pillow's Lanczos, and a bit is set where a pixel is above
// the mean. 16-bit planes are hashed by the highest 8 of the bits they use: 8, 10, 12,
// 14 or 16, as cameras have them.
func AHash(im *data.Image) uint64 {
	small := grey(im, averageSide)
	sum := 0
	for _, v := range small {
		sum += int(v)
	}
	var bits uint64
	for _, v := range small {
		bits <<= 1
		if int(v)*len(small) > sum {
			bits |= 1
		}
	}
	return bits
}

// PHash is ImageHash's phash of an image's first plane: the plane is shrunk to
// 32x32 by Pillow's Lanczos, transformed by the unnormalised DCT-II along its
// columns, then its rows, and a bit is set where one of the 8x8 lowest
// frequencies is above their median. 16-bit planes are hashed as AHash does.
func PHash(im *data.Image) uint64 {
	low := lowFrequencies(grey(im, side))
	sorted := low
	slices.Sort(sorted[:])
	median := (sorted[31] + sorted[32]) / 2
	var bits uint64
	for _, v := range low {
		bits <<= 1
		if v > median {
			bits |= 1
		}
	}
	return bits
}

const (
	averageSide = 8
	side        = 32 // of what PHash transforms
	kept        = 8  // frequencies kept along each axis
)

// grey is the first plane, shrunk to a square.
func grey(im *data.Image, side int) []uint8 {
	plane := &data.Image{Width: im.Width, Height: im.Height, Planes: []data.Plane{{U8: highBytes(im)}}}
	return pixel.Resample(plane, side, side, pixel.Lanczos).Planes[0].U8
}

// highBytes is the first plane with 8 bits.
func highBytes(im *data.Image) []uint8 {
	if im.Depth() == 8 {
		return im.Planes[0].U8
	}
	high := make([]uint8, im.Width*im.Height)
	plane := im.Planes[0].U16
	lost := data.UsedBits(slices.Max(plane)) - 8
	for i, v := range plane {
		high[i] = uint8(v >> lost)
	}
	return high
}

// lowFrequencies gives the 8x8 lowest frequencies of 32x32 pixels.
func lowFrequencies(pixels []uint8) (low [kept * kept]float64) {
	var down [kept][side]float64 // the columns' frequencies
	for x := range side {
		var column [side]float64
		for y := range column {
			column[y] = float64(pixels[y*side+x])
		}
		column = dct(column)
		for f := range down {
			down[f][x] = column[f]
		}
	}
	for f := range down {
		row := dct(down[f])
		copy(low[f*kept:], row[:kept])
	}
	return low
}

// Format writes a hash as ImageHash does, and as the tables hold it.
func Format(hash uint64) string { return fmt.Sprintf("%016x", hash) }
