package pixel

// transposePlane sets dst, of width rows, to the transpose of src, height rows
// of width bytes. Rows lie so many bytes apart as the strides say.
func transposePlane(dst []uint8, dstStride int, src []uint8, srcStride, width, height int) {
	const side = 16
	for y := 0; y < height; y += side {
		done := 0
		if y+side <= height {
			done = fastTranspose(dst[y:], dstStride, src[y*srcStride:], srcStride, width)
		}
		for x := done; x < width; x++ {
			row := dst[x*dstStride:]
			for j := y; j < min(y+side, height); j++ {
				row[j] = src[j*srcStride+x]
			}
		}
	}
}
