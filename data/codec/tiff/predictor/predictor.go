package predictor

import (
	"encoding/binary"
	"math/bits"
)

// Sum undoes the horizontal differences of a row of samples of so many bytes, in
// place.
func Sum(row []byte, size int) {
	rest := row[max(0, fastSum(row, size)-size):] // the last of the sums begins, which alone is its own sum
	switch size {
	case 1:
		var v uint8
		for i, d := range rest {
			v += d
			rest[i] = v
		}
	case 2:
		var v uint16
		for ; len(rest) >= 2; rest = rest[2:] {
			v += binary.NativeEndian.Uint16(rest)
			binary.NativeEndian.PutUint16(rest, v)
		}
	case 4:
		var v uint32
		for ; len(rest) >= 4; rest = rest[4:] {
			v += binary.NativeEndian.Uint32(rest)
			binary.NativeEndian.PutUint32(rest, v)
		}
	case 8:
		var v uint64
		for ; len(rest) >= 8; rest = rest[8:] {
			v += binary.NativeEndian.Uint64(rest)
			binary.NativeEndian.PutUint64(rest, v)
		}
	}
}

// Differences is the inverse of Sum, from one row to another, for samples of 1 or
// 2 bytes.
func Differences(dst, src []byte, size int) {
	switch size {
	case 1:
		var before uint8
		for i, v := range src {
			dst[i] = v - before
			before = v
		}
	case 2:
		var before uint16
		for i := 0; i+2 <= len(src); i += 2 {
			v := binary.NativeEndian.Uint16(src[i:])
			binary.NativeEndian.PutUint16(dst[i:], v-before)
			before = v
		}
	}
}

// Swap turns the bytes of each sample around. The slices are of one length, and
// may be the same.
func Swap(dst, src []byte, size int) {
	done := fastSwap(dst, src, size)
	dst, src = dst[done:], src[done:]
	switch size {
	case 1:
		copy(dst, src)
	case 2:
		for i := 0; i+2 <= len(src); i += 2 {
			binary.NativeEndian.PutUint16(dst[i:], bits.ReverseBytes16(binary.NativeEndian.Uint16(src[i:])))
		}
	case 4:
		for i := 0; i+4 <= len(src); i += 4 {
			binary.NativeEndian.PutUint32(dst[i:], bits.ReverseBytes32(binary.NativeEndian.Uint32(src[i:])))
		}
	case 8:
		for i := 0; i+8 <= len(src); i += 8 {
			binary.NativeEndian.PutUint64(dst[i:], bits.ReverseBytes64(binary.NativeEndian.Uint64(src[i:])))
		}
	}
}

// Float undoes the predictor of floating-point numbers: a row has the first byte of
// each, then the second of each, the most significant first, and each byte is stored
// less the one so many before, which is the samples of a pixel. src is scratch
// afterwards. dst has the numbers, in the machine's order, pixel by pixel.
func Float(dst, src []byte, size, samples int) {
	if samples == 1 {
		Sum(src, 1)
	} else {
		for i := samples; i < len(src); i++ {
			src[i] += src[i-samples]
		}
	}
	n := len(src) / size
	switch size {
	case 2:
		high, low := src[:n], src[n:2*n]
		for i, h := range high {
			binary.NativeEndian.PutUint16(dst[2*i:], uint16(h)<<8|uint16(low[i]))
		}
	case 4:
		a, b, c, d := src[:n], src[n:2*n], src[2*n:3*n], src[3*n:4*n]
		for i, v := range a {
			binary.NativeEndian.PutUint32(dst[4*i:], uint32(v)<<24|uint32(b[i])<<16|uint32(c[i])<<8|uint32(d[i]))
		}
	case 8:
		for i := range n {
			var v uint64
			for k := range 8 {
				v = v<<8 | uint64(src[k*n+i])
			}
			binary.NativeEndian.PutUint64(dst[8*i:], v)
		}
	}
}
