package augment

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/goldentest"
	"hpaflow/data/pixel"
)

// noise is the generator that testdata/operations.py has too.
func noise(number, w, h int) *data.Image {
	im := data.NewImage(w, h, 4, 8)
	for c, p := range im.Planes {
		next := goldentest.Xorshift(uint32(8*number + c))
		for i := range p.U8 {
			p.U8[i] = uint8(next() >> 24)
			if number%3 == 0 {
				p.U8[i] /= 4
			}
		}
	}
	return im
}

func digest(im *data.Image) string {
	crc := crc32.NewIEEE()
	for _, p := range im.Planes {
		crc.Write(p.U8)
	}
	return fmt.Sprintf("%d %d %08x", im.Width, im.Height, crc.Sum32())
}

func TestGolden(t *testing.T) {
	f, err := os.Open("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	counts := map[string]int{}
	number := 0
	var c canvas
	for lines := bufio.NewScanner(f); lines.Scan(); {
		number++
		words := strings.Fields(lines.Text())
		counts[words[0]]++
		v := make([]float64, len(words)-4)
		for i := range v {
			fmt.Sscan(words[i+1], &v[i])
		}
		if err := c.packed.Load(noise(number, int(v[0]), int(v[1])), pixel.Identity); err != nil {
			t.Fatal(err)
		}
		switch v = v[2:]; words[0] {
		case "contrast":
			c.contrast(v[0])
		case "brightness":
			c.brightness(v[0])
		case "gamma":
			c.gamma(v[0] / 100)
		case "invert":
			c.invert()
		case "chain":
			c.contrast(v[0])
			c.brightness(v[1])
			c.gamma(v[2] / 100)
			c.invert()
		case "shiftscalerotate":
			c.shiftScaleRotate(v[0], v[1], v[2], v[3])
		case "scale":
			c.scale(v[0])
		case "grid":
			steps := int(v[0])
			c.gridDistortion(steps, v[1:steps+2], v[steps+2:])
		case "elastic":
			c.elasticAffine([3][2]float64{{v[0], v[1]}, {v[2], v[3]}, {v[4], v[5]}})
		default:
			t.Fatal(words[0])
		}
		if got, want := digest(c.image().Image()), strings.Join(words[len(words)-3:], " "); got != want {
			t.Errorf("case %d, %s: %s, want %s", number, strings.Join(words[:3], " "), got, want)
		}
	}
	if fmt.Sprint(counts) != "map[brightness:12 chain:6 contrast:12 elastic:16 gamma:61 grid:8 invert:1 scale:8 shiftscalerotate:16]" {
		t.Fatal(counts)
	}
}
