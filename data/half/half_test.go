package half

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestHalf: each number of 16 bits survives the way there and back, and any
// number becomes the nearest.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		v := Number(uint16(h))
		if v != v {
			if back := Number(Bits(v)); back == back {
				t.Fatalf("%#x: not a number became %v", h, back)
			}
		} else if got := Bits(v); got != uint16(h) {
			t.Fatalf("%#x is %v, which became %#x", h, v, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float32Range(-66000, 66000).Draw(t, "v") * float32(math.Pow(2, float64(rapid.IntRange(-40, 0).Draw(t, "shift"))))
		h := Bits(v)
		got := math.Abs(float64(Number(h)) - float64(v))
		for _, other := range []uint16{h - 1, h + 1} {
			if o := Number(other); o == o && math.Abs(float64(o)-float64(v)) < got && !math.IsInf(float64(Number(h)), 0) {
				t.Fatalf("%v became %v, and %v is nearer", v, Number(h), o)
			}
		}
	})
}
