package imagehash

import (
	"bufio"
	"fmt"
	"math"
	"math/bits"
	"os"
	"testing"

	"github.com/corona10/goimagehash"

	"hpaflow/data"
)

// draw is testdata/hashes.py's.
func draw(kind string, w, h, p int) *data.Image {
	im := data.NewImage(w, h, 1, 8)
	on := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	for y := range h {
		for x := range w {
			var v int
			switch kind {
			case "flat":
				v = p
			case "ramp_x":
				v = x * 255 / max(1, w-1)
			case "ramp_y":
				v = y * 255 / max(1, h-1)
			case "diagonal":
				v = x + y
			case "left":
				v = on(x < w/2) * p
			case "top":
				v = on(y < h/2) * p
			case "corner":
				v = on(x < w/2 && y < h/2) * p
			case "board":
				v = (x*p/w + y*p/h) % 2 * 255
			case "ring":
				v = ((2*x-w+1)*(2*x-w+1) + (2*y-h+1)*(2*y-h+1)) * p / (w * h)
			case "dot":
				v = on(x == p && y == p) * 255
			case "texture":
				v = (x*x*p + y*y*3 + x*y*7) / 64
			default:
				panic(kind)
			}
			im.Planes[0].U8[y*w+x] = uint8(v)
		}
	}
	return im
}

// TestGolden has many images that are symmetric, so that the hash hangs on how
// zeros are rounded.
func TestGolden(t *testing.T) {
	f, err := os.Open("testdata/hashes.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); cases++ {
		var kind, ahash, phash string
		var w, h, p int
		fmt.Sscan(lines.Text(), &kind, &w, &h, &p, &ahash, &phash)
		im := draw(kind, w, h, p)
		if got := Format(AHash(im)); got != ahash {
			t.Errorf("%s %dx%d %d: ahash %s, ImageHash's is %s", kind, w, h, p, got, ahash)
		}
		if got := Format(PHash(im)); got != phash {
			t.Errorf("%s %dx%d %d: phash %s, ImageHash's is %s", kind, w, h, p, got, phash)
		}
	}
	if cases < 300 {
		t.Fatalf("%d cases in the golden file", cases)
	}
}

func distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }

// TestMethods: 16 bits are hashed by the highest of those they use, goimagehash's hashes
// are its own, and distances count bits.
func TestMethods(t *testing.T) {
	im := data.NewImage(90, 70, 1, 8)
	for i := range im.Planes[0].U8 {
		im.Planes[0].U8[i] = uint8(127.5 + 127.5*math.Sin(float64(i%90)/9)*math.Cos(float64(i/90)/7))
	}
	im.Planes[0].U8[0] = 255
	deep := data.NewImage(90, 70, 1, 16)
	for i, v := range im.Planes[0].U8 {
		deep.Planes[0].U16[i] = uint16(v)<<8 | 0x9f
	}
	for name, method := range Methods {
		a, p, err := method(im)
		da, dp, errDeep := method(deep)
		if err != nil || errDeep != nil || a != da || p != dp {
			t.Errorf("%s: 8 bits hash to %x and %x (%v), 16 bits to %x and %x (%v)", name, a, p, err, da, dp, errDeep)
		}
	}
	for used := 8; used < 16; used += 2 { // what cameras have, in 16 bits
		low := data.NewImage(90, 70, 1, 16)
		for i, v := range deep.Planes[0].U16 {
			low.Planes[0].U16[i] = v >> (16 - used)
		}
		if AHash(low) != AHash(im) && distance(AHash(low), AHash(im)) > 1 || distance(PHash(low), PHash(im)) > 2 {
			t.Errorf("%d bits in 16 hash to %x and %x, 8 bits to %x and %x", used, AHash(low), PHash(low), AHash(im), PHash(im))
		}
	}
	want, err := goimagehash.PerceptionHash(asImage(im))
	if err != nil {
		t.Fatal(err)
	}
	if _, got, _ := Methods["goimagehash"](im); got != want.GetHash() {
		t.Errorf("goimagehash's phash is %x, want %x", got, want.GetHash())
	}
	one := &Hashed{Sample: &data.Sample{ID: "one"}, AHash: 0b1011, PHash: 1}
	two := &Hashed{Sample: &data.Sample{ID: "two"}, AHash: 0b0001, PHash: 1 << 63}
	if a, p := one.Distance(two); a != 2 || p != 2 {
		t.Errorf("distances %d and %d, want 2 and 2", a, p)
	}
	_, typed := two.Typed()
	for _, text := range []string{Format(two.PHash), typed.ToString()} {
		if got, err := Parse(text); err != nil || got != two.PHash {
			t.Errorf("%s reads as %x, error %v", text, got, err)
		}
	}
	for _, text := range []string{"", "123", "p:xyz", "g000000000000000", "00000000000000000"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q reads as %x", text, got)
		}
	}
	if got := fmt.Sprint(one.Fields()); got != "[one 000000000000000b 0000000000000001]" {
		t.Error(got)
	}
}
