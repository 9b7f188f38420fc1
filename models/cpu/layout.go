package cpu

import (
	"hpaflow/models"
	"hpaflow/models/cpu/kernels"
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

// poolFor is a max pool of x.
func poolFor(x network.Activation, s network.MaxPool) kernels.MaxPool {
	return kernels.MaxPool{C: x.C, H: x.H, W: x.W, Kernel: s.Kernel, Stride: s.Stride, Pad: s.Pad, Ceil: s.Ceil}
}
