//go:build !purego

package predictor

import "hpaflow/data/processor"

// avx2 says that the machine has the instructions. Tests clear it.
var avx2 = processor.AVX2

// Each of these does as much as suits whole vectors, and says how many bytes that
// was.

func fastSum(row []byte, size int) int {
	n := len(row) &^ 31
	if !avx2 || n == 0 {
		return 0
	}
	switch size {
	case 1:
		sum8AVX2(&row[0], n)
	case 2:
		sum16AVX2(&row[0], n)
	case 4:
		sum32AVX2(&row[0], n)
	default:
		return 0
	}
	return n
}

func fastSwap(dst, src []byte, size int) int {
	n := len(src) &^ 31
	if !avx2 || n == 0 {
		return 0
	}
	_ = dst[n-1]
	switch size {
	case 2:
		swap16AVX2(&dst[0], &src[0], n)
	case 4:
		swap32AVX2(&dst[0], &src[0], n)
	case 8:
		swap64AVX2(&dst[0], &src[0], n)
	default:
		return 0
	}
	return n
}
