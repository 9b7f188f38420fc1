package tiff

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkDecode decodes the first page of the files that the pattern in TIFFS names,
// into planes that are there: from memory, and from the disk.
func BenchmarkDecode(b *testing.B) {
	pattern := os.Getenv("TIFFS")
	if pattern == "" {
		b.Skip("set TIFFS to a pattern of file names, such as those that bench/tiff.py makes")
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
		var planes [][]byte
		decode := func(b *testing.B, f *File, err error) {
			if err != nil {
				b.Fatal(err)
			}
			p, err := f.Page(0)
			if err != nil {
				b.Fatal(err)
			}
			if planes == nil {
				planes = blank(p, p.Width, p.Height)
			}
			if err := p.Decode(planes); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(planes) * len(planes[0])))
		}
		b.Run("memory/"+filepath.Base(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := Open(content)
				decode(b, f, err)
			}
		})
		b.Run("disk/"+filepath.Base(name), func(b *testing.B) {
			for b.Loop() {
				in, err := os.Open(name)
				if err != nil {
					b.Fatal(err)
				}
				f, err := OpenAt(in, int64(len(content)))
				decode(b, f, err)
				in.Close()
			}
		})
	}
}
