package cpu

import "hpaflow/models/cpu/kernels"

// Instructions names the instruction set that networks are computed with here:
// avx2 or go. The same steps give the same bits with the same instructions;
// between kinds the last bits differ.
func Instructions() string { return kernels.Instructions() }
