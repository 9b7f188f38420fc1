package blosc

import "encoding/binary"

// unshuffle puts bytes back that lie as the first bytes of all elements, then all
// second ones, and so on. Bytes behind the last whole element stay where they are.
func unshuffle(dst, src []byte, element int) {
	n := len(src) / element
	switch element {
	case 2:
		unshuffle2(dst[:2*n], src[:n], src[n:2*n])
	case 4:
		a, b, c, d := src[:n], src[n:2*n], src[2*n:3*n], src[3*n:4*n]
		for i := range n {
			binary.LittleEndian.PutUint32(dst[4*i:], uint32(a[i])|uint32(b[i])<<8|uint32(c[i])<<16|uint32(d[i])<<24)
		}
	default:
		for j := range element {
			for i, v := range src[j*n : (j+1)*n] {
				dst[i*element+j] = v
			}
		}
	}
	copy(dst[n*element:], src[n*element:])
}

// unshuffle2 takes four elements at a time, spread over 64 bits.
func unshuffle2(dst, low, high []byte) {
	i := 0
	for ; i+4 <= len(low) && i+4 <= len(high); i += 4 {
		a, b := spread(binary.LittleEndian.Uint32(low[i:])), spread(binary.LittleEndian.Uint32(high[i:]))
		binary.LittleEndian.PutUint64(dst[2*i:], a|b<<8)
	}
	for ; i < len(low); i++ {
		dst[2*i], dst[2*i+1] = low[i], high[i]
	}
}

// spread puts a byte of zeros behind each of four.
func spread(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	return (x | x<<8) & 0x00ff00ff00ff00ff
}

// unshuffleBits puts bits back that lie as the lowest bits of all elements, then the
// next, and so on. c-blosc leaves elements as they are whose number is no multiple of 8.
func unshuffleBits(dst, src []byte, element int) {
	n := len(src) / element
	if n%8 != 0 {
		copy(dst, src)
		return
	}
	row := n / 8 // bytes of one bit of all elements
	for j := range element {
		rows := src[8*j*row : 8*(j+1)*row]
		for i := range row {
			var x uint64
			for k := range 8 {
				x |= uint64(rows[k*row+i]) << (8 * k)
			}
			x = transpose(x)
			at := 8*i*element + j
			for k := range 8 {
				dst[at+k*element] = byte(x >> (8 * k))
			}
		}
	}
	copy(dst[n*element:], src[n*element:])
}

// transpose turns 8 x 8 bits, of which byte k is row k (Hacker's Delight, 7-3).
func transpose(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}
