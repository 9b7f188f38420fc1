//go:build unix

// Package fence gives tests memory that lies between two pages that nobody may
// touch, so that assembly and pointer arithmetic that reach too far, were it to
// read a byte that does not count, end the test.
package fence

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// End copies v to where the page after its last element is a fence.
func End[T any](t testing.TB, v []T) []T {
	t.Helper()
	inside, bytes := enclosed(t, v)
	return place(inside[len(inside)-bytes:], v)
}

// Start copies v to where the page before its first element is a fence.
func Start[T any](t testing.TB, v []T) []T {
	t.Helper()
	inside, _ := enclosed(t, v)
	return place(inside, v)
}

// enclosed is whole pages between two fences, enough for the bytes of v, until
// the test ends.
func enclosed[T any](t testing.TB, v []T) (inside []byte, bytes int) {
	t.Helper()
	page := unix.Getpagesize()
	bytes = len(v) * int(unsafe.Sizeof(*new(T)))
	size := max(1, (bytes+page-1)/page) * page
	all, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(all); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]byte{all[:page], all[page+size:]} {
		if err := unix.Mprotect(fence, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return all[page : page+size], bytes
}

func place[T any](to []byte, v []T) []T {
	if len(v) == 0 {
		return nil
	}
	copied := unsafe.Slice((*T)(unsafe.Pointer(&to[0])), len(v))
	copy(copied, v)
	return copied
}
