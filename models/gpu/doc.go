// Package gpu is the device of NVIDIA's cards: models.Backend over cuDNN's
// convolutions and kernels of our own. Room plan says what a network's step is
// on a card; here it is carried out: memory is taken once, batches go up through
// pinned memory while the step before them computes, and a step is one graph
// that the card runs by itself. Everything but this page has the build tag gpu.
//
// An engine is one card with one network: memory, streams, weights, the
// programs ready to run. A Device drives one engine or, joined by NCCL, several;
// a Network and a Statistics have no optimiser.
//
// What always holds:
//
//   - Nothing waits for a result within a step: losses and logits arrive in
//     pinned memory, and an event tells when.
//   - Names, shapes and initial values of tensors are those of every device;
//     weights of convolutions lie (out,kh,kw,in) on the card and (out,in,kh,kw)
//     in a State. Parameters, moments and sums are float32 in every precision.
//   - Which algorithm computes a convolution is found once, by time, among those
//     that give the same bits each time, and kept in State.Choices: the same
//     card, cuDNN and choices give the same bits, whatever the batch before.
//   - A step whose loss is no finite number, and all after it, leave weights
//     and moments alone: the card itself sees to that.
//   - What a network needs of a card's memory is known before any is taken.
package gpu
