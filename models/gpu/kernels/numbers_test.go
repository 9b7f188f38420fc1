//go:build gpu && linux

package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

func nans(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.NaN())
	}
	return v
}

func repeated(b byte, n int) []byte {
	v := make([]byte, n)
	for i := range v {
		v[i] = b
	}
	return v
}

func packed(v []float32, t Type) []byte {
	var b []byte
	for _, f := range v {
		if t == BF16 {
			b = binary.LittleEndian.AppendUint16(b, uint16(math.Float32bits(round(f))>>16))
		} else {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
	}
	return b
}

func unpacked(b []byte, t Type) []float32 {
	v := make([]float32, len(b)/t.Bytes())
	for i := range v {
		if t == BF16 {
			v[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		} else {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	}
	return v
}

// round is the nearest bfloat16, ties to even.
func round(f float32) float32 {
	if f != f {
		return f
	}
	bits := math.Float32bits(f)
	bits += 0x7fff + bits>>16&1
	return math.Float32frombits(bits &^ 0xffff)
}

// noise is n numbers of a seed, from centre-width to centre+width, as
// testdata/errors.py makes them too; those of a type are what it can hold.
func noise(t Type, seed uint64, n int, centre, width float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		z := seed*0xd1342543de82ef95 + uint64(i+1)*0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		v[i] = float32(float32(z>>40)/(1<<23)-1)*width + centre
		if t == BF16 {
			v[i] = round(v[i])
		}
	}
	return v
}

func doubles(v []float32) []float64 {
	d := make([]float64, len(v))
	for i, f := range v {
		d[i] = float64(f)
	}
	return d
}

// result is what a kernel computed beside what it should have, in float64.
type result struct {
	name string
	t    Type
	got  []float32
	want []float64
}

// errors are the largest and the mean (root of squares) error, as a part of the
// largest and the mean value.
func (r result) errors() (largest, mean float64) {
	var most, squares, all float64
	for i, w := range r.want {
		e := math.Abs(float64(r.got[i]) - w)
		if e != e {
			return math.Inf(1), math.Inf(1)
		}
		largest, most = max(largest, e), max(most, math.Abs(w))
		squares, all = squares+e*e, all+w*w
	}
	if most == 0 {
		return largest, math.Sqrt(squares)
	}
	return largest / most, math.Sqrt(squares / all)
}

// check fails where a result is further from what it should be than rounding
// explains: of single steps to bfloat16 half a unit in the last place.
func check(t *testing.T, results ...result) {
	t.Helper()
	for _, r := range results {
		if len(r.got) != len(r.want) {
			t.Fatalf("%s: %d values, want %d", r.name, len(r.got), len(r.want))
		}
		var most float64
		for _, w := range r.want {
			most = max(most, math.Abs(w))
		}
		for i, w := range r.want {
			allowed := 3e-6*most + 1e-12
			if r.t == BF16 {
				allowed += math.Abs(w) / 256
			}
			if e := math.Abs(float64(r.got[i]) - w); !(e <= allowed) {
				t.Errorf("%s: value %d of %d is %v, want %v", r.name, i, len(r.want), r.got[i], w)
				break
			}
		}
	}
}

// layouts are those that every kernel over Mats is tried with.
var layouts = []layout{{0, 0}, {16, 0}, {3, 0}, {0, 1}}

// bothTypes runs a test for both types in all layouts.
func bothTypes(t *testing.T, f func(t *testing.T, d *device, ty Type, l layout)) {
	for _, ty := range []Type{F32, BF16} {
		for _, l := range layouts {
			t.Run(fmt.Sprintf("%s gap %d shift %d", ty.suffix()[1:], l.gap, l.shift), func(t *testing.T) { f(t, open(t), ty, l) })
		}
	}
}
