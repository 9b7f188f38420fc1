package half

import "math"

// Bits gives the bits of the nearest number of 16 bits (IEEE 754 binary16), of
// two as near the even one; what is too large becomes infinite.
func Bits(v float32) uint16 {
	bits := math.Float32bits(v)
	sign, exponent, fraction := uint16(bits>>16)&0x8000, int(bits>>23&0xff)-127, bits&0x7fffff
	switch {
	case exponent == 128 && fraction != 0: // not a number
		return sign | 0x7e00
	case exponent > 15:
		return sign | 0x7c00
	case exponent < -25:
		return sign
	case exponent < -14: // too small for a leading one
		return sign | uint16(rounded(fraction|0x800000, uint(-1-exponent)))
	}
	return sign + uint16(rounded(uint32(exponent+15)<<23|fraction, 13)) // the carry goes into the exponent
}

// rounded is v without its last bits, to the nearest, of two as near the even.
func rounded(v uint32, bits uint) uint32 {
	rest, middle := v&(1<<bits-1), uint32(1)<<(bits-1)
	v >>= bits
	if rest > middle || rest == middle && v&1 == 1 {
		v++
	}
	return v
}

// Number is the number that bits mean; every one is a float32.
func Number(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, int(h>>10&31), uint32(h&0x3ff)
	switch exponent {
	case 0:
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | uint32(exponent+112)<<23 | fraction<<13)
}
