package network

import (
	"fmt"

	"hpaflow/models/statedict"
)

// ResNet is torchvision's network of basic blocks, so many a stage. The first
// stage has width channels, 64 in those that are published, and each further one
// twice as many.
func ResNet(name string, width int, blocks [4]int) Network {
	return Network{
		name: name,
		Build: func(b Layers, x Activation, heads Heads) Outputs {
			return Outputs{Logits: resnet(b, x, width, blocks, heads.Classes)}
		},
		Init:    kaimingFanOut,
		MinSize: 1,
		Names:   statedict.Names{Stem: "conv1.weight", Head: isHead, Instead: otherHeads},
		Stages:  [][]string{{"conv1.", "bn1."}, {"layer1."}, {"layer2."}, {"layer3."}, {"layer4."}},
	}
}

// resnet is a stem, four stages of width, 2, 4 and 8 times width channels, the
// mean over positions, and a linear layer.
func resnet(b Layers, x Activation, width int, blocks [4]int, classes int) Activation {
	x = b.ConvNorm(x, ConvNorm{Conv: "conv1", Norm: "bn1", Shape: square(width, 7, 2), ReLU: true})
	x = b.MaxPool(x, "maxpool", MaxPool{Kernel: 3, Stride: 2, Pad: 1})
	for stage, count := range blocks {
		for i := range count {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			x = basicBlock(b, x, fmt.Sprintf("layer%d.%d", stage+1, i), width<<stage, stride)
		}
	}
	return b.Linear(b.MeanPool(x, "avgpool"), "last_linear", classes)
}

// basicBlock is two 3x3 convolutions beside a shortcut, which is a strided 1x1
// convolution where the shape changes.
func basicBlock(b Layers, x Activation, name string, out, stride int) Activation {
	y := b.ConvNorm(x, ConvNorm{Conv: name + ".conv1", Norm: name + ".bn1", Shape: square(out, 3, stride), ReLU: true})
	shortcut := x
	if stride > 1 || x.C != out {
		shortcut = b.ConvNorm(x, ConvNorm{Conv: name + ".downsample.0", Norm: name + ".downsample.1", Shape: square(out, 1, stride)})
	}
	return b.ConvNorm(y, ConvNorm{Conv: name + ".conv2", Norm: name + ".bn2", Shape: square(out, 3, 1), Residual: &shortcut, ReLU: true})
}

// square is a convolution of kernel k that keeps the size at stride 1.
func square(out, k, stride int) ConvShape {
	return ConvShape{Out: out, KH: k, KW: k, StrideH: stride, StrideW: stride, PadH: k / 2, PadW: k / 2}
}
