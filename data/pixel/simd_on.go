//go:build amd64 && !purego

package pixel

import (
	"unsafe"

	"hpaflow/data/processor"
)

//go:generate go -C asm run . -out ../simd_amd64.s -stubs ../simd_amd64.go -pkg pixel

// avx2 says that the machine has the instructions. Tests clear it.
var avx2 = processor.AVX2

// Each function here does the whole blocks at the front of what its namesake
// without "fast" is given, and says how many elements of the result that was.

func blocks(n, size int) int {
	if !avx2 {
		return 0
	}
	return n / size
}

// fastTranspose is for 16 rows of width pixels, and gives how many it did.
func fastTranspose(dst []uint8, dstStride int, src []uint8, srcStride, width int) int {
	n := blocks(width, 16)
	if n > 0 {
		_, _ = dst[(16*n-1)*dstStride+15], src[15*srcStride+16*n-1]
		transposeAVX2(&dst[0], dstStride, &src[0], srcStride, n)
	}
	return 16 * n
}

func fastPack(dst []uint8, planes *[4][]uint8) int {
	n := blocks(len(dst)/4, 32)
	if n > 0 {
		_, _, _, _ = planes[0][32*n-1], planes[1][32*n-1], planes[2][32*n-1], planes[3][32*n-1]
		packAVX2(&dst[0], &planes[0][0], &planes[1][0], &planes[2][0], &planes[3][0], n)
	}
	return 32 * n
}

func fastUnpack(planes *[4][]uint8, src []uint8) int {
	n := blocks(len(src)/4, 32)
	if n > 0 {
		_, _, _, _ = planes[0][32*n-1], planes[1][32*n-1], planes[2][32*n-1], planes[3][32*n-1]
		unpackAVX2(&planes[0][0], &planes[1][0], &planes[2][0], &planes[3][0], &src[0], n)
	}
	return 32 * n
}

// fastFlip does what stands at the back of dst.
func fastFlip(dst, src []uint8) int {
	n := blocks(len(src), 32)
	if n > 0 {
		flipAVX2(&dst[len(dst)-32*n], &src[0], n)
	}
	return 32 * n
}

func fastLookup(dst, src []uint8, table *[256]uint8) int {
	n := blocks(len(src), 64)
	if n > 0 {
		_ = dst[64*n-1]
		lutAVX2(&dst[0], &src[0], table, n)
	}
	return 64 * n
}

func fastSums(src []uint8) (sum, squares uint64, done int) {
	n := blocks(len(src), 32)
	for done < 32*n {
		some := min(n-done/32, 8192)
		var s, q [4]uint64
		sumsAVX2(&src[done], some, &s, &q)
		sum += s[0] + s[1] + s[2] + s[3]
		squares += q[0] + q[1] + q[2] + q[3]
		done += 32 * some
	}
	return sum, squares, done
}

// large is the size of planes, in bytes, that are not in a cache when they are
// read next, being parts of batches.
const large = 256 << 10

func fastNormalise(dst []float32, src []uint8, mean, deviation float32) int {
	n := blocks(len(src), 32)
	if n == 0 {
		return 0
	}
	_ = dst[32*n-1]
	switch {
	case 4*len(dst) >= large && uintptr(unsafe.Pointer(&dst[0]))%32 == 0:
		streamAVX2(&dst[0], &src[0], n, mean, deviation)
	default:
		normaliseAVX2(&dst[0], &src[0], n, mean, deviation)
	}
	return 32 * n
}

func fastSlide(sum []uint16, add, drop []uint8) int {
	n := blocks(len(sum), 32)
	if n > 0 {
		_, _ = add[32*n-1], drop[32*n-1]
		slideAVX2(&sum[0], &add[0], &drop[0], n)
	}
	return 32 * n
}

func fastBox(dst []uint8, sum []uint16, size int) int {
	n := blocks(len(dst), 32)
	if n > 0 {
		_ = sum[32*n-1+4*(size-1)]
		boxAVX2(&dst[0], &sum[0], n, size, uint16(size*size), uint16(1<<16/(size*size)))
	}
	return 32 * n
}

func fastLine(dst []uint8, taps []*uint8, scale uint16) int {
	n := blocks(len(dst), 32)
	if n > 0 {
		lineAVX2(&dst[0], &taps[0], n, len(taps), scale, uint16(^len(taps)&1))
	}
	return 32 * n
}

func fastStretch(dst []int16, src []uint8, offsets []int32, weights [][2]int16) int {
	n := blocks(len(offsets), 4)
	if n > 0 {
		_, _ = dst[16*n-1], weights[4*n-1]
		stretchAVX2(&dst[0], &src[0], &offsets[0], &weights[0], n)
	}
	return 4 * n
}

func fastBlend(dst []uint8, top, bottom []int16, wTop, wBottom int32) int {
	n := blocks(len(dst), 32)
	if n > 0 {
		_, _ = top[32*n-1], bottom[32*n-1]
		blendAVX2(&dst[0], &top[0], &bottom[0], uint16(wTop), uint16(wBottom), n)
	}
	return 32 * n
}

func fastHalve(dst, top, bottom []uint8) int {
	n := blocks(len(dst), 32)
	if n > 0 {
		_, _ = top[64*n-1], bottom[64*n-1]
		halveAVX2(&dst[0], &top[0], &bottom[0], n)
	}
	return 32 * n
}

// fastMix reads as many rows as there are weights, those of weight 0 too, and
// writes whole blocks, in the order of the rows.
func fastMix(dst []uint8, dstStride int, src []uint8, stride int, plan []mixture, blocks int) int {
	if !avx2 || len(plan) == 0 {
		return 0
	}
	mixAVX2(&dst[0], dstStride, &src[0], stride, &plan[0].start, len(plan), blocks)
	return len(plan)
}

// fastWarp writes whole blocks, and so up to 28 bytes beyond n pixels; dx and
// dy have as many values.
func fastWarp(dst []uint8, s *surface, dx, dy []int32, x0, y0 int32) bool {
	if !avx2 {
		return false
	}
	n := (len(dx) + 7) / 8
	_, _, _ = dst[32*n-1], dx[:8*n][0], dy[:8*n][0]
	warpAVX2(&dst[0], &s.pix[0], n, &dx[0], &dy[0], x0, y0, int32(s.width-1)<<5, int32(s.height-1)<<5,
		int32(s.width-2), int32(s.height-2), int32(s.width))
	return true
}
