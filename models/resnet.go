package models

import (
	"fmt"

	"hpaflow/models/statedict"
)

// resnetNetwork is torchvision's network of basic blocks, so many a stage.
func resnetNetwork(name string, blocks [4]int) network {
	return network{
		name: name,
		build: func(b layers, x activation, heads heads) outputs {
			return outputs{logits: resnet(b, x, blocks, heads.classes)}
		},
		init:    kaimingFanOut,
		minSize: 1,
		names:   statedict.Names{Stem: "conv1.weight", Head: isHead},
	}
}

// resnet is a stem, four stages of 64, 128, 256 and 512 channels, the mean
// over positions, and a linear layer.
func resnet(b layers, x activation, blocks [4]int, classes int) activation {
	x = b.convNorm(x, convNorm{conv: "conv1", norm: "bn1", shape: square(64, 7, 2), relu: true})
	x = b.maxPool(x, "maxpool", maxPool{kernel: 3, stride: 2, pad: 1})
	for stage, count := range blocks {
		for i := range count {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			x = basicBlock(b, x, fmt.Sprintf("layer%d.%d", stage+1, i), 64<<stage, stride)
		}
	}
	return b.linear(b.meanPool(x, "avgpool"), "last_linear", classes)
}

// basicBlock is two 3x3 convolutions beside a shortcut, which is a strided 1x1
// convolution where the shape changes.
func basicBlock(b layers, x activation, name string, out, stride int) activation {
	y := b.convNorm(x, convNorm{conv: name + ".conv1", norm: name + ".bn1", shape: square(out, 3, stride), relu: true})
	shortcut := x
	if stride > 1 || x.c != out {
		shortcut = b.convNorm(x, convNorm{conv: name + ".downsample.0", norm: name + ".downsample.1", shape: square(out, 1, stride)})
	}
	return b.convNorm(y, convNorm{conv: name + ".conv2", norm: name + ".bn2", shape: square(out, 3, 1), residual: &shortcut, relu: true})
}

// square is a convolution of kernel k that keeps the size at stride 1.
func square(out, k, stride int) convShape {
	return convShape{out: out, kh: k, kw: k, strideH: stride, strideW: stride, padH: k / 2, padW: k / 2}
}
