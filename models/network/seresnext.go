package network

import (
	"fmt"
	"strings"

	"hpaflow/models/statedict"
)

// squeezeReduction is how many channels a hidden channel of squeeze-excite
// stands for.
const squeezeReduction = 16

// seResNeXtNetwork is pretrainedmodels' network of bottlenecks of 32 groups
// of 4 channels with squeeze-excite, under an attention head.
func seResNeXtNetwork(name string, blocks [4]int) Network {
	return Network{
		name: name,
		Build: func(b Layers, x Activation, heads Heads) Outputs {
			x = seResNeXt(b, x, blocks)
			return Outputs{Logits: attend(b, x, "last_linear", "attention", heads.Classes, heads.Attention)}
		},
		Init:    uniformFanIn,
		MinSize: 7,
		Names: statedict.Names{
			Stem:    "cnn.layer0.conv1.weight",
			Head:    isHead,
			Instead: otherHeads,
			Aliases: withoutPrefix,
		},
		Stages: [][]string{{"cnn.layer0."}, {"cnn.layer1."}, {"cnn.layer2."}, {"cnn.layer3."}, {"cnn.layer4."}},
	}
}

// withoutPrefix gives the name that ImageNet's files have for a tensor of the
// network below the heads.
func withoutPrefix(name string) []string {
	if bare, below := strings.CutPrefix(name, "cnn."); below {
		return []string{bare}
	}
	return nil
}

// seResNeXt gives the features, of 2048 channels.
func seResNeXt(b Layers, x Activation, blocks [4]int) Activation {
	x = b.ConvNorm(x, ConvNorm{Conv: "cnn.layer0.conv1", Norm: "cnn.layer0.bn1", Shape: square(64, 7, 2), ReLU: true})
	x = b.MaxPool(x, "cnn.layer0.pool", MaxPool{Kernel: 3, Stride: 2, Ceil: true})
	for stage, count := range blocks {
		for i := range count {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			x = seBottleneck(b, x, fmt.Sprintf("cnn.layer%d.%d", stage+1, i), 64<<stage, stride, i == 0)
		}
	}
	return x
}

// seBottleneck is a 1x1, a grouped 3x3 and a 1x1 convolution with
// squeeze-excite, beside a shortcut, which is a 1x1 convolution at the head of
// a stage.
func seBottleneck(b Layers, x Activation, name string, planes, stride int, head bool) Activation {
	grouped := square(2*planes, 3, stride)
	grouped.Groups = 32
	y := b.ConvNorm(x, ConvNorm{Conv: name + ".conv1", Norm: name + ".bn1", Shape: square(2*planes, 1, 1), ReLU: true})
	y = b.ConvNorm(y, ConvNorm{Conv: name + ".conv2", Norm: name + ".bn2", Shape: grouped, ReLU: true})
	y = b.ConvNorm(y, ConvNorm{Conv: name + ".conv3", Norm: name + ".bn3", Shape: square(4*planes, 1, 1)})
	shortcut := x
	if head {
		shortcut = b.ConvNorm(x, ConvNorm{Conv: name + ".downsample.0", Norm: name + ".downsample.1", Shape: square(4*planes, 1, stride)})
	}
	return b.SqueezeExcite(y, name+".se_module", 4*planes/squeezeReduction, shortcut)
}
