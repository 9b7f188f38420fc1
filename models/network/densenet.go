package network

import (
	"fmt"
	"regexp"

	"hpaflow/models/statedict"
)

// denseGrowth is how many channels a layer of a dense block adds.
const denseGrowth = 32

// denseNetwork is torchvision's network of dense blocks, so many layers each.
func denseNetwork(name string, blocks [4]int) Network {
	return Network{
		name: name,
		Build: func(b Layers, x Activation, heads Heads) Outputs {
			return Outputs{Logits: denseNet(b, x, blocks, heads.Classes)}
		},
		Init:    kaimingFanIn,
		MinSize: 29, // which leaves one position behind the last transition
		Names: statedict.Names{
			Stem:    "features.conv0.weight",
			Head:    isHead,
			Instead: otherHeads,
			Aliases: denseAliases,
		},
		Processor: true,
		Stages: [][]string{
			{"features.conv0.", "features.norm0."}, {"features.denseblock1.", "features.transition1."}, {"features.denseblock2.", "features.transition2."},
			{"features.denseblock3.", "features.transition3."}, {"features.denseblock4.", "features.norm5."},
		},
	}
}

// denseDigit is the number at the end of a layer's name in a dense block.
var denseDigit = regexp.MustCompile(`(denselayer\d+\.(?:norm|conv))(\d)`)

// denseAliases are the names in the files that torchvision published, of before
// a dot in a name was forbidden: denselayer1.norm.1.weight.
func denseAliases(name string) []string {
	if old := denseDigit.ReplaceAllString(name, "$1.$2"); old != name {
		return []string{old}
	}
	return nil
}

// denseNet is a stem, four dense blocks with transitions between them, the mean
// over positions, and a linear layer.
func denseNet(b Layers, x Activation, blocks [4]int, classes int) Activation {
	x = b.ConvNorm(x, ConvNorm{Conv: "features.conv0", Norm: "features.norm0", Shape: square(64, 7, 2), ReLU: true})
	x = b.MaxPool(x, "features.pool0", MaxPool{Kernel: 3, Stride: 2, Pad: 1})
	for i, count := range blocks {
		x = denseBlock(b, x, fmt.Sprintf("features.denseblock%d", i+1), count)
		if i < len(blocks)-1 {
			x = denseTransition(b, x, fmt.Sprintf("features.transition%d", i+1))
		}
	}
	x = b.Norm(x, Norm{Name: "features.norm5", ReLU: true})
	return b.Linear(b.MeanPool(x, "features.mean"), "last_linear", classes)
}

// denseBlock is layers of which each reads the block's input and the results of
// all before it, beside each other, through batch norm, a 1x1 and a 3x3
// convolution.
func denseBlock(b Layers, x Activation, block string, count int) Activation {
	parts := []Activation{x}
	for i := range count {
		name := fmt.Sprintf("%s.denselayer%d", block, i+1)
		y := b.Norm(beside(b, name, parts), Norm{Name: name + ".norm1", ReLU: true})
		y = b.ConvNorm(y, ConvNorm{Conv: name + ".conv1", Norm: name + ".norm2", Shape: square(4*denseGrowth, 1, 1), ReLU: true})
		parts = append(parts, b.Conv(y, name+".conv2", square(denseGrowth, 3, 1)))
	}
	return beside(b, block, parts)
}

// beside is the concatenation of what is more than one.
func beside(b Layers, name string, parts []Activation) Activation {
	if len(parts) == 1 {
		return parts[0]
	}
	return b.Concat(name, parts...)
}

// denseTransition halves the channels and the size. torchvision takes the means
// behind the convolution; before it they are the same, and it has a quarter of
// the work.
func denseTransition(b Layers, x Activation, name string) Activation {
	x = b.Norm(x, Norm{Name: name + ".norm", ReLU: true})
	return b.Conv(b.AveragePool2(x, name+".pool"), name+".conv", square(x.C/2, 1, 1))
}
