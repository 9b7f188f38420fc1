package network

// Activation is the result of a layer: images (N,C,H,W), or (N,C) with H = 0.
type Activation struct {
	C, H, W int

	// Ref says which result it is to those that implement layers; the input is
	// 0. A network hands it on and looks no further.
	Ref int
}

// Plane is the number of positions.
func (a Activation) Plane() int { return a.H * a.W }

// Image says that it is the network's input, which has no gradient.
func (a Activation) Image() bool { return a.Ref == 0 }
