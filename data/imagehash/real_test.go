package imagehash

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
)

// decoded are the images of the folder that PNGS names, by file name.
func decoded(t testing.TB) map[string]*data.Image {
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("PNGS"), "*.png"))
	if os.Getenv("PNGS") == "" || len(paths) == 0 {
		t.Skip("PNGS names no folder of grey PNGs; see bench/pixels.py")
	}
	images := map[string]*data.Image{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if images[filepath.Base(path)], err = codec.Decode(path, b); err != nil {
			t.Fatal(err)
		}
	}
	return images
}

// TestReal compares hashes of real images to those that testdata/hashes.py has
// written to the file that HASHES names.
func TestReal(t *testing.T) {
	images := decoded(t)
	f, err := os.Open(os.Getenv("HASHES"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	equal := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var name, ahash, phash string
		fmt.Sscan(lines.Text(), &name, &ahash, &phash)
		im := images[name]
		if im == nil {
			t.Fatalf("%s is not in PNGS", name)
		}
		if a, p := Format(AHash(im)), Format(PHash(im)); a != ahash || p != phash {
			t.Errorf("%s: %s and %s, ImageHash's are %s and %s", name, a, p, ahash, phash)
		} else {
			equal++
		}
	}
	if equal != len(images) {
		t.Errorf("%d of %d images have ImageHash's hashes", equal, len(images))
	}
	t.Logf("%d of %d images have ImageHash's hashes", equal, len(images))
}

// BenchmarkReal is both hashes of an image at hand.
func BenchmarkReal(b *testing.B) {
	var images []*data.Image
	for _, im := range decoded(b) {
		images = append(images, im)
	}
	for i := 0; b.Loop(); i++ {
		AHash(images[i%len(images)])
		PHash(images[i%len(images)])
	}
}
