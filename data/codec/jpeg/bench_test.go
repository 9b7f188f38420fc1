package jpeg

import (
	"bytes"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
)

// BenchmarkDecode decodes the files that the pattern in JPEGS names, to colours and
// to grey, into planes that are there. image/jpeg leaves chroma as it is stored.
func BenchmarkDecode(b *testing.B) {
	pattern := os.Getenv("JPEGS")
	if pattern == "" {
		b.Skip("set JPEGS to a pattern of file names, such as those of hpa_v18")
	}
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		b.Fatalf("no files %s: %v", pattern, err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		h, err := ReadHeader(content)
		if err != nil {
			b.Fatal(err)
		}
		im := data.NewImage(h.Width, h.Height, h.Channels, 8)
		bench := func(what string, decode func() error) {
			b.Run(what+"/"+filepath.Base(name), func(b *testing.B) {
				b.SetBytes(int64(h.Width * h.Height))
				for b.Loop() {
					if err := decode(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		bench("ours", func() error {
			return Decode(content, func(Header) ([]data.Plane, error) { return im.Planes, nil })
		})
		bench("grey", func() error {
			return DecodeGrey(content, func(Header) (data.Plane, error) { return im.Planes[0], nil })
		})
		bench("image_jpeg", func() error {
			_, err := jpeg.Decode(bytes.NewReader(content))
			return err
		})
	}
}
