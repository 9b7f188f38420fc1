package pixel

import (
	"bufio"
	"fmt"
	"os"
	"testing"
)

func TestResampleGolden(t *testing.T) {
	f, err := os.Open("testdata/resample.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	filters := map[string]Filter{}
	for _, f := range []Filter{Triangle, Bicubic, Lanczos} {
		filters[f.String()] = f
	}
	seed := uint32(1000)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		seed++
		var depth, w, h, ow, oh int
		var name, want string
		fmt.Sscan(lines.Text(), &depth, &name, &w, &h, &ow, &oh, &want)
		if got := digest(Resample(noise(seed, w, h, depth), ow, oh, filters[name])); got != want {
			t.Errorf("%d bits, %s, %dx%d to %dx%d: digest %s, Pillow's is %s", depth, name, w, h, ow, oh, got, want)
		}
	}
	if seed != 1144 {
		t.Fatalf("%d cases in the golden file", seed-1000)
	}
}
