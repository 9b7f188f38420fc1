package models

import "hpaflow/models/kernels"

// What a network says of its layers, in the terms of this device: images lie
// in blocks of channels, but for the input, which lies as it came.

// inputOf is the network's input.
func inputOf(o *Options) activation {
	return activation{c: o.Channels, h: o.Height, w: o.Width}
}

func headsOf(o *Options) heads {
	return heads{classes: o.Classes, attention: o.AttentionSize, auxAttention: o.AuxAttentionSize}
}

// valuesOf is how many values one sample of an activation takes.
func valuesOf(a activation) int {
	switch {
	case a.h == 0:
		return a.c
	case a.image():
		return a.c * a.plane()
	}
	return kernels.Blocks(a.c) * kernels.Lanes * a.plane()
}

// shapeFor is a convolution of x, for batches of about so many images.
func shapeFor(x activation, s convShape, batch int) kernels.ConvShape {
	return kernels.ConvShape{
		In: x.c, H: x.h, W: x.w, Plain: x.image(), Batch: batch,
		Out: s.out, KH: s.kh, KW: s.kw, StrideH: s.strideH, StrideW: s.strideW, PadH: s.padH, PadW: s.padW, Groups: s.groups,
	}
}

// poolFor is a max pool of x.
func poolFor(x activation, s maxPool) kernels.MaxPool {
	return kernels.MaxPool{C: x.c, H: x.h, W: x.w, Kernel: s.kernel, Stride: s.stride, Pad: s.pad, Ceil: s.ceil}
}
