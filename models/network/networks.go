package network

import (
	"slices"
	"strings"

	"hpaflow/models/statedict"
)

// Network is an architecture.
type Network struct {
	name    string
	Build   func(b Layers, x Activation, heads Heads) Outputs
	Init    Initialiser     // of convolutions, and of layers of each position alone
	MinSize int             // pixels a side that it takes at least
	Names   statedict.Names // of its tensors in other programs' files

	// Timm is what timm calls its parts, or nil where timm has not the network.
	Timm *Timm

	// Processor says that it has layers which are computed on the processor
	// alone: no card takes it.
	Processor bool

	// Stages are what the names of tensors begin with, stage by stage from the
	// image on. Tensors of no stage are the heads'.
	Stages [][]string
}

// Frozen says which tensors belong to the first so many stages.
func (n *Network) Frozen(stages int) func(name string) bool {
	return func(name string) bool {
		for _, stage := range n.Stages[:stages] {
			for _, begin := range stage {
				if strings.HasPrefix(name, begin) {
					return true
				}
			}
		}
		return false
	}
}

// Timm is what timm calls parts of a network of which it has the names otherwise.
type Timm struct {
	Stem, Head string // the first convolution, and the layer that gives the logits
	Features   int    // that the head takes
}

// inTimm is the network with what timm calls its parts.
func (n Network) inTimm(stem, head string, features int) Network {
	n.Timm = &Timm{stem, head, features}
	return n
}

// networks are all there are.
var networks = []Network{
	ResNet("resnet18", 64, [4]int{2, 2, 2, 2}).inTimm("conv1", "fc", 512),
	ResNet("resnet34", 64, [4]int{3, 4, 6, 3}).inTimm("conv1", "fc", 512),
	inceptionNetwork(),
	seResNeXtNetwork("se_resnext50", [4]int{3, 4, 6, 3}),
	denseNetwork("densenet121", [4]int{6, 12, 24, 16}).inTimm("features.conv0", "classifier", 1024),
	convNeXtNetwork("convnext_tiny", 96, [4]int{3, 3, 9, 3}).inTimm("stem.0", "head.fc", 768),
}

// Add makes one more network known by its name. It is called before any flow is
// built.
func Add(n Network) { networks = append(networks, n) }

// Names lists the networks by name.
func Names() []string {
	var names []string
	for _, n := range networks {
		names = append(names, n.name)
	}
	return names
}

// OnCards lists those that cards compute.
func OnCards() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return ByName(name).Processor })
}

// ByName is the network of a name, or nil.
func ByName(name string) *Network {
	for i := range networks {
		if networks[i].name == name {
			return &networks[i]
		}
	}
	return nil
}

// isHead says whether a tensor belongs to the layers that give the logits,
// whose shape depends on the labels.
func isHead(name string) bool {
	layer, _, _ := strings.Cut(name, ".")
	switch layer {
	case "last_linear", "attention", "aux_linear", "aux_attention":
		return true
	}
	return false
}

// otherHeads are the names that torchvision and others give the last layer.
func otherHeads(name string) []string {
	rest, last := strings.CutPrefix(name, "last_linear.")
	if !last {
		return nil
	}
	return []string{"fc." + rest, "classifier." + rest, "head." + rest, "linear." + rest, "head.fc." + rest, "classifier.2." + rest}
}

// attend is an attention head over features: two convolutions of size 1 give
// a map of logits and a map of scores for each class, and the logits' mean,
// weighted by the softmax of the scores over all positions, is the result.
// Features of another width than size are first averaged to size x size;
// size 0 takes them as they are.
func attend(b Layers, features Activation, logits, scores string, classes, size int) Activation {
	if size != 0 && features.W != size {
		features = b.AdaptivePool(features, scores, size, size)
	}
	one := ConvShape{Out: classes, KH: 1, KW: 1}
	return b.Attention(b.Conv(features, logits, one), b.Conv(features, scores, one), logits, scores)
}
