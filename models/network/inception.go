package network

import (
	"strconv"
	"strings"

	"hpaflow/models/statedict"
)

// inceptionEps is the batch norms' in torchvision's inception_v3.
const inceptionEps = .001

// inceptionNetwork is torchvision's inception_v3 without its classifiers,
// under an attention head, and while training another one at Mixed_6e.
func inceptionNetwork() Network {
	return Network{
		name: "inception_v3",
		Build: func(b Layers, x Activation, heads Heads) Outputs {
			x = inceptionA(b, x)
			var out Outputs
			if b.Training() {
				aux := attend(b, x, "aux_linear", "aux_attention", heads.Classes, heads.AuxAttention)
				out.Aux = &aux
			}
			x = inceptionB(b, x)
			out.Logits = attend(b, x, "last_linear", "attention", heads.Classes, heads.Attention)
			return out
		},
		Init:    uniformFanIn,
		MinSize: 75,
		Names: statedict.Names{
			Stem:    "cnn.Conv2d_1a_3x3.conv.weight",
			Head:    isHead,
			Instead: otherHeads,
			Aliases: inceptionAliases,
		},
		Stages: [][]string{{"cnn.Conv2d_"}, {"cnn.Mixed_5"}, {"cnn.Mixed_6"}, {"cnn.Mixed_7"}},
	}
}

// The published files name each layer twice: as torchvision does, and by its
// place in one of two sequences, where pools count.
var (
	inceptionFeaturesA = []string{
		"Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "",
		"Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e",
	}
	inceptionFeaturesB = []string{"Mixed_7a", "Mixed_7b", "Mixed_7c"}
)

func inceptionAliases(name string) []string {
	bare, below := strings.CutPrefix(name, "cnn.")
	if !below {
		return nil
	}
	list := []string{bare}
	layer, rest, _ := strings.Cut(bare, ".")
	for sequence, layers := range map[string][]string{"features_a.": inceptionFeaturesA, "features_b.": inceptionFeaturesB} {
		for i, l := range layers {
			if l == layer {
				list = append(list, sequence+strconv.Itoa(i)+"."+rest)
			}
		}
	}
	return list
}

// inceptionConv is a convolution with batch norm and ReLU, NAME.conv and
// NAME.bn.
func inceptionConv(b Layers, x Activation, name string, s ConvShape) Activation {
	name = "cnn." + name
	return b.ConvNorm(x, ConvNorm{Conv: name + ".conv", Norm: name + ".bn", Shape: s, Eps: inceptionEps, ReLU: true})
}

// valid is a square convolution without padding.
func valid(out, k, stride int) ConvShape {
	s := square(out, k, stride)
	s.PadH, s.PadW = 0, 0
	return s
}

// line is a 1xk (w = k) or kx1 (h = k) convolution that keeps the size.
func line(out, h, w int) ConvShape {
	return ConvShape{Out: out, KH: h, KW: w, PadH: h / 2, PadW: w / 2}
}

// reducing is the max pool between stages.
var reducing = MaxPool{Kernel: 3, Stride: 2}

// inceptionA is the network from the stem to Mixed_6e: 768 channels.
func inceptionA(b Layers, x Activation) Activation {
	x = inceptionConv(b, x, "Conv2d_1a_3x3", valid(32, 3, 2))
	x = inceptionConv(b, x, "Conv2d_2a_3x3", valid(32, 3, 1))
	x = inceptionConv(b, x, "Conv2d_2b_3x3", square(64, 3, 1))
	x = b.MaxPool(x, "maxpool1", reducing)
	x = inceptionConv(b, x, "Conv2d_3b_1x1", valid(80, 1, 1))
	x = inceptionConv(b, x, "Conv2d_4a_3x3", valid(192, 3, 1))
	x = b.MaxPool(x, "maxpool2", reducing)
	x = mixed5(b, x, "Mixed_5b", 32)
	x = mixed5(b, x, "Mixed_5c", 64)
	x = mixed5(b, x, "Mixed_5d", 64)
	x = mixed6a(b, x, "Mixed_6a")
	x = mixed6(b, x, "Mixed_6b", 128)
	x = mixed6(b, x, "Mixed_6c", 160)
	x = mixed6(b, x, "Mixed_6d", 160)
	return mixed6(b, x, "Mixed_6e", 192)
}

// inceptionB is the rest: 2048 channels.
func inceptionB(b Layers, x Activation) Activation {
	x = mixed7a(b, x, "Mixed_7a")
	x = mixed7(b, x, "Mixed_7b")
	return mixed7(b, x, "Mixed_7c")
}
