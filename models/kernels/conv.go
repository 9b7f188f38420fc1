package kernels

import (
	"errors"
	"fmt"
)

// ConvShape is a two-dimensional convolution of images (N,In,H,W) with weights
// (Out,In/Groups,KH,KW), as torch.nn.Conv2d counts: zeros outside the image,
// no bias. Fields left zero in StrideH.. and DilationH.. and Groups mean 1.
type ConvShape struct {
	In, Out              int
	H, W                 int // of the input
	KH, KW               int
	StrideH, StrideW     int
	PadH, PadW           int
	DilationH, DilationW int
	Groups               int
}

// OutH is the height of the output.
func (s ConvShape) OutH() int { return (s.H+2*s.PadH-s.DilationH*(s.KH-1)-1)/s.StrideH + 1 }

// OutW is the width of the output.
func (s ConvShape) OutW() int { return (s.W+2*s.PadW-s.DilationW*(s.KW-1)-1)/s.StrideW + 1 }

// InSize is the number of values of one input image.
func (s ConvShape) InSize() int { return s.In * s.H * s.W }

// OutSize is the number of values of one output image.
func (s ConvShape) OutSize() int { return s.Out * s.OutH() * s.OutW() }

// WeightSize is the number of weights.
func (s ConvShape) WeightSize() int { return s.Out * s.In / s.Groups * s.KH * s.KW }

// Conv is a convolution with what can be worked out from its shape alone.
// It holds no weights and may be used by several goroutines, each with its
// own Workspace.
type Conv struct {
	ConvShape
	tile     tile
	forward  product
	backward []product // of the input's gradient, one for each phase of the stride
}

// NewConv plans a convolution. The error says what of the shape is impossible.
func NewConv(s ConvShape) (*Conv, error) { return newConv(s, tiles[0]) }

func newConv(s ConvShape, t tile) (*Conv, error) {
	for _, f := range []*int{&s.StrideH, &s.StrideW, &s.DilationH, &s.DilationW, &s.Groups} {
		if *f == 0 {
			*f = 1
		}
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	c := &Conv{ConvShape: s, tile: t}
	c.forward = forwardProduct(s)
	for y := range min(s.StrideH, s.H) {
		for x := range min(s.StrideW, s.W) {
			c.backward = append(c.backward, backwardProduct(s, y, x))
		}
	}
	return c, nil
}

func (s ConvShape) validate() error {
	for _, n := range []int{s.In, s.Out, s.H, s.W, s.KH, s.KW, s.StrideH, s.StrideW, s.DilationH, s.DilationW, s.Groups} {
		if n < 1 {
			return fmt.Errorf("convolution %+v: a size is less than 1", s)
		}
	}
	switch {
	case s.PadH < 0 || s.PadW < 0:
		return errors.New("convolution: negative padding")
	case s.In%s.Groups != 0 || s.Out%s.Groups != 0:
		return fmt.Errorf("convolution: %d groups do not divide %d and %d channels", s.Groups, s.In, s.Out)
	case s.H+2*s.PadH < s.DilationH*(s.KH-1)+1 || s.W+2*s.PadW < s.DilationW*(s.KW-1)+1:
		return fmt.Errorf("convolution: an image of %dx%d is smaller than the kernel", s.H, s.W)
	}
	return nil
}

// Forward computes y (n,Out,OutH,OutW) from x (n,In,H,W) and the weights.
func (c *Conv) Forward(ws *Workspace, n int, y, x, weights []float32) {
	c.check(n, y, x, weights)
	c.forward.run(ws, c.tile, n, y, x, weights)
}

// BackwardData computes the gradient dx (n,In,H,W) from dy (n,Out,OutH,OutW).
func (c *Conv) BackwardData(ws *Workspace, n int, dx, dy, weights []float32) {
	c.check(n, dy, dx, weights)
	for i := range c.backward {
		c.backward[i].run(ws, c.tile, n, dx, dy, weights)
	}
}

func (c *Conv) check(n int, out, in, weights []float32) {
	if len(out) < n*c.OutSize() || len(in) < n*c.InSize() || len(weights) != c.WeightSize() {
		panic(fmt.Sprintf("kernels: convolution %+v of %d images: %d values out, %d in, %d weights",
			c.ConvShape, n, len(out), len(in), len(weights)))
	}
}
