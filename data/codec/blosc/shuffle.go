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
	i := fastUnshuffle2(dst, low, high)
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
// As many elements as caches hold have their bytes put together first, and are unshuffled.
func unshuffleBits(dst, src []byte, element int) {
	n := len(src) / element
	if n%8 != 0 {
		copy(dst, src)
		return
	}
	const most = 16 << 10 // bytes of one go
	group := max(8, most/element&^63)
	var small [most]byte
	whole := small[:]
	if element*8 > most {
		whole = make([]byte, element*8)
	}
	row := n / 8 // bytes of one bit of all elements
	for from := 0; from < n; from += group {
		k := min(group, n-from)
		for j := range element {
			joinBits(whole[j*k:(j+1)*k], src[8*j*row+from/8:], row)
		}
		unshuffle(dst[from*element:(from+k)*element], whole[:k*element], element)
	}
	copy(dst[n*element:], src[n*element:])
}

// joinBits makes bytes of rows of their bits, the lowest first, whose begins are so many
// bytes apart.
func joinBits(dst, rows []byte, apart int) {
	i := 0
	for ; i+64 <= len(dst); i += 64 {
		var w [8]uint64 // eight bytes of each row
		for k := range w {
			w[k] = binary.LittleEndian.Uint64(rows[k*apart+i/8:])
		}
		turn(&w)
		for k, v := range w {
			binary.LittleEndian.PutUint64(dst[i+8*k:], transpose(v))
		}
	}
	for ; i < len(dst); i += 8 {
		var x uint64
		for k := range 8 {
			x |= uint64(rows[k*apart+i/8]) << (8 * k)
		}
		binary.LittleEndian.PutUint64(dst[i:], transpose(x))
	}
}

// turn transposes 8 x 8 bytes.
func turn(w *[8]uint64) {
	for i := 0; i < 8; i += 2 {
		t := (w[i]>>8 ^ w[i+1]) & 0x00ff00ff00ff00ff
		w[i+1] ^= t
		w[i] ^= t << 8
	}
	for _, i := range [4]int{0, 1, 4, 5} {
		t := (w[i]>>16 ^ w[i+2]) & 0x0000ffff0000ffff
		w[i+2] ^= t
		w[i] ^= t << 16
	}
	for i := range 4 {
		t := (w[i]>>32 ^ w[i+4]) & 0x00000000ffffffff
		w[i+4] ^= t
		w[i] ^= t << 32
	}
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
