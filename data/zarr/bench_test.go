package zarr

import (
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data/store"
)

// BenchmarkPlane reads the planes of arrays that ZARRS names (bench/omezarr.py makes them),
// from their files to pixels, on one core.
func BenchmarkPlane(b *testing.B) {
	pattern := os.Getenv("ZARRS")
	if pattern == "" {
		b.Skip("ZARRS names no arrays")
	}
	dirs, err := filepath.Glob(pattern)
	if err != nil {
		b.Fatal(err)
	}
	for _, dir := range dirs {
		b.Run(filepath.Base(dir), func(b *testing.B) {
			meta, err := os.ReadFile(filepath.Join(dir, ".zarray"))
			if err != nil {
				meta, err = os.ReadFile(filepath.Join(dir, "zarr.json"))
			}
			if err != nil {
				b.Fatal(err)
			}
			a, err := Parse(meta)
			if err != nil {
				b.Fatal(err)
			}
			f := &Fetcher{Store: store.Folder(dir), Most: 1 << 30, Slots: make(chan struct{}, 16)}
			plane := make([]byte, a.Shape[0]*a.Shape[1]*a.Type.Size)
			b.SetBytes(int64(len(plane)))
			for b.Loop() {
				e, err := f.Fetch(b.Context(), a, "", []int{0, 0}, a.Shape)
				if err != nil {
					b.Fatal(err)
				}
				e.View = View{Y: 0, X: 1, Z: -1}
				if err := e.Place(plane, 0, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
