//go:build !purego

package jpeg

import "hpaflow/data/processor"

//go:generate go -C asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg jpeg

// avx2 says that the machine has the instructions. Tests clear it.
var avx2 = processor.AVX2

// Each function here does the whole blocks at the front of what its namesake
// without "fast" is given, and says how many elements of the input that was.

func blocks(n, size int) int {
	if !avx2 || n < size {
		return 0
	}
	return n / size
}

func fastAcross(dst, in []byte) int {
	n := blocks(len(in)-2, 16)
	if n > 0 {
		_, _ = dst[32*n-1], in[16*n+1]
		acrossAVX2(&dst[0], &in[0], n)
	}
	return 16 * n
}

func fastBoth(dst, near, next []byte) int {
	n := blocks(len(near)-2, 16)
	if n > 0 {
		_, _, _ = dst[32*n-1], near[16*n+1], next[16*n+1]
		bothAVX2(&dst[0], &near[0], &next[0], n)
	}
	return 16 * n
}

func fastColours(out, in *[3][]byte) int {
	n := blocks(len(in[0]), 32)
	if n > 0 {
		for i := range out {
			_, _ = out[i][32*n-1], in[i][32*n-1]
		}
		coloursAVX2(&out[0][0], &out[1][0], &out[2][0], &in[0][0], &in[1][0], &in[2][0], n)
	}
	return 32 * n
}

func fastGreys(out []byte, in *[3][]byte) int {
	n := blocks(len(out), 32)
	if n > 0 {
		for i := range in {
			_ = in[i][32*n-1]
		}
		greysAVX2(&out[0], &in[0][0], &in[1][0], &in[2][0], n)
	}
	return 32 * n
}

// idct is idctGo, in assembly if the machine can.
func idct(dst []byte, stride int, b, quant *block) {
	if !avx2 {
		idctGo(dst, stride, b, quant)
		return
	}
	_ = dst[7*stride+7]
	idctAVX2(&dst[0], stride, (*[64]int16)(b), (*[64]int16)(quant))
}
