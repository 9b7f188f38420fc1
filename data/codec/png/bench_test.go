package png

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
)

// realFiles reads the grey PNGs of the folder that the environment variable
// PNGS names. The benchmarks tell little of images that were not taken by a
// microscope, so without it they are skipped.
func realFiles(b *testing.B) (files [][]byte, pixels int64) {
	b.Helper()
	dir := os.Getenv("PNGS")
	if dir == "" {
		b.Skip("set PNGS to a folder of grey PNGs, as real_samples.py makes them")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(names) == 0 {
		b.Fatalf("no PNGs in %s: %v", dir, err)
	}
	for _, name := range names[:min(len(names), 96)] {
		content, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		config, err := png.DecodeConfig(bytes.NewReader(content))
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, content)
		pixels += int64(config.Width * config.Height)
	}
	return files, pixels / int64(len(files))
}

func BenchmarkDecode(b *testing.B) {
	files, pixels := realFiles(b)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(pixels)
		var im *data.Image
		for i := range b.N {
			if err := Decode(files[i%len(files)], planesOf(&im)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("image_png", func(b *testing.B) {
		b.SetBytes(pixels)
		for i := range b.N {
			if _, err := png.Decode(bytes.NewReader(files[i%len(files)])); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAppend encodes samples of four real planes.
func BenchmarkAppend(b *testing.B) {
	files, _ := realFiles(b)
	var images []*data.Image
	for len(files) >= 4 {
		im := &data.Image{}
		for _, f := range files[:4] {
			var plane *data.Image
			if err := Decode(f, planesOf(&plane)); err != nil {
				b.Fatal(err)
			}
			im.Width, im.Height = plane.Width, plane.Height
			im.Planes = append(im.Planes, plane.Planes[0])
		}
		images, files = append(images, im), files[4:]
	}
	b.SetBytes(images[0].Bytes())
	var dst []byte
	var raw, packed int
	for i := range b.N {
		im := images[i%len(images)]
		var err error
		if dst, err = Append(dst[:0], im); err != nil {
			b.Fatal(err)
		}
		raw, packed = raw+int(im.Bytes()), packed+len(dst)
	}
	b.ReportMetric(float64(packed)/float64(raw), "ratio")
}
