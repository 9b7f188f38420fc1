package pixel

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
)

// fourPlanes is testdata/packed.py's image of a case.
func fourPlanes(number, w, h int) *data.Image {
	im := data.NewImage(w, h, 4, 8)
	for c := range im.Planes {
		copy(im.Planes[c].U8, noise(uint32(8*number+c), w, h, 8).Planes[0].U8)
	}
	return im
}

// positions spreads noise over -n/2..3n/2.
func positions(seed uint32, n int) []float32 {
	list := make([]float32, n)
	for i, v := range noise(seed, n, 1, 16).Planes[0].U16 {
		list[i] = float32(float64(v)/65535*2*float64(n) - float64(n)/2)
	}
	return list
}

func shifts(w, h int) func(y int, dx, dy []float32) bool {
	x, y := noise(3, w, h, 16).Planes[0].U16, noise(4, w, h, 16).Planes[0].U16
	return func(row int, dx, dy []float32) bool {
		for i := range dx {
			dx[i] = float32((float64(x[row*w+i]) - 32768) / 8192)
			dy[i] = float32((float64(y[row*w+i]) - 32768) / 8192)
		}
		return true
	}
}

func operate(p *Packed, operation string, n []float64) {
	whole := make([]int, len(n))
	for i, v := range n {
		whole[i] = int(v)
	}
	switch operation {
	case "warp":
		p.Warp(Affine(n))
	case "rotate":
		p.Warp(Rotation(float64(p.Width)/2, float64(p.Height)/2, n[0], n[1]))
	case "remap":
		p.Remap(positions(1, p.Width), positions(2, p.Height))
	case "displace":
		p.Displace(shifts(p.Width, p.Height))
	case "blur":
		p.Blur(whole[0])
	case "motion":
		p.MotionBlur(whole[0], Cell{whole[1], whole[2]}, Cell{whole[3], whole[4]})
	case "resize":
		p.Resize(whole[0], whole[1])
	default:
		panic(operation)
	}
}

func TestPackedGolden(t *testing.T) {
	f, err := os.Open("testdata/packed.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	counts := map[string]int{}
	number := 0
	var p Packed // shared, so that nothing left over from one image shows in another
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		number++
		counts[words[0]]++
		n := make([]float64, len(words)-2)
		for i := range n {
			fmt.Sscan(words[i+1], &n[i])
		}
		if err := p.Load(fourPlanes(number, int(n[0]), int(n[1])), Identity); err != nil {
			t.Fatal(err)
		}
		operate(&p, words[0], n[2:])
		crc := crc32.NewIEEE()
		for _, plane := range p.Image().Planes {
			crc.Write(plane.U8)
		}
		if got := fmt.Sprintf("%08x", crc.Sum32()); got != words[len(words)-1] {
			t.Errorf("%s: digest %s", lines.Text(), got)
		}
	}
	if fmt.Sprint(counts) != "map[blur:24 displace:12 motion:129 remap:12 resize:17 rotate:12 warp:35]" {
		t.Fatal(counts)
	}
}

