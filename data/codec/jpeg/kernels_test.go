package jpeg

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// noise is n random bytes.
func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// twins compares what work writes with assembly and without.
func twins(t *testing.T, what string, n int, work func(dst []byte)) {
	t.Helper()
	if !avx2 {
		t.Skip("no assembly here")
	}
	got, want := make([]byte, n), make([]byte, n)
	work(got)
	avx2 = false
	work(want)
	avx2 = true
	if !bytes.Equal(got, want) {
		t.Fatalf("%s: assembly and Go differ", what)
	}
}

func TestTransformsAreTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 20000 {
		var b, quant block
		for i := range b {
			if trial%3 > 0 && r.IntN(8) > 0 {
				continue
			}
			b[i], quant[i] = int16(r.IntN(200)-100), int16(1+r.IntN(20))
			if trial%5 == 0 {
				b[i], quant[i] = int16(r.Uint32()), int16(r.Uint32())
			}
		}
		twins(t, "idct", 8*11, func(dst []byte) { idct(dst[:7*11+8], 11, &b, &quant) })
	}
}

// TestTransformIsTheCosine holds the integers to the formula (T.81, A.3.3), and
// a block of nothing but a mean to the same block transformed.
func TestTransformIsTheCosine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	scale := func(k int) float64 { return map[bool]float64{true: math.Sqrt(.125), false: .5}[k == 0] }
	for trial := range 200 {
		var natural [64]float64
		var b block
		c := component{band: band{buf: make([]byte, 9*80), stride: 80}}
		for i := range natural {
			c.quant[i] = 3
			if i == 0 || trial%2 == 0 && r.IntN(4) == 0 {
				v := r.IntN(120) - 60
				b[places[i]], natural[i] = int16(v), float64(3*v)
			}
		}
		c.transform(0, 0, &b)
		got := bytes.Clone(c.band.buf)
		for y := range 8 {
			for x := range 8 {
				v := 128.0
				for i, f := range natural {
					v += f * scale(i/8) * scale(i%8) * math.Cos(float64(2*y+1)*float64(i/8)*math.Pi/16) * math.Cos(float64(2*x+1)*float64(i%8)*math.Pi/16)
				}
				at, stride := c.band.place(0, 0)
				if off := math.Abs(float64(got[at+y*stride+x]) - max(0, min(v, 255))); off > 1 {
					t.Fatalf("row %d, column %d: %d, want %.2f", y, x, got[at+y*stride+x], v)
				}
			}
		}
		if c.fill(0, 0, b[0]); trial%2 == 1 && !bytes.Equal(got, c.band.buf) {
			t.Fatalf("a mean of %d: fill and transform differ", b[0])
		}
	}
}

func TestLinesAreTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := 1; n < 140; n++ {
		a, b, c := noise(r, n+2), noise(r, n+2), noise(r, n+2)
		twins(t, "across", 2*n, func(dst []byte) { spreadAcross(dst, a) })
		twins(t, "both", 2*n, func(dst []byte) { spreadBoth(dst, a, b) })
		twins(t, "colours", 3*n, func(dst []byte) {
			colours(&[3][]byte{dst[:n], dst[n : 2*n], dst[2*n:]}, &[3][]byte{a[:n], b[:n], c[:n]})
		})
		twins(t, "greys", n, func(dst []byte) { greys(dst, &[3][]byte{a[:n], b[:n], c[:n]}) })
	}
}

// TestColoursAreTwins compares all colours, of some lumas.
func TestColoursAreTwins(t *testing.T) {
	const n = 1 << 16
	luma, cb, cr := make([]byte, n), make([]byte, n), make([]byte, n)
	for i := range n {
		cb[i], cr[i] = byte(i), byte(i>>8)
	}
	for _, y := range []byte{0, 77, 128, 255} {
		for i := range luma {
			luma[i] = y
		}
		twins(t, "colours", 3*n, func(dst []byte) {
			colours(&[3][]byte{dst[:n], dst[n : 2*n], dst[2*n:]}, &[3][]byte{luma, cb, cr})
		})
		twins(t, "greys", n, func(dst []byte) { greys(dst, &[3][]byte{luma, cb, cr}) })
	}
}
