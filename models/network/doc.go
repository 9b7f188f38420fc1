// Package network describes networks: what layers there are, in which order,
// under which names, and how their parameters begin. A description is written
// once, against the interface Layers, and read by whatever makes something of
// it: a device that trains or predicts, an exporter.
//
// Nothing is computed here, and no device is known. Shapes are PyTorch's terms,
// and the names of tensors those of the published state dicts.
//
// A network of tokens is written against TokenLayers in the same way; SubCell is
// one, which only predicts.
//
// Norms, activations and layers of each position alone are the same in both. What
// no card computes yet marks a network as the processor's (Network.Processor).
//
// A further network is a file with its layers, a line in networks, and golden
// numbers from its PyTorch twin (models/cpu/testdata).
package network
