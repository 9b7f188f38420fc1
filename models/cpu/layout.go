package cpu

import (
	"context"
	"fmt"
	"slices"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
	"hpaflow/models/cpu/pages"
	"hpaflow/models/network"
)

// What a network says of its layers, in the terms of this device: images lie
// in blocks of channels, but for the input, which lies as it came.

// inputOf is the network's input.
func inputOf(o *models.Options) network.Activation {
	return network.Activation{C: o.Channels, H: o.Height, W: o.Width}
}

func headsOf(o *models.Options) network.Heads {
	return network.Heads{Classes: o.Classes, Attention: o.AttentionSize, AuxAttention: o.AuxAttentionSize}
}

// valuesOf is how many values one sample of an activation takes.
func valuesOf(a network.Activation) int {
	switch {
	case a.H == 0:
		return a.C
	case a.Image():
		return a.C * a.Plane()
	}
	return kernels.Blocks(a.C) * kernels.Lanes * a.Plane()
}

// shapeFor is a convolution of x, for batches of about so many images.
func shapeFor(x network.Activation, s network.ConvShape, batch int) kernels.ConvShape {
	return kernels.ConvShape{
		In: x.C, H: x.H, W: x.W, Plain: x.Image(), Batch: batch,
		Out: s.Out, KH: s.KH, KW: s.KW, StrideH: s.StrideH, StrideW: s.StrideW, PadH: s.PadH, PadW: s.PadW, Groups: s.Groups,
	}
}

// denseFor is a dense layer of x: a convolution of one position.
func denseFor(x network.Activation, d network.Dense, batch int) (*kernels.Conv, error) {
	k, err := kernels.NewConv(shapeFor(x, network.ConvShape{Out: d.Out, KH: 1, KW: 1}, batch))
	if err == nil && (x.C%kernels.Lanes != 0 || d.Out%kernels.Lanes != 0) {
		err = errBlocks
	}
	return k, err
}

// normFor is a batch norm of x, which is these parts beside each other.
func normFor(x network.Activation, parts []network.Activation, n network.Norm) (kernels.JointNorm, error) {
	k := kernels.JointNorm{Plane: x.Plane(), ReLU: n.ReLU, Eps: n.Eps}
	for _, p := range parts {
		k.C = append(k.C, p.C)
	}
	return k, k.Validate()
}

// poolFor is a max pool of x.
func poolFor(x network.Activation, s network.MaxPool) kernels.MaxPool {
	return kernels.MaxPool{C: x.C, H: x.H, W: x.W, Kernel: s.Kernel, Stride: s.Stride, Pad: s.Pad, Ceil: s.Ceil}
}

// views gives the logits (views,N,classes) of a batch under each symmetry; none
// is the identity.
func (r *runner) views(ctx context.Context, b *data.Batch, views []pixel.Dihedral) ([]float32, error) {
	if len(views) == 0 {
		views = []pixel.Dihedral{pixel.Identity}
	}
	var all []float32
	for _, v := range views {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		logits, err := r.run(b.N, r.seen(b, v))
		if err != nil {
			return nil, fmt.Errorf("predict: %w", err)
		}
		all = append(all, logits...)
	}
	return slices.Clip(all), nil
}

// seen are the images of a batch under a symmetry: its own memory where it holds
// them so.
func (r *runner) seen(b *data.Batch, view pixel.Dihedral) []float32 {
	if b.X != nil && view == pixel.Identity {
		return b.X
	}
	for i := range r.images {
		if len(r.images[i]) < b.Pixels() && (i == 0 || view != pixel.Identity) {
			r.images[i] = pages.Make(b.Pixels())
		}
	}
	see(r.env.ws, r.images[0], r.images[1], b, view)
	return r.images[0]
}

// see fills x with a batch's images (N,C,H,W) as the network sees them under a
// symmetry. spare is as large as x; the identity has no use for it.
func see(ws *kernels.Workspace, x, spare []float32, b *data.Batch, view pixel.Dihedral) {
	size := b.H * b.W
	ws.Each(b.N*b.C, func(i int) {
		var scratch []float32
		if view != pixel.Identity {
			scratch = spare[i*size : (i+1)*size]
		}
		pixel.NormalisedPlane(x[i*size:(i+1)*size], scratch, b, i, view)
	})
}
