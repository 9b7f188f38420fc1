// Package transformer predicts with networks of tokens (network.TokenLayers) on
// the processor: SubCell's vision transformer over the kernels of the room beside.
//
// New packs the weights once, for all batches in flight; what a flight needs for
// its activations is some tens of megabytes, since images go through one by one.
// Images of another size than the trained one get plans of their own, with the
// position table resized, over the same weights.
//
// What always holds: the same weights and image give the same bits, in whatever
// batch and at any number of threads and flights; a panic in a kernel is an error
// of the image.
package transformer
