// Package export is the command export: trained weights as files that other
// programs run. Package models/onnx writes ONNX; here stand the folders for Hugging
// Face and PyTorch, and what is known of weights: the network, its labels, how it
// was trained and how well it did.
//
// What always holds: nothing is guessed that the weights' folder does not say or a
// flag; a file or folder is whole or not there; what is there and is not an export
// is not replaced.
package export
