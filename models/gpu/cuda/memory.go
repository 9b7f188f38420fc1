//go:build gpu && linux

package cuda

// #include "driver.h"
import "C"

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// Ptr is an address in a card's memory; 0 is none. Arithmetic is in bytes.
type Ptr uintptr

// Alloc takes memory of the card, aligned to 256 bytes, with anything in it.
// Where there is not enough it is ErrOutOfMemory.
func (c *Card) Alloc(bytes int64) (Ptr, error) {
	if bytes <= 0 {
		return 0, fmt.Errorf("cuMemAlloc: %d bytes were asked for", bytes)
	}
	p, err := cu.MemAlloc(bytes)
	return Ptr(p), wrapped("cuMemAlloc", err)
}

// Free gives memory back once the card has done all its work. 0 is no fault.
func (c *Card) Free(p Ptr) error {
	if p == 0 {
		return nil
	}
	return wrapped("cuMemFree", cu.MemFree(cu.DevicePtr(p)))
}

// MemInfo tells how many bytes of the card are free, and how many it has.
func (c *Card) MemInfo() (free, total int64, err error) {
	free, total, err = cu.MemInfo()
	return free, total, wrapped("cuMemGetInfo", err)
}

// Synchronize waits for all work of the card.
func (c *Card) Synchronize() error {
	return wrapped("cuCtxSynchronize", cu.Synchronize())
}

// Pinned takes memory of the machine that every card reads and writes by
// itself. It is not Go's: it stays until FreePinned.
func (c *Card) Pinned(bytes int) ([]byte, error) {
	if bytes <= 0 {
		return nil, fmt.Errorf("cuMemHostAlloc: %d bytes were asked for", bytes)
	}
	var p unsafe.Pointer
	if r := C.cuMemHostAlloc(&p, C.size_t(bytes), C.CU_MEMHOSTALLOC_PORTABLE); r != C.CUDA_SUCCESS {
		return nil, failure("cuMemHostAlloc", int(r))
	}
	return unsafe.Slice((*byte)(p), bytes), nil
}

// FreePinned gives back what Pinned gave: the whole of it.
func (c *Card) FreePinned(b []byte) error {
	if cap(b) == 0 {
		return nil
	}
	return wrapped("cuMemFreeHost", cu.MemFreeHost(unsafe.Pointer(unsafe.SliceData(b))))
}

// CopyToDevice copies src to dst. Pinned memory must be left alone until the
// stream has come past; of other memory a copy has been taken when it returns.
func (c *Card) CopyToDevice(dst Ptr, src []byte, s Stream) error {
	if len(src) == 0 {
		return nil
	}
	return wrapped("cuMemcpyHtoDAsync", cu.MemcpyHtoDAsync(cu.DevicePtr(dst), unsafe.Pointer(&src[0]), int64(len(src)), s.s))
}

// CopyToHost copies src to dst. Pinned memory is full when the stream has come
// past; other memory when it returns.
func (c *Card) CopyToHost(dst []byte, src Ptr, s Stream) error {
	if len(dst) == 0 {
		return nil
	}
	return wrapped("cuMemcpyDtoHAsync", cu.MemcpyDtoHAsync(unsafe.Pointer(&dst[0]), cu.DevicePtr(src), int64(len(dst)), s.s))
}

// Copy copies bytes within the card. The ranges must not overlap.
func (c *Card) Copy(dst, src Ptr, bytes int64, s Stream) error {
	if bytes == 0 {
		return nil
	}
	return wrapped("cuMemcpyDtoDAsync", cu.MemcpyDtoDAsync(cu.DevicePtr(dst), cu.DevicePtr(src), bytes, s.s))
}

// Zero fills bytes of the card's memory with zeros.
func (c *Card) Zero(dst Ptr, bytes int64, s Stream) error {
	if bytes == 0 {
		return nil
	}
	return wrapped("cuMemsetD8Async", cu.MemsetD8Async(cu.DevicePtr(dst), 0, bytes, s.s))
}