// TestTwins: assembly and plain Go agree, tails and odd positions included.
func TestTwins(t *testing.T) {
	if !avx2 {
		t.Skip("no AVX2 here")
	}
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 150).Draw(t, "w"), rapid.IntRange(1, 80).Draw(t, "h")
		im := fourPlanes(rapid.IntRange(0, 1<<20).Draw(t, "seed"), w, h)
		im.Planes = im.Planes[:rapid.IntRange(1, 4).Draw(t, "planes")]
		d := Dihedral(rapid.IntRange(0, 7).Draw(t, "d"))
		operation := rapid.SampledFrom([]string{"warp", "rotate", "remap", "displace", "blur", "motion", "resize", "lookup", "halve"}).Draw(t, "operation")
		numbers := map[string][]float64{
			"warp":   {1.1, rapid.Float64Range(-2, 2).Draw(t, "m1"), 9, rapid.Float64Range(-1, 1).Draw(t, "m3"), 1, -4},
			"rotate": {rapid.Float64Range(-90, 90).Draw(t, "angle"), 1},
			"blur":   {float64(1 + 2*rapid.IntRange(0, 7).Draw(t, "blur"))},
			"motion": {15, float64(rapid.IntRange(0, 14).Draw(t, "x")), 1, float64(rapid.IntRange(0, 14).Draw(t, "x1")), float64(rapid.SampledFrom([]int{0, 2, 7, 14}).Draw(t, "y1"))},
			"resize": {float64(rapid.IntRange(1, 200).Draw(t, "ow")), float64(rapid.IntRange(1, 100).Draw(t, "oh"))},
			"halve":  {float64(max(1, w/2)), float64(max(1, h/2))},
		}[operation]
		table := permutation()
		run := func(fast bool) (*data.Image, *data.Image, float64) {
			defer func(was bool) { avx2 = was }(avx2)
			avx2 = fast
			var p Packed
			p.load(im, d)
			switch operation {
			case "lookup":
				p.Lookup(&table)
			case "halve":
				operate(&p, "resize", numbers)
			default:
				operate(&p, operation, numbers)
			}
			return p.Image(), Resample(im, 1+w/2, 1+h/3, Lanczos), p.Mean()
		}
		fast, fastSmall, fastMean := run(true)
		plain, plainSmall, plainMean := run(false)
		for c := range im.Planes {
			if !bytes.Equal(fast.Planes[c].U8, plain.Planes[c].U8) {
				t.Fatalf("plane %d differs", c)
			}
			if !bytes.Equal(fastSmall.Planes[c].U8, plainSmall.Planes[c].U8) {
				t.Fatalf("plane %d differs after Resample", c)
			}
		}
		if fastMean != plainMean {
			t.Fatalf("means %v and %v", fastMean, plainMean)
		}
	})
}

func permutation() (table [256]uint8) {
	for i := range table {
		table[i] = uint8(i*167 + 13)
	}
	return table
}

// TestLoad: loading under a symmetry is Apply, and Image gives it back.
func TestLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		im := fourPlanes(1, rapid.IntRange(1, 100).Draw(t, "w"), rapid.IntRange(1, 100).Draw(t, "h"))
		im.Planes = im.Planes[:rapid.IntRange(1, 4).Draw(t, "planes")]
		d := Dihedral(rapid.IntRange(0, 7).Draw(t, "d"))
		var p Packed
		if err := p.Load(im, d); err != nil {
			t.Fatal(err)
		}
		got, want := p.Image(), d.Apply(im)
		if got.Width != want.Width || len(got.Planes) != len(want.Planes) {
			t.Fatalf("%dx%d, %d planes", got.Width, got.Height, len(got.Planes))
		}
		for c := range want.Planes {
			if !bytes.Equal(got.Planes[c].U8, want.Planes[c].U8) {
				t.Fatalf("plane %d differs", c)
			}
		}
	})
	if new(Packed).Load(data.NewImage(2, 2, 1, 16), Identity) == nil {
		t.Error("16 bits are loaded")
	}
}

// TestSums and Normalise against the plain formulas, over blocks and tails.
func TestSums(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 33, 1000, 300_000} {
		values := noise(uint32(n+1), n+1, 1, 8).Planes[0].U8[:n]
		for i := range values {
			if n == 300_000 {
				values[i] = 255 // the largest sums
			}
		}
		var sum, squares uint64
		for _, v := range values {
			sum, squares = sum+uint64(v), squares+uint64(v)*uint64(v)
		}
		if s, q := Sums(values); s != sum || q != squares {
			t.Errorf("%d values: %d and %d, want %d and %d", n, s, q, sum, squares)
		}
		got := make([]float32, n)
		Normalise(got, values, 127.5, 255)
		for i, v := range values {
			if got[i] != (float32(v)-127.5)/255 {
				t.Fatalf("%d of %d values: %v", i, n, got[i])
			}
		}
	}
}
