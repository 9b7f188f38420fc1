// Package reference computes the steps of a plan plainly, in float64 and without
// a card: what each kernel and each convolution is to come to. `hpaflow gpu
// check` compares a card with it, step by step; and a whole training step of it
// is compared with PyTorch's, which proves plans without a card.
//
// Nothing here is fast, and nothing is shared with the kernels.
package reference
