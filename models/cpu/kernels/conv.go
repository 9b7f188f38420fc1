package kernels

import (
	"errors"
	"fmt"
	"slices"

	"hpaflow/models/cpu/pages"
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

	// Batch is about how many images a call has, 0 for one. The method is
	// chosen for it; any number may come.
	Batch int

	// Plain says that the input is an image as it comes, (N,In,H,W), not in
	// blocks. It has no gradient.
	Plain bool
}

// OutH is the height of the output.
func (s ConvShape) OutH() int { return (s.H+2*s.PadH-s.DilationH*(s.KH-1)-1)/s.StrideH + 1 }

// OutW is the width of the output.
func (s ConvShape) OutW() int { return (s.W+2*s.PadW-s.DilationW*(s.KW-1)-1)/s.StrideW + 1 }

// InSize is the number of values that one input image takes.
func (s ConvShape) InSize() int {
	if s.Plain {
		return s.In * s.H * s.W
	}
	return Blocks(s.In) * Lanes * s.H * s.W
}

// OutSize is the number of values that one output image takes.
func (s ConvShape) OutSize() int { return Blocks(s.Out) * Lanes * s.OutH() * s.OutW() }

// WeightSize is the number of weights.
func (s ConvShape) WeightSize() int { return s.Out * s.In / s.Groups * s.KH * s.KW }

// Flops is the number of multiplications and additions that a direct
// convolution of one image takes, forward.
func (s ConvShape) Flops() float64 {
	return 2 * float64(s.Out*s.OutH()*s.OutW()) * float64(s.In/s.Groups*s.KH*s.KW)
}

// Conv is a convolution with what can be worked out from its shape alone.
// It holds no weights and may be used by several goroutines, each with its
// own Workspace.
type Conv struct {
	ConvShape
	machine  *machine
	forward  trained
	infer    method   // forward, where nothing is trained
	backward []method // of the input's gradient, one for each phase of the stride
}

// method is a pass over images, computed as suits its shape.
type method interface {
	packedSize() int
	pack(ws *Workspace, m *machine, packed, weights []float32)
	run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue)
}

// trained is a pass forward of which the weights' gradient is to be had.
type trained interface {
	method
	gradient(ws *Workspace, m *machine, n int, dw, dy, x []float32)
}

// weights are a pass's weights: packed, or as they come and yet to be packed.
type weights struct{ plain, packed []float32 }

// ready gives them packed.
func (w weights) ready(ws *Workspace, m *machine, c method) []float32 {
	if w.packed == nil {
		w.packed = ws.shared.get(slotA, c.packedSize())
		c.pack(ws, m, w.packed, w.plain)
	}
	return w.packed
}

// Epilogue is what follows a convolution before its result is stored: y +
// Bias, + Residual, cut at zero.
type Epilogue struct {
	Bias     []float32 // (Blocks(Out)*Lanes), zero beyond Out; or nil
	Residual []float32 // as y; or nil
	ReLU     bool
}

// relu is ReLU as the innermost loops take it.
func (e Epilogue) relu() int {
	if e.ReLU {
		return 1
	}
	return 0
}

// NewConv plans a convolution. The error says what of the shape is impossible.
func NewConv(s ConvShape) (*Conv, error) { return newConv(s, machines[0]) }

func newConv(s ConvShape, m *machine) (*Conv, error) {
	for _, f := range []*int{&s.StrideH, &s.StrideW, &s.DilationH, &s.DilationW, &s.Groups} {
		if *f == 0 {
			*f = 1
		}
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	c := &Conv{ConvShape: s, machine: m}
	c.plan()
	c.infer = c.forward
	if p, is := c.forward.(*pass); is && p.whole {
		wide := *p
		wide.perPanel = m.panelOf(p.outBl)
		c.infer = &wide
	}
	switch {
	case s.suitsQuads():
		c.infer = &quads{s}
	case s.suitsLines():
		c.infer = newLines(m, s)
	}
	return c, nil
}

// plan chooses the methods of training.
func (c *Conv) plan() {
	s, m := c.ConvShape, c.machine
	switch {
	case s.suitsDepthwise():
		c.forward, c.backward = &depthwise{s.In, s.H, s.W, false}, []method{&depthwise{s.In, s.H, s.W, true}}
		return
	case s.suitsWinograd():
		c.forward, c.backward = newWinograd(m, s, false), []method{newWinograd(m, s, true)}
		return
	}
	c.forward = forwardPass(m, s).stack(s.Batch)
	if s.Plain {
		return
	}
	for y := range min(s.StrideH, s.H) {
		for x := range min(s.StrideW, s.W) {
			c.backward = append(c.backward, backwardPass(m, s, y, x).stack(s.Batch))
		}
	}
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
	case s.Plain && s.Groups > 1:
		return errors.New("convolution: groups of a plain image")
	case s.H+2*s.PadH < s.DilationH*(s.KH-1)+1 || s.W+2*s.PadW < s.DilationW*(s.KW-1)+1:
		return fmt.Errorf("convolution: an image of %dx%d is smaller than the kernel", s.H, s.W)
	}
	return nil
}

