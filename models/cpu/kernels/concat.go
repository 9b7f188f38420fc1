package kernels

import "fmt"

// Concat lays images of equal size beside each other by channels. All but the
// last must fill their blocks, so that blocks need not be cut.
type Concat struct {
	C     []int // channels of each input
	Plane int
}

// Validate says what of the shape is impossible.
func (c Concat) Validate() error {
	if len(c.C) == 0 || c.Plane < 1 {
		return fmt.Errorf("concat %+v: impossible shape", c)
	}
	for i, channels := range c.C {
		if channels < 1 || channels%Lanes != 0 && i < len(c.C)-1 {
			return fmt.Errorf("concat: input %d has %d channels, which fill no blocks of %d", i, channels, Lanes)
		}
	}
	return nil
}

// Channels is the number of channels of the result.
func (c Concat) Channels() int {
	total := 0
	for _, channels := range c.C {
		total += channels
	}
	return total
}

// Forward computes y from the inputs.
func (c Concat) Forward(ws *Workspace, n int, y []float32, in [][]float32) {
	ws.each(n*len(c.C), func(_ *scratch, i int) {
		image, input := i/len(c.C), i%len(c.C)
		at, size := c.place(image, input)
		copy(y[at:at+size], in[input][image*size:])
	})
}

// Backward computes the gradient dx of one input from dy.
func (c Concat) Backward(ws *Workspace, n, input int, dx, dy []float32) {
	ws.each(n, func(_ *scratch, image int) {
		at, size := c.place(image, input)
		copy(dx[image*size:(image+1)*size], dy[at:at+size])
	})
}

// place is where an input's values lie in the result, and how many there are.
func (c Concat) place(image, input int) (at, size int) {
	for _, channels := range c.C[:input] {
		at += Blocks(channels) * Lanes * c.Plane
	}
	return image*Blocks(c.Channels())*Lanes*c.Plane + at, Blocks(c.C[input]) * Lanes * c.Plane
}

// Take copies size values of each of n images out of wider ones, of so many
// values, that have them at a place.
func Take(ws *Workspace, n, size, wide, at int, y, x []float32) {
	ws.each(n, func(_ *scratch, image int) {
		copy(y[image*size:(image+1)*size], x[image*wide+at:])
	})
}
