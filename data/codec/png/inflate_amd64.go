//go:build !purego

package png

import (
	"unsafe"

	"hpaflow/data/processor"
)

var hasBMI2 = processor.BMI2 && processor.AVX2

// quick is quickGo, in assembly if the machine can.
func (z *inflater) quick(n int) (done bool, err error) {
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
		err = errStream
	}
	return status == 1, err
}
