//go:build unix

package fence

import (
	"runtime/debug"
	"slices"
	"testing"
	"unsafe"
)

func TestFences(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, n := range []int{1, 3, 1024, 5000} {
		v := make([]uint32, n)
		for i := range v {
			v[i] = uint32(i)
		}
		end, start := End(t, v), Start(t, v)
		if !slices.Equal(end, v) || !slices.Equal(start, v) {
			t.Errorf("%d values are not what they were", n)
		}
		if !faults(unsafe.Add(unsafe.Pointer(&end[0]), 4*n)) || !faults(unsafe.Add(unsafe.Pointer(&start[0]), -1)) {
			t.Errorf("nothing stands around %d values", n)
		}
	}
}

func faults(p unsafe.Pointer) (faulted bool) {
	defer func() { faulted = recover() != nil }()
	touched = *(*byte)(p)
	return false
}

var touched byte
