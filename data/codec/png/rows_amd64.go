//go:build !purego

package png

import "hpaflow/data"

// Each of these does as much of its work as suits whole vectors, and says how
// much that was.

func split4(planes []data.Plane, pixels []byte) int {
	n := len(planes[0].U8) &^ 15
	if !hasAVX2 || n == 0 || len(pixels) < 4*n {
		return 0
	}
	split4AVX2(&planes[0].U8[:n][0], &planes[1].U8[:n][0], &planes[2].U8[:n][0], &planes[3].U8[:n][0], &pixels[0], n)
	return n
}

func interleave4(pixels []byte, planes [][]byte) int {
	n := len(planes[0]) &^ 31
	if !hasAVX2 || n == 0 || len(pixels) < 4*n {
		return 0
	}
	interleave4AVX2(&pixels[0], &planes[0][:n][0], &planes[1][:n][0], &planes[2][:n][0], &planes[3][:n][0], n)
	return n
}

func average(dst, cur, left, above []byte) int {
	n := len(cur) &^ 31
	if !hasAVX2 || n == 0 {
		return 0
	}
	averageAVX2(&dst[:n][0], &cur[0], &left[:n][0], &above[:n][0], n)
	return n
}
