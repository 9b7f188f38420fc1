package kernels

import "fmt"

// Normed is an image that is yet to be computed: what a norm makes of parts.
type Normed struct {
	Norm    JointNorm
	Parts   [][]float32
	Moments Moments
}

// TakesNormed says whether InferNormed computes its input by the way: a
// convolution of one position that is a product of matrices, whose source is copied
// in any case.
func (c *Conv) TakesNormed() bool {
	p, direct := c.infer.(*pass)
	return direct && p.whole && p.groups == 1 && p.in%Lanes == 0 && p.gridH == p.srcH && p.gridW == p.srcW
}

// InferNormed is Infer of an input that is yet to be computed, to the bit. The
// convolution must take such.
func (c *Conv) InferNormed(ws *Workspace, n int, y []float32, x Normed, p Packed, e Epilogue) {
	for i, part := range x.Parts {
		if x.Norm.Channels() != c.In || len(y) < n*c.OutSize() || len(part) < n*Blocks(x.Norm.C[i])*x.Norm.Plane*Lanes {
			panic(fmt.Sprintf("kernels: convolution %+v of %d images: parts of %v channels, %d values of part %d, %d values out",
				c.ConvShape, n, x.Norm.C, len(part), i, len(y)))
		}
	}
	c.checkEpilogue(n, e)
	f := c.infer.(*pass)
	f.multiplyOf(ws, c.machine, n, y, nil, &x, p.weights.ready(ws, c.machine, f), e)
}

// collect computes count positions of a block of channels, from one on.
func (x *Normed) collect(s *scratch, m *machine, to []float32, image, block, from, count int) {
	channel := block * Lanes
	part, block := x.Norm.find(block)
	at := ((image*Blocks(x.Norm.C[part])+block)*x.Norm.Plane + from) * Lanes
	floor := x.Norm.of(0).floor(s)
	m.blockApply(count, vectors(to, 0, count), vectors(x.Parts[part], at, count), nil, &x.Moments.Scale[channel], &x.Moments.Offset[channel], &floor[0])
}
