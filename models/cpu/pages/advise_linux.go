package pages

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// advise asks for huge pages. It is advice: the error, where the kernel knows none
// of it, is left alone.
func advise(v []float32) {
	page := os.Getpagesize()
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*valueBytes)
	skip := -int(uintptr(unsafe.Pointer(&v[0]))) & (page - 1)
	whole := (len(bytes) - skip) / page * page
	_ = unix.Madvise(bytes[skip:skip+whole], unix.MADV_HUGEPAGE)
}
