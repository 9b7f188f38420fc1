package pages

import "testing"

// Slices of any size are as long as they should be, and zeros that can be written.
func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, huge/valueBytes - 1, huge / valueBytes, 3*huge/valueBytes + 5} {
		v := Make(n)
		if len(v) != n || cap(v) < n {
			t.Fatalf("%d values, want %d", len(v), n)
		}
		for i := range v {
			if v[i] != 0 {
				t.Fatalf("value %d of %d is %v", i, n, v[i])
			}
			v[i] = 1
		}
	}
}
