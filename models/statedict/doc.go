// Package statedict reads and writes files of named tensors: safetensors, both
// ways, and PyTorch's own .pth files, which are only read.
//
// What always holds:
//
//   - Values are float32 in C order, whatever the file stores (float16,
//     bfloat16 and float64 are converted). Tensors of whole numbers, which no
//     network of ours has, are passed over: batch norm's counters are such.
//   - A file is data. Nothing in it is run: a pickle may name only the few
//     functions and classes that a state dict is made of, and these are read
//     here, not called; and those of what people keep beside one, such as
//     argparse's, which are passed over. Any other is refused.
//   - A file that is cut short, contradicts itself or claims more than it holds
//     is an error that says where, and costs no more memory than a small
//     multiple of its size.
//
// A file may hold several state dicts, as deep in others as it likes. File.For
// finds the one that fits a network by names and shapes, whatever prefixes
// other programs put before the names, and reads only its values. Fit lays
// tensors against those a network wants, with the names that other programs
// give them, and makes stems for three planes ones for others (stem.go). Which names those are, the networks say; what a
// training run keeps beside its weights is in models.
package statedict
