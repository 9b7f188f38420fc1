package cpu

import "hpaflow/models/cpu/kernels"

// Instructions names the arithmetic that networks are computed with here: avx2,
// with AVX-512 or without, or go. The same steps give the same bits with the same instructions;
// between kinds the last bits differ.
func Instructions() string { return kernels.Instructions() }
