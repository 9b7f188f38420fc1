package models

// activation is the result of a layer: images (N,c,h,w), or (N,c) with h = 0.
type activation struct {
	c, h, w int

	// ref says which result it is to those that implement layers; the input is
	// 0. A network hands it on and looks no further.
	ref int
}

// plane is the number of positions.
func (a activation) plane() int { return a.h * a.w }

// image says that it is the network's input, which has no gradient.
func (a activation) image() bool { return a.ref == 0 }
