package png

import (
	"encoding/binary"
	"math/bits"

	"hpaflow/data"
)

// split8 takes pixels apart into planes.
func split8(planes []data.Plane, pixels []byte) {
	n := len(planes)
	done := 0
	if n == 4 {
		done = split4(planes, pixels)
	}
	for c, p := range planes {
		for i := done; i < len(p.U8); i++ {
			p.U8[i] = pixels[i*n+c]
		}
	}
}

// split16 is split8 for 16 bits, which PNG stores big-endian.
func split16(planes []data.Plane, pixels []byte) {
	n := len(planes)
	for c, p := range planes {
		for i := range p.U16 {
			p.U16[i] = bits.ReverseBytes16(binary.LittleEndian.Uint16(pixels[2*(i*n+c):]))
		}
	}
}

// join8 writes pixels from a row of each plane, the inverse of split8.
func join8(pixels []byte, planes [][]byte) {
	n := len(planes)
	done := 0
	switch n {
	case 1:
		done = copy(pixels, planes[0])
	case 4:
		done = interleave4(pixels, planes)
	}
	for c, p := range planes {
		for i := done; i < len(p); i++ {
			pixels[i*n+c] = p[i]
		}
	}
}

// join16 is join8 for 16 bits.
func join16(pixels []byte, planes [][]uint16) {
	n := len(planes)
	for c, p := range planes {
		for i, v := range p {
			binary.LittleEndian.PutUint16(pixels[2*(i*n+c):], bits.ReverseBytes16(v))
		}
	}
}

// filterAverageRow filters a row: dst[i] is cur[i] less the mean of the byte a
// pixel before and the one above. Before the row there are zeros.
func filterAverageRow(dst, cur, above []byte, pixel int) {
	n := len(cur)
	dst, above = dst[:n], above[:n]
	for i := range min(pixel, n) {
		dst[i] = cur[i] - above[i]/2
	}
	if n <= pixel {
		return
	}
	left := cur[:n-pixel]
	dst, cur, above = dst[pixel:], cur[pixel:], above[pixel:]
	for i := average(dst, cur, left, above); i < len(cur); i++ {
		dst[i] = cur[i] - uint8((int(left[i])+int(above[i]))/2)
	}
}
