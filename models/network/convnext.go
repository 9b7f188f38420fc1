package network

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"hpaflow/models/statedict"
)

// convNeXtEps is of the layer norms.
const convNeXtEps = 1e-6

// convNeXtNetwork is timm's and torchvision's ConvNeXt under timm's names, so many
// blocks a stage. Nothing is left out at random (stochastic depth), which is timm's
// default.
func convNeXtNetwork(name string, width int, blocks [4]int) Network {
	return Network{
		name: name,
		Build: func(b Layers, x Activation, heads Heads) Outputs {
			return Outputs{Logits: convNeXt(b, x, width, blocks, heads.Classes)}
		},
		Init:    smallNormal,
		MinSize: 32, // which leaves one position in the last stage
		Names: statedict.Names{
			Stem:    "stem.0.weight",
			Head:    isHead,
			Instead: otherHeads,
			Aliases: convNeXtAliases,
		},
		Stages:    [][]string{{"stem."}, {"stages.0."}, {"stages.1."}, {"stages.2."}, {"stages.3."}},
		Processor: true,
	}
}

// smallNormal is timm's for the convolutions and linear layers of a ConvNeXt.
func smallNormal(data []float32, _ []int, r *rand.Rand) {
	for i := range data {
		data[i] = float32(r.NormFloat64() * .02)
	}
}

// convNeXt is a stem of 4x4 patches, four stages of width, 2, 4 and 8 times width
// channels, and a linear layer behind the mean over positions and a norm.
func convNeXt(b Layers, x Activation, width int, blocks [4]int, classes int) Activation {
	x = b.LayerNorm(b.Conv(x, "stem.0", patches(width, 4)), "stem.1", convNeXtEps)
	for stage, count := range blocks {
		name := fmt.Sprintf("stages.%d", stage)
		if stage > 0 {
			x = b.LayerNorm(x, name+".downsample.0", convNeXtEps)
			x = b.Conv(x, name+".downsample.1", patches(width<<stage, 2))
		}
		for i := range count {
			x = convNeXtBlock(b, x, fmt.Sprintf("%s.blocks.%d", name, i))
		}
	}
	x = b.LayerNorm(b.MeanPool(x, "head.mean"), "head.norm", convNeXtEps)
	return b.Linear(x, "last_linear", classes)
}

// convNeXtBlock is a 7x7 convolution of each channel by itself, a norm, and two
// layers of each position alone, beside a shortcut.
func convNeXtBlock(b Layers, x Activation, name string) Activation {
	apart := square(x.C, 7, 1)
	apart.Groups, apart.Bias = x.C, true
	y := b.LayerNorm(b.Conv(x, name+".conv_dw", apart), name+".norm", convNeXtEps)
	y = b.Dense(y, Dense{Names: []string{name + ".mlp.fc1"}, Out: 4 * x.C, Activate: GELU})
	return b.Dense(y, Dense{Names: []string{name + ".mlp.fc2"}, Out: x.C, Scale: name + ".gamma", Residual: &x})
}

// patches is a convolution of squares that do not overlap.
func patches(out, side int) ConvShape {
	return ConvShape{Out: out, KH: side, KW: side, StrideH: side, StrideW: side, Bias: true}
}

var (
	convNeXtPart   = regexp.MustCompile(`^stages\.(\d)\.(downsample|blocks)\.(\d+)\.(.*)$`)
	convNeXtVision = strings.NewReplacer("conv_dw", "block.0", "norm", "block.2", "mlp.fc1", "block.3", "mlp.fc2", "block.5", "gamma", "layer_scale")
	convNeXtFirst  = strings.NewReplacer("conv_dw", "dwconv", "mlp.fc1", "pwconv1", "mlp.fc2", "pwconv2")
)

// convNeXtAliases are the names of torchvision, whose sequence counts stem, stages
// and what stands between, and those of the first published files.
func convNeXtAliases(name string) []string {
	if rest, ok := strings.CutPrefix(name, "stem."); ok {
		return []string{"features.0." + rest, "downsample_layers.0." + rest}
	}
	if rest, ok := strings.CutPrefix(name, "head.norm."); ok {
		return []string{"classifier.0." + rest, "norm." + rest}
	}
	m := convNeXtPart.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	stage, _ := strconv.Atoi(m[1])
	if m[2] == "downsample" {
		return []string{fmt.Sprintf("features.%d.%s.%s", 2*stage, m[3], m[4]), fmt.Sprintf("downsample_layers.%d.%s.%s", stage, m[3], m[4])}
	}
	return []string{
		fmt.Sprintf("features.%d.%s.%s", 2*stage+1, m[3], convNeXtVision.Replace(m[4])),
		fmt.Sprintf("stages.%d.%s.%s", stage, m[3], convNeXtFirst.Replace(m[4])),
	}
}
