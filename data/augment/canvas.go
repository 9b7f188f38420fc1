package augment

import (
	"math"

	"hpaflow/data/pixel"
)

// canvas is the image that operations are done on. Look-up tables are not
// applied at once but joined, until an operation needs the pixels.
type canvas struct {
	packed  pixel.Layers
	table   [256]uint8
	pending bool
}

// image is the image with all tables applied.
func (c *canvas) image() *pixel.Layers {
	if c.pending {
		c.packed.Lookup(&c.table)
		c.pending = false
	}
	return &c.packed
}

func (c *canvas) lookup(value func(v uint8) uint8) {
	for v := range c.table {
		was := uint8(v)
		if c.pending {
			was = c.table[v]
		}
		c.table[v] = value(was)
	}
	c.pending = true
}

// clipped is a float32 as an 8-bit value: limited, then cut off.
func clipped(v float32) uint8 { return uint8(min(max(v, 0), 255)) }

// contrast is x*by.
func (c *canvas) contrast(by float64) {
	c.lookup(func(v uint8) uint8 { return clipped(float32(v) * float32(by)) })
}

// brightness is x + by*mean, the mean being over all pixels and channels.
func (c *canvas) brightness(by float64) {
	add := float32(by * c.image().Mean())
	c.lookup(func(v uint8) uint8 { return clipped(float32(v) + add) })
}

// gamma is 255*(x/255)^(1/g), cut off.
func (c *canvas) gamma(g float64) {
	c.lookup(func(v uint8) uint8 { return uint8(math.Pow(float64(v)/255, 1/g) * 255) })
}

// invert is 255-x.
func (c *canvas) invert() {
	c.lookup(func(v uint8) uint8 { return 255 - v })
}

// shiftScaleRotate turns by degrees and scales about the centre, then shifts by
// parts of the width and the height.
func (c *canvas) shiftScaleRotate(dx, dy, scale, degrees float64) {
	im := c.image()
	width, height := im.Size()
	w, h := float64(width), float64(height)
	m := pixel.Rotation(w/2, h/2, degrees, scale)
	m[2] += dx * w
	m[5] += dy * h
	im.Warp(m)
}

// scale resizes, cutting off parts of a pixel.
func (c *canvas) scale(by float64) {
	im := c.image()
	width, height := im.Size()
	im.Resize(max(1, int(float64(width)*by)), max(1, int(float64(height)*by)))
}

// gridDistortion stretches and squeezes columns and rows: each axis has steps
// cells and perhaps a partial one, and a factor for each.
func (c *canvas) gridDistortion(steps int, stretchX, stretchY []float64) {
	im := c.image()
	width, height := im.Size()
	im.Remap(gridAxis(width, steps, stretchX), gridAxis(height, steps, stretchY))
}

// gridAxis gives where the pixels of an axis come from. A cell's pixels are
// spread from the end of the cell before to this one's, both included, as
// numpy's linspace spreads them; a partial cell ends at the axis's end.
func gridAxis(length, steps int, stretch []float64) []float32 {
	from := make([]float32, length)
	step := max(1, length/steps)
	before := 0.0
	for i := 0; i*step < length; i++ {
		start, end := i*step, (i+1)*step
		var to float64
		if end > length {
			end, to = length, float64(length)
		} else {
			to = before + float64(step)*stretch[min(i, len(stretch)-1)]
		}
		n := end - start
		apart := (to - before) / float64(max(1, n-1))
		for k := range n {
			from[start+k] = float32(float64(float64(k)*apart) + before)
		}
		if n > 1 {
			from[end-1] = float32(to)
		}
		before = to
	}
	return from
}