// Forward computes y (n,Out,OutH,OutW) from x (n,In,H,W) and the weights.
func (c *Conv) Forward(ws *Workspace, n int, y, x, w []float32) {
	c.ForwardWith(ws, n, y, x, w, Epilogue{})
}

// ForwardWith is Forward with an epilogue. y may be the residual.
func (c *Conv) ForwardWith(ws *Workspace, n int, y, x, w []float32, e Epilogue) {
	c.check(n, y, x, w)
	c.checkEpilogue(n, e)
	c.forward.run(ws, c.machine, n, y, x, weights{plain: w}, e)
}

// PackedSize is how many values the weights are once prepared.
func (c *Conv) PackedSize() int { return c.infer.packedSize() }

// Packed is weights prepared for Infer.
type Packed struct{ weights weights }

// largestPacked is how large prepared weights may be. Kernels of many channels
// take four times their memory once turned for the minimal form; turning
// sixteen channels at a time as they are used costs little beside them.
const largestPacked = 16 << 20

// Pack prepares a copy of weights for Infer.
func (c *Conv) Pack(ws *Workspace, w []float32) Packed {
	if c.packsInUse() {
		return Packed{weights{plain: slices.Clone(w)}}
	}
	packed := pages.Make(c.PackedSize())
	c.infer.pack(ws, c.machine, packed, w)
	return Packed{weights{packed: packed}}
}

// Joint says whether much of a call's work is one for all its images: weights are
// turned where they are used, or a tile takes several images.
func (c *Conv) Joint() bool {
	_, stacked := c.infer.(*stacked)
	return stacked || c.packsInUse()
}

// packsInUse says whether Infer prepares the weights anew each time, since prepared
// they are too large to keep.
func (c *Conv) packsInUse() bool {
	size := c.PackedSize()
	return size*floatBytes > largestPacked && size > c.WeightSize()*5/4 // and not for a last panel that is not full
}

// Infer is Forward with prepared weights and an epilogue. y may be the residual. Some
// shapes have a faster method here than in training, whose results differ in their last
// bits.
func (c *Conv) Infer(ws *Workspace, n int, y, x []float32, p Packed, e Epilogue) {
	c.check(n, y, x, nil)
	c.checkEpilogue(n, e)
	c.infer.run(ws, c.machine, n, y, x, p.weights, e)
}

func (c *Conv) checkEpilogue(n int, e Epilogue) {
	if e.Bias != nil && len(e.Bias) < Blocks(c.Out)*Lanes || e.Residual != nil && len(e.Residual) < n*c.OutSize() {
		panic(fmt.Sprintf("kernels: convolution %+v of %d images: %d biases, %d values of the residual",
			c.ConvShape, n, len(e.Bias), len(e.Residual)))
	}
}

// BackwardData computes the gradient dx (n,In,H,W) from dy (n,Out,OutH,OutW).
func (c *Conv) BackwardData(ws *Workspace, n int, dx, dy, w []float32) {
	c.check(n, dy, dx, w)
	if c.Plain {
		panic("kernels: a plain image has no gradient")
	}
	for _, pass := range c.backward {
		pass.run(ws, c.machine, n, dx, dy, weights{plain: w}, Epilogue{})
	}
}

// BackwardWeights computes the gradient dw (Out,In/Groups,KH,KW) from dy
// (n,Out,OutH,OutW) and the input x (n,In,H,W).
func (c *Conv) BackwardWeights(ws *Workspace, n int, dw, dy, x []float32) {
	c.check(n, dy, x, dw)
	c.forward.gradient(ws, c.machine, n, dw, dy, x)
}

func (c *Conv) check(n int, out, in, weights []float32) {
	if len(out) < n*c.OutSize() || len(in) < n*c.InSize() || weights != nil && len(weights) != c.WeightSize() {
		panic(fmt.Sprintf("kernels: convolution %+v of %d images: %d values out, %d in, %d weights",
			c.ConvShape, n, len(out), len(in), len(weights)))
	}
}
