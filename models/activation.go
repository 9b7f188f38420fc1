package models

import (
	"gorgonia.org/gorgonia"

	"hpaflow/models/kernels"
)

// activation is the result of a layer: images (N,c,h,w) in blocks, or (N,c)
// with h = 0, which lies plainly.
type activation struct {
	c, h, w int
	image   bool // the network's input: plain, and without a gradient

	node *gorgonia.Node // in a graph
	redo *redo          // in a graph, if the node's result is cheap to compute again
	slot int            // in a plan
}

// plane is the number of positions.
func (a activation) plane() int { return a.h * a.w }

// values is how many values one sample takes.
func (a activation) values() int {
	switch {
	case a.h == 0:
		return a.c
	case a.image:
		return a.c * a.plane()
	}
	return kernels.Blocks(a.c) * kernels.Lanes * a.plane()
}
