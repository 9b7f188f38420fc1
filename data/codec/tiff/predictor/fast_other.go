//go:build !amd64 || purego

package predictor

var avx2 bool

func fastSum(row []byte, size int) int       { return 0 }
func fastSwap(dst, src []byte, size int) int { return 0 }
