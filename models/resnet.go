package models

import (
	"fmt"

	"hpaflow/models/kernels"
	"hpaflow/models/statedict"
)

// resnetNetwork is a resnet with so many basic blocks a stage.
func resnetNetwork(name string, blocks [4]int) network {
	return network{
		name: name,
		build: func(b *builder, x activation, o *Options) activation {
			return resnet(b, x, blocks, o.Classes)
		},
		names: statedict.Names{Stem: "conv1.weight", Head: isHead},
	}
}

// resnet is torchvision's network of basic blocks: a stem, four stages of 64,
// 128, 256 and 512 channels, the mean over positions, and a linear layer.
func resnet(b *builder, x activation, blocks [4]int, classes int) activation {
	x = b.conv(x, "conv1", kernels.ConvShape{Out: 64, KH: 7, KW: 7, StrideH: 2, StrideW: 2, PadH: 3, PadW: 3}, true)
	x = b.batchNorm(x, "bn1", nil, true)
	x = b.maxPool(x, "maxpool", kernels.MaxPool{Kernel: 3, Stride: 2, Pad: 1})
	for stage, count := range blocks {
		for i := range count {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			x = basicBlock(b, x, fmt.Sprintf("layer%d.%d", stage+1, i), 64<<stage, stride)
		}
	}
	return b.linear(b.averagePool(x), "last_linear", classes)
}

// basicBlock is two 3x3 convolutions beside a shortcut, which is a strided 1x1
// convolution where the shape changes.
func basicBlock(b *builder, x activation, name string, out, stride int) activation {
	y := b.conv(x, name+".conv1", square(out, 3, stride), false)
	y = b.batchNorm(y, name+".bn1", nil, true)
	y = b.conv(y, name+".conv2", square(out, 3, 1), false)
	shortcut := x
	if stride > 1 || x.c != out {
		shortcut = b.conv(x, name+".downsample.0", square(out, 1, stride), false)
		shortcut = b.batchNorm(shortcut, name+".downsample.1", nil, false)
	}
	return b.batchNorm(y, name+".bn2", &shortcut, true)
}

// square is a convolution of kernel k that keeps the size at stride 1.
func square(out, k, stride int) kernels.ConvShape {
	return kernels.ConvShape{Out: out, KH: k, KW: k, StrideH: stride, StrideW: stride, PadH: k / 2, PadW: k / 2}
}
