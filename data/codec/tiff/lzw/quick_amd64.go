//go:build !purego

package lzw

import (
	"unsafe"

	"hpaflow/data/processor"
)

// bmi2 says that the machine has the instructions. Tests clear it.
var bmi2 = processor.BMI2

// quick is quickGo, in assembly if the machine can, up to where the width grows.
func (d *Decoder) quick(dst []byte, r *reader, width int) int {
	const load, turn = 8, 4 * 8 // bytes read, and written, in a turn of four codes
	lastIn, lastOut := len(r.src)-load, len(dst)-turn
	if !bmi2 || r.at > lastIn || d.wrote > lastOut {
		return d.quickGo(dst, r, width)
	}
	grow := 1<<width - 1
	if width == 12 {
		grow = most
	}
	src, out := unsafe.SliceData(r.src), unsafe.SliceData(dst)
	in, at, word, have, next, head, length := quickBMI2((*[most][2]uint64)(unsafe.Pointer(&d.texts)), &r.src[r.at], &r.src[lastIn],
		out, &dst[d.wrote], &dst[lastOut], r.word, uint64(r.have), uint64(width), uint64(d.next), uint64(grow-3), d.before.head, uint64(d.before.length))
	r.at = int(uintptr(unsafe.Pointer(in)) - uintptr(unsafe.Pointer(src)))
	d.wrote = int(uintptr(unsafe.Pointer(at)) - uintptr(unsafe.Pointer(out)))
	r.word, r.have, d.next, d.before = word, int(have), int(next), text{head: head, length: uint32(length)}
	if d.next == grow && width < 12 {
		width++
	}
	return width
}
