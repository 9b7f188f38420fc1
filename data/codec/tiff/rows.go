package tiff

import "encoding/binary"

// gather takes every so many-th sample.
func gather(dst, src []byte, size, step int) {
	if step == 1 {
		copy(dst, src)
		return
	}
	switch size {
	case 1:
		for i := range dst {
			dst[i] = src[i*step]
		}
	case 2:
		for i, at := 0, 0; i+2 <= len(dst); i, at = i+2, at+2*step {
			binary.NativeEndian.PutUint16(dst[i:], binary.NativeEndian.Uint16(src[at:]))
		}
	case 4:
		for i, at := 0, 0; i+4 <= len(dst); i, at = i+4, at+4*step {
			binary.NativeEndian.PutUint32(dst[i:], binary.NativeEndian.Uint32(src[at:]))
		}
	case 8:
		for i, at := 0, 0; i+8 <= len(dst); i, at = i+8, at+8*step {
			binary.NativeEndian.PutUint64(dst[i:], binary.NativeEndian.Uint64(src[at:]))
		}
	}
}

// wholeBytes gives samples of 1 to 15 bits, the highest bit first, whole bytes: one each,
// or two from 9 bits on.
func wholeBytes(dst, src []byte, bits int) []byte {
	switch {
	case bits == 1:
		for i := range dst {
			dst[i] = src[i>>3] >> (7 - i&7) & 1
		}
	case bits == 12:
		i := 0
		for ; i+4 <= len(dst); i, src = i+4, src[3:] {
			binary.NativeEndian.PutUint16(dst[i:], uint16(src[0])<<4|uint16(src[1])>>4)
			binary.NativeEndian.PutUint16(dst[i+2:], uint16(src[1])&15<<8|uint16(src[2]))
		}
		if i < len(dst) {
			binary.NativeEndian.PutUint16(dst[i:], uint16(src[0])<<4|uint16(src[1])>>4)
		}
	default:
		word, have, at := uint64(0), 0, 0
		size := 1
		if bits > 8 {
			size = 2
		}
		for i := 0; i < len(dst); i += size {
			for have < bits {
				word = word<<8 | uint64(src[at])
				at++
				have += 8
			}
			have -= bits
			v := uint16(word>>have) & (1<<bits - 1)
			if size == 1 {
				dst[i] = byte(v)
			} else {
				binary.NativeEndian.PutUint16(dst[i:], v)
			}
		}
	}
	return dst
}
