package pixel

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hpaflow/data"
	"hpaflow/data/goldentest"
)

// noise is the generator that testdata/bilinear.py has too.
func noise(seed uint32, w, h, depth int) *data.Image {
	im := data.NewImage(w, h, 1, depth)
	next := goldentest.Xorshift(seed)
	for i := range w * h {
		x := next()
		if depth == 8 {
			im.Planes[0].U8[i] = uint8(x >> 24)
		} else {
			im.Planes[0].U16[i] = uint16(x >> 16)
		}
	}
	return im
}

func digest(im *data.Image) string {
	p := im.Planes[0]
	bytes := p.U8
	for _, v := range p.U16 {
		bytes = append(bytes, byte(v), byte(v>>8))
	}
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE(bytes))
}

func TestGolden(t *testing.T) {
	f, err := os.Open("testdata/bilinear.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symmetries := map[string]Dihedral{
		"identity": Identity, "fliplr": FlipLR, "flipud": FlipUD, "both": FlipLR | FlipUD, "transpose": Transpose,
		"transpose_fliplr": Transpose | FlipLR, "transpose_flipud": Transpose | FlipUD, "transpose_both": Transpose | FlipLR | FlipUD,
		"rot1": Turn(1), "rot2": Turn(2), "rot3": Turn(3),
	}
	seed, symmetric := uint32(0), 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if d, ok := symmetries[words[0]]; ok {
			symmetric++
			got := d.Apply(noise(99, 5, 3, 8))
			if line := fmt.Sprint(words[0], " ", got.Width, " ", got.Height, " ", digest(got)); line != lines.Text() {
				t.Errorf("%s, want %s", line, lines.Text())
			}
			continue
		}
		seed++
		var depth, w, h, ow, oh int
		fmt.Sscan(lines.Text(), &depth, &w, &h, &ow, &oh)
		if got := digest(Bilinear(noise(seed, w, h, depth), ow, oh)); got != words[5] {
			t.Errorf("%d bits, %dx%d to %dx%d: digest %s, OpenCV's is %s", depth, w, h, ow, oh, got, words[5])
		}
	}
	if seed != 28 || symmetric != len(symmetries) {
		t.Fatalf("%d sizes and %d symmetries in the golden file", seed, symmetric)
	}
}

// TestThen: doing two symmetries one after the other is doing their product.
func TestThen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := Dihedral(rapid.IntRange(0, 7).Draw(t, "a")), Dihedral(rapid.IntRange(0, 7).Draw(t, "b"))
		im := noise(rapid.Uint32().Draw(t, "seed"), rapid.IntRange(1, 9).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h"),
			rapid.SampledFrom([]int{8, 16}).Draw(t, "depth"))
		twice, once := b.Apply(a.Apply(im)), a.Then(b).Apply(im)
		if digest(twice) != digest(once) || twice.Width != once.Width {
			t.Fatalf("%03b then %03b is not %03b", a, b, a.Then(b))
		}
	})
}
