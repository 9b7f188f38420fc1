package models

import (
	"strings"

	"hpaflow/models/statedict"
)

// network is an architecture.
type network struct {
	name  string
	build func(b *builder, x activation, o *Options) activation // gives the logits
	names statedict.Names                                       // of its tensors in other programs' files
}

// networks are all there are. Their order is that of their size.
var networks = []network{
	resnetNetwork("resnet18", [4]int{2, 2, 2, 2}),
	resnetNetwork("resnet34", [4]int{3, 4, 6, 3}),
}

// Models lists the networks by name.
func Models() []string {
	var names []string
	for _, n := range networks {
		names = append(names, n.name)
	}
	return names
}

// networkOf is the network of a name that Validate has seen.
func networkOf(name string) *network {
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
