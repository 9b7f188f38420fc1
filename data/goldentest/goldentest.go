// Package goldentest has what tests of golden files share. These are archives, which
// the Python scripts beside them write; and numbers that tests draw, and the scripts
// alike: without a generator that both languages would have to share.
package goldentest

import "hash/crc32"

// Hash is a number that depends on a name and a place in it, of 32 even bits.
func Hash(name string, place int) uint32 { return mixed(salt(name), place) }

// Noise is numbers in -1..1, by the hashes of a name and their places.
func Noise(name string, n int) []float64 {
	v, salt := make([]float64, n), salt(name)
	for i := range v {
		v[i] = float64(mixed(salt, i))/(1<<31) - 1
	}
	return v
}

func salt(name string) uint32 { return crc32.ChecksumIEEE([]byte(name)) }

func mixed(salt uint32, place int) uint32 {
	h := uint32(place)*2654435761 + salt
	h ^= h >> 16
	h *= 0x85EBCA6B
	h ^= h >> 13
	h *= 0xC2B2AE35
	return h ^ h>>16
}

// Xorshift gives one number after the other, of 32 bits. A seed of 0 gives
// zeros.
func Xorshift(seed uint32) func() uint32 {
	x := seed * 2654435761
	return func() uint32 {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		return x
	}
}
