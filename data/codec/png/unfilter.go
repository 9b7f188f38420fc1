package png

// The filters of PNG: a byte is stored less what is predicted from the byte a
// pixel to the left (a), above (b), and above and to the left (c).
const (
	filterNone    = 0
	filterSub     = 1 // a
	filterUp      = 2 // b
	filterAverage = 3 // (a+b)/2, rounded down
	filterPaeth   = 4 // that of a, b, c which is nearest to a+b-c
	filters       = 5
)

// unfilterRow undoes the filter of one row: src is what is stored, above the
// row above, zeros for the first. The three have one length, a multiple of pixel.
func unfilterRow(dst, src, above []byte, filter byte, pixel int) {
	src, above = src[:len(dst)], above[:len(dst)]
	switch filter {
	case filterNone:
		copy(dst, src)
	case filterSub:
		copy(dst[:pixel], src)
		for i := pixel; i < len(dst); i++ {
			dst[i] = src[i] + dst[i-pixel]
		}
	case filterUp:
		for i := range dst {
			dst[i] = src[i] + above[i]
		}
	case filterAverage:
		for i := range pixel {
			dst[i] = src[i] + above[i]/2
		}
		for i := pixel; i < len(dst); i++ {
			dst[i] = src[i] + uint8((int(dst[i-pixel])+int(above[i]))/2)
		}
	case filterPaeth:
		for i := range pixel {
			dst[i] = src[i] + above[i]
		}
		for i := pixel; i < len(dst); i++ {
			dst[i] = src[i] + paeth(int(dst[i-pixel]), int(above[i]), int(above[i-pixel]))
		}
	}
}

// paeth chooses a, then b, then c where distances are equal.
func paeth(a, b, c int) uint8 {
	pa, pb := b-c, a-c
	pc := pa + pb
	pa, pb, pc = max(pa, -pa), max(pb, -pb), max(pc, -pc)
	switch {
	case pa <= pb && pa <= pc:
		return uint8(a)
	case pb <= pc:
		return uint8(b)
	}
	return uint8(c)
}

// unfilterRows undoes the filters of rows one by one. A stored row is a byte
// that names its filter, which must be one, and its content; dst has the
// contents one after the other.
func unfilterRows(dst, raw, above []byte, row, pixel int) {
	for len(dst) > 0 {
		unfilterRow(dst[:row], raw[1:1+row], above, raw[0], pixel)
		above, dst, raw = dst[:row], dst[row:], raw[1+row:]
	}
}
