package shards

import (
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
)

// BenchmarkPayload measures what the table in doc.go says, on samples of four
// real planes from the folder of grey PNGs that the environment variable PNGS
// names.
func BenchmarkPayload(b *testing.B) {
	dir := os.Getenv("PNGS")
	if dir == "" {
		b.Skip("set PNGS to a folder of grey PNGs, as real_samples.py makes them")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(names) < 4 {
		b.Fatalf("no PNGs in %s: %v", dir, err)
	}
	var samples []*data.Sample
	for ; len(names) >= 4 && len(samples) < 32; names = names[4:] {
		s := &data.Sample{ID: "sample", Image: &data.Image{}}
		for _, name := range names[:4] {
			content, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			plane, err := codec.Decode(name, content)
			if err != nil {
				b.Fatal(err)
			}
			s.Image.Width, s.Image.Height = plane.Width, plane.Height
			s.Image.Planes = append(s.Image.Planes, plane.Planes[0])
		}
		samples = append(samples, s)
	}
	for _, p := range Payloads {
		b.Run(string(p)+"/encode", func(b *testing.B) {
			b.SetBytes(samples[0].Image.Bytes())
			packed, raw := 0, 0
			for i := range b.N {
				s := samples[i%len(samples)]
				f, err := EncodeSample(s, p)
				if err != nil {
					b.Fatal(err)
				}
				packed, raw = packed+len(f.Packed), raw+int(s.Image.Bytes())
			}
			b.ReportMetric(float64(packed)/float64(raw), "ratio")
		})
		b.Run(string(p)+"/decode", func(b *testing.B) {
			var frames [][]byte
			for _, s := range samples {
				f, err := EncodeSample(s, p)
				if err != nil {
					b.Fatal(err)
				}
				frames = append(frames, f.Packed)
			}
			b.SetBytes(samples[0].Image.Bytes())
			b.ResetTimer()
			for i := range b.N {
				if _, err := Decode(frames[i%len(frames)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
