package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
)

// decoded is what Decode gives.
func decoded(b []byte) (*data.Image, error) {
	var im *data.Image
	err := Decode(b, func(h Header) ([]data.Plane, error) {
		im = data.NewImage(h.Width, h.Height, h.Channels, 8)
		return im.Planes, nil
	})
	return im, err
}

// files reads the images of testdata by name.
func files(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "*.jpg"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no images in testdata: %v", err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// both runs a test with assembly, if there is any, and without.
func both(t *testing.T, test func(*testing.T)) {
	if avx2 {
		t.Run("assembly", test)
		defer func() { avx2 = true }()
		avx2 = false
	}
	t.Run("go", test)
}

// isGolden decodes a file and wants what a line of golden.txt says: name, width,
// height, and the CRC-32 of each plane.
func isGolden(t *testing.T, b []byte, want []string) {
	t.Helper()
	im, err := decoded(b)
	if err != nil {
		t.Errorf("%s: %v", want[0], err)
		return
	}
	got := []string{want[0], fmt.Sprint(im.Width), fmt.Sprint(im.Height)}
	for _, p := range im.Planes {
		got = append(got, fmt.Sprintf("%08x", crc32.ChecksumIEEE(p.U8)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestPixelsArePillows, to the bit, in every way of making a file that testdata
// knows.
func TestPixelsArePillows(t *testing.T) {
	both(t, func(t *testing.T) {
		golden, err := os.ReadFile(filepath.Join("testdata", "golden.txt"))
		if err != nil {
			t.Fatal(err)
		}
		images := files(t)
		for line := range strings.Lines(string(golden)) {
			want := strings.Fields(line)
			isGolden(t, images[want[0]], want)
			delete(images, want[0])
		}
		for name := range images {
			if !strings.HasPrefix(name, "refused-") {
				t.Errorf("golden.txt lacks %s", name)
			}
		}
	})
}

// TestReal is TestPixelsArePillows for the files of a list that the environment
// variable GOLDEN names, as bench/jpeg.py makes it of real ones.
func TestReal(t *testing.T) {
	list := os.Getenv("GOLDEN")
	if list == "" {
		t.Skip("bench/jpeg.py sets GOLDEN")
	}
	both(t, func(t *testing.T) {
		golden, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(golden)) {
			want := strings.Fields(line)
			b, err := os.ReadFile(want[0])
			if err != nil {
				t.Fatal(err)
			}
			isGolden(t, b, want)
		}
	})
}

// TestGreyIsOfRGB compares what is decoded to grey with RGB made grey.
func TestGreyIsOfRGB(t *testing.T) {
	both(t, func(t *testing.T) {
		for _, name := range []string{"420wide.jpg", "rgb.jpg", "grey.jpg", "progressive444.jpg"} {
			b := files(t)[name]
			im, err := decoded(b)
			if err != nil {
				t.Fatal(err)
			}
			var got data.Plane
			if err := DecodeGrey(b, func(h Header) (data.Plane, error) {
				got.U8 = make([]uint8, h.Width*h.Height)
				return got, nil
			}); err != nil {
				t.Fatal(err)
			}
			want := im.Planes[0].U8
			if len(im.Planes) == 3 {
				for i := range want {
					r, g, b := uint32(want[i]), uint32(im.Planes[1].U8[i]), uint32(im.Planes[2].U8[i])
					want[i] = uint8((19595*r + 38470*g + 7471*b + 0x8000) >> 16)
				}
			}
			if !bytes.Equal(got.U8, want) {
				t.Errorf("%s: grey is not of its RGB", name)
			}
		}
	})
}

func TestHeader(t *testing.T) {
	b := files(t)["420wide.jpg"]
	want := Header{Width: 150, Height: 18, Channels: 3}
	if h, err := ReadHeader(b[:400]); err != nil || h != want {
		t.Errorf("header %+v, %v", h, err)
	}
	// A caller's refusal comes back, and nothing is decoded.
	refused := errors.New("too large")
	if err := Decode(b, func(h Header) ([]data.Plane, error) {
		if h != want {
			t.Errorf("header %+v", h)
		}
		return nil, refused
	}); err != refused {
		t.Errorf("error %v", err)
	}
}
