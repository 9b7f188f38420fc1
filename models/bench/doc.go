// Package bench measures how fast a network trains and predicts on this
// machine, beside the fastest the machine could multiply and add: what
// `hpaflow bench step` prints. It trains on noise and keeps nothing.
//
// Additions and multiplications are counted as a direct convolution needs them,
// forward once, backward twice (once for a stem), whatever method computed
// them; so a layer may reach more than the machine's peak. Layers other than
// convolutions count for time only.
package bench
