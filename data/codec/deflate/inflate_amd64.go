//go:build !purego

package deflate

import (
	"unsafe"

	"hpaflow/data/processor"
)

var hasBMI2 = processor.BMI2 && processor.AVX2

// quick is quickGo, in assembly if the machine can.
func (z *Inflater) quick(n int) (done bool, err error) {
	lastIn, lastOut := len(z.src)-16, n-turn
	if !hasBMI2 || z.at > lastIn || z.wrote > lastOut {
		return z.quickGo(n)
	}
	src, dst := unsafe.SliceData(z.src), unsafe.SliceData(z.dst)
	in, out, word, have, status := inflateBMI2(&z.lit, &z.dist, &z.src[z.at], &z.src[lastIn],
		dst, &z.dst[z.wrote], &z.dst[lastOut], z.word, uint64(z.bits))
	z.at = int(uintptr(unsafe.Pointer(in)) - uintptr(unsafe.Pointer(src)))
	z.wrote = int(uintptr(unsafe.Pointer(out)) - uintptr(unsafe.Pointer(dst)))
	z.bits = int(have)
	z.word = word & (1<<(have&63) - 1)
	if status == 2 {
		err = ErrStream
	}
	return status == 1, err
}

// adlerSums does as much as suits whole vectors by them.
func adlerSums(p []byte) (sum, weighted uint32) {
	n := len(p) &^ 31
	if !processor.AVX2 || n == 0 {
		return adlerSumsGo(p)
	}
	sum, weighted = adlerAVX2(&p[0], n)
	for _, v := range p[n:] {
		sum += uint32(v)
		weighted += sum
	}
	return sum, weighted
}
