package models

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
func seResNeXtNetwork(name string, blocks [4]int) network {
	return network{
		name: name,
		build: func(b layers, x activation, heads heads) outputs {
			x = seResNeXt(b, x, blocks)
			return outputs{logits: attend(b, x, "last_linear", "attention", heads.classes, heads.attention)}
		},
		init:    uniformFanIn,
		minSize: 7,
		names: statedict.Names{
			Stem:    "cnn.layer0.conv1.weight",
			Head:    isHead,
			Aliases: withoutPrefix,
		},
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
func seResNeXt(b layers, x activation, blocks [4]int) activation {
	x = b.convNorm(x, convNorm{conv: "cnn.layer0.conv1", norm: "cnn.layer0.bn1", shape: square(64, 7, 2), relu: true})
	x = b.maxPool(x, "cnn.layer0.pool", maxPool{kernel: 3, stride: 2, ceil: true})
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
func seBottleneck(b layers, x activation, name string, planes, stride int, head bool) activation {
	grouped := square(2*planes, 3, stride)
	grouped.groups = 32
	y := b.convNorm(x, convNorm{conv: name + ".conv1", norm: name + ".bn1", shape: square(2*planes, 1, 1), relu: true})
	y = b.convNorm(y, convNorm{conv: name + ".conv2", norm: name + ".bn2", shape: grouped, relu: true})
	y = b.convNorm(y, convNorm{conv: name + ".conv3", norm: name + ".bn3", shape: square(4*planes, 1, 1)})
	shortcut := x
	if head {
		shortcut = b.convNorm(x, convNorm{conv: name + ".downsample.0", norm: name + ".downsample.1", shape: square(4*planes, 1, stride)})
	}
	return b.squeezeExcite(y, name+".se_module", 4*planes/squeezeReduction, shortcut)
}
