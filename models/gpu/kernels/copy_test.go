//go:build gpu && linux

package kernels

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"hpaflow/models/gpu/cuda"
)

func TestCopy(t *testing.T) {
	for _, to := range []Type{F32, BF16} {
		bothTypes(t, func(t *testing.T, d *device, from Type, l layout) {
			for _, s := range [][2]int{{1, 1}, {33, 7}, {100, 64}, {7, 2056}} {
				t.Run(fmt.Sprintf("to %s %v", to.suffix()[1:], s), func(t *testing.T) {
					d := d.in(t)
					rows, c := s[0], s[1]
					src, dst := noise(from, 1, rows*c, 0, 3), noise(to, 2, rows*c, 0, 3)
					sm, copied, added := d.mat(from, c, l, src), d.blank(to, rows, c, l), d.mat(to, c, l, dst)
					d.do(func(k *Set, s cuda.Stream) error { return errors.Join(k.Copy(s, copied, sm), k.Add(s, added, sm)) })
					a, b := d.values(copied), d.values(added)
					for i, v := range src {
						sum := v + dst[i]
						if to == BF16 {
							v, sum = round(v), round(sum)
						}
						if a[i] != v || b[i] != sum {
							t.Fatalf("value %d: copied %v, want %v; added %v, want %v", i, a[i], v, b[i], sum)
						}
					}
				})
			}
		})
	}
}

// Flat lays any number of values so that they are copied.
func TestFlat(t *testing.T) {
	d := open(t)
	for _, n := range []int{1, 64, 5000, 4096} {
		v := noise(F32, 1, n, 0, 1)
		from, to := d.floats(v), d.room(int64(2*n))
		d.do(func(k *Set, s cuda.Stream) error { return k.Copy(s, Flat(to, BF16, n), Flat(from, F32, n)) })
		for i, got := range unpacked(d.get(to, 2*n), BF16) {
			if got != round(v[i]) {
				t.Fatalf("%d values: %d is %v, want %v", n, i, got, round(v[i]))
			}
		}
	}
}

// Rounding to bfloat16 at its edges.
func TestRounding(t *testing.T) {
	d := open(t)
	bits := []uint32{
		0, 0x80000000, 0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fffffff, 0x7f800001, 0xffffffff, 1, 0x8000,
	}
	want := []uint16{0, 0x8000, 0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x7f80, 0x7f80, 0xff80, 0x7fc0, 0x7fc0, 0x7fc0, 0, 0}
	var v []float32
	for _, b := range bits {
		v = append(v, math.Float32frombits(b))
	}
	for _, l := range []layout{{0, 0}, {2, 0}} { // one by one, and eight at once
		src, dst := d.mat(F32, len(v), l, v), d.blank(BF16, 1, len(v), l)
		d.do(func(k *Set, s cuda.Stream) error { return k.Copy(s, dst, src) })
		for i, b := range d.get(dst.Ptr, 2*len(v)) {
			if b != byte(want[i/2]>>(8*(i%2))) {
				t.Errorf("gap %d: %#08x became %#x, want %#04x", l.gap, bits[i/2], b, want[i/2])
			}
		}
	}
}
