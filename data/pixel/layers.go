package pixel

import "hpaflow/data"

// Layers is an 8-bit image of any number of planes that operations are done on, as
// they are on Packed: four planes lie in each layer, and every operation is done on
// each. Memory is kept from image to image. The zero value is ready for Load.
type Layers struct {
	all    []*Packed // those in use
	spare  []*Packed // kept for images of more planes
	planes int
}

// Load takes in an image under a symmetry, as Packed.Load does.
func (l *Layers) Load(im *data.Image, d Dihedral) error {
	if err := augmentable(im); err != nil {
		return err
	}
	l.load(im, d)
	return nil
}

func (l *Layers) load(im *data.Image, d Dihedral) {
	l.planes = len(im.Planes)
	layers := (l.planes + quad - 1) / quad
	for len(l.spare) < layers {
		l.spare = append(l.spare, new(Packed))
	}
	l.all = l.spare[:layers]
	for i, p := range l.all {
		part := *im
		part.Planes = im.Planes[quad*i : min(quad*(i+1), l.planes)]
		p.load(&part, d)
	}
}

// Size is the width and the height in pixels.
func (l *Layers) Size() (width, height int) { return l.all[0].Width, l.all[0].Height }

// Image gives the image as planes.
func (l *Layers) Image() *data.Image {
	width, height := l.Size()
	im := data.NewImage(width, height, l.planes, 8)
	for i, p := range l.all {
		p.unpack(im.Planes[quad*i : quad*i+p.planes])
	}
	return im
}

// Mean is the mean of all values of all planes.
func (l *Layers) Mean() float64 {
	var sum uint64
	for _, p := range l.all {
		sum += p.sum()
	}
	width, height := l.Size()
	return float64(sum) / float64(width*height*l.planes)
}

// Lookup replaces every value by the table's.
func (l *Layers) Lookup(table *[256]uint8) {
	for _, p := range l.all {
		p.Lookup(table)
	}
}

// Resize resizes as Bilinear does.
func (l *Layers) Resize(width, height int) {
	for _, p := range l.all {
		p.Resize(width, height)
	}
}

// Warp is Packed's.
func (l *Layers) Warp(m Affine) {
	for _, p := range l.all {
		p.Warp(m)
	}
}

// Remap is Packed's.
func (l *Layers) Remap(xs, ys []float32) {
	for _, p := range l.all {
		p.Remap(xs, ys)
	}
}

// Displace is Packed's. The same is asked of move for each layer.
func (l *Layers) Displace(move func(y int, dx, dy []float32) bool) {
	for _, p := range l.all {
		p.Displace(move)
	}
}

// Blur is Packed's.
func (l *Layers) Blur(size int) {
	for _, p := range l.all {
		p.Blur(size)
	}
}

// MotionBlur is Packed's.
func (l *Layers) MotionBlur(size int, from, to Cell) {
	for _, p := range l.all {
		p.MotionBlur(size, from, to)
	}
}
