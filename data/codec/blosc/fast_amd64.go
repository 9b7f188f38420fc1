//go:build !purego

package blosc

import "hpaflow/data/processor"

// avx2 says that the machine has the instructions. Tests clear it.
var avx2 = processor.AVX2

// fastUnshuffle2 does as many elements as suit whole vectors, and says how many.
func fastUnshuffle2(dst, low, high []byte) int {
	n := min(len(low), len(high)) &^ 31
	if !avx2 || n == 0 {
		return 0
	}
	_ = dst[2*n-1]
	unshuffle2AVX2(&dst[0], &low[0], &high[0], n)
	return n
}
