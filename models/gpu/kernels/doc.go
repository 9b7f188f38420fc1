// Package kernels is everything a card computes: batch norm fused with the
// residual and the ReLU after it, pools, squeeze-and-excitation, heads, losses,
// optimisers, and pixels made into activations. Convolutions are here, too, for
// shapes that cuDNN has no algorithm for, or a slower one; they use no tensor
// cores.
//
// The kernels are CUDA C in *.cu, compiled by clang to one file of PTX for
// compute capability 7.5, which every later card's driver takes; generate.sh
// does it, and kernels.ptx carries the digest of what it was made from. No
// kernel has an instruction that the T4 lacks: bfloat16 is widened and rounded
// by integer arithmetic. The same sources are compiled by g++ for machines
// without a card; folder emulate says how.
//
// Go functions here launch them. They take device addresses, check shapes, and
// return once the launch is queued; all are called within cuda.Card.Do. What
// always holds:
//
//   - Activations are Mats: rows (N*H*W) of C channels, float32 or bfloat16,
//     Stride values from one row to the next, so that a slice of wider rows is
//     one, too. Parameters, statistics, their gradients, (N,C) values behind
//     the last pool, logits and losses are float32, packed.
//   - A result may lie where an input of the same shape did only where it is
//     said to.
//   - Scratch is device memory for the length of the call; how many bytes, a
//     function of the shape says. Its content is nothing afterwards.
//   - The same inputs give the same bits: sums have a fixed order, cut by the
//     shape alone, not by the card.
//   - Sixteen bytes move at a time where channels, strides and addresses allow
//     (in convolutions four values); else one value at a time. Sums are then cut
//     in other places, and may differ in their last digits; all else is the same
//     to the bit.
//   - Only operations that round correctly are used, and none are fused but where
//     that is written: what the emulation computes, a card does to the bit.
//
// Everything but this page has the build tag gpu.
package kernels
