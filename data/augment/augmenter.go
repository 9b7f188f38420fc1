package augment

import (
	"math/rand/v2"
	"sync"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

// Augmenter changes images at random. It may be used by several goroutines.
type Augmenter struct {
	pairs  []Pair
	size   int
	canvas sync.Pool
}

// New gives an augmenter for a valid policy, which may be empty. With a size,
// the result is resized to a square of it, as OpenCV's INTER_LINEAR does.
func New(p Policy, size int) *Augmenter {
	a := &Augmenter{pairs: p.Pairs(), size: size}
	a.canvas.New = func() any { return new(canvas) }
	return a
}

// Apply changes an image: by a quarter turn 0 to 3 times, a flip (up-down,
// left-right or both) and a transpose, each with probability 1/2, by a pair of
// operations drawn from the policy, and to the size. What is drawn from r does
// not depend on the pixels. With a policy, the image must have 8 bits.
func (a *Augmenter) Apply(im *data.Image, r *rand.Rand) (*data.Image, error) {
	d := drawDihedral(r)
	if len(a.pairs) == 0 {
		im = d.Apply(im)
		if a.size > 0 {
			im = pixel.Bilinear(im, a.size, a.size)
		}
		return im, nil
	}
	c := a.canvas.Get().(*canvas)
	defer a.canvas.Put(c)
	c.pending = false
	if err := c.packed.Load(im, d); err != nil {
		return nil, err
	}
	for _, o := range a.pairs[r.IntN(len(a.pairs))] {
		if r.Float64() < o.P {
			kinds[o.Kind].do(c, r, o.Numbers)
		}
	}
	out := c.image()
	if a.size > 0 {
		out.Resize(a.size, a.size)
	}
	return out.Image(), nil
}

// drawDihedral joins RandomRotate90, Flip and Transpose, each with p = 0.5,
// into the one symmetry they amount to.
func drawDihedral(r *rand.Rand) pixel.Dihedral {
	d := pixel.Identity
	if r.IntN(2) == 0 {
		d = pixel.Turn(r.IntN(4))
	}
	if r.IntN(2) == 0 {
		d = d.Then([]pixel.Dihedral{pixel.FlipUD, pixel.FlipLR, pixel.FlipUD | pixel.FlipLR}[r.IntN(3)])
	}
	if r.IntN(2) == 0 {
		d = d.Then(pixel.Transpose)
	}
	return d
}
