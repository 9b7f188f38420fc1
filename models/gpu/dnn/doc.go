// Package dnn is cuDNN 9, as far as the device above needs it: convolutions,
// forward and both gradients, in its convolution functions of old, which every
// version 9 has. The library is loaded when Open is called, and not linked.
//
// Activations are NHWC and may be a slice of the channels of a wider tensor;
// weights are KRSC: out, kernel height, kernel width, in / groups.
//
// What always holds: a Choice names an algorithm wholly, so that one that was
// kept as JSON gives the same bits on the same card and version; and nothing
// is chosen behind the caller's back.
//
// Everything but this page has the build tag gpu.
package dnn
