package ometiff

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec/tiff"
	"hpaflow/data/codec/tiff/stack"
)

// drawn is a smooth picture with noise.
func drawn(width, height, planes, depth int) *data.Image {
	r := rand.New(rand.NewPCG(uint64(width), uint64(depth)))
	im := data.NewImage(width, height, planes, depth)
	for c, p := range im.Planes {
		for i := range p.U8 {
			p.U8[i] = uint8(i/width+i%width*(c+1)) ^ uint8(r.UintN(4))
		}
		for i := range p.U16 {
			p.U16[i] = uint16(i/width*30+i%width*(c+1)*17) + uint16(r.UintN(60))
		}
	}
	return im
}

// back reads a file's planes and their names.
func back(b []byte) (*data.Image, []string, error) {
	f, err := tiff.Open(b)
	if err != nil {
		return nil, nil, err
	}
	s, err := stack.Of(f)
	if err != nil {
		return nil, nil, err
	}
	var im *data.Image
	for c := range s.C {
		p, _, err := s.Plane(c, 0, 0)
		if err != nil {
			return nil, nil, err
		}
		if im == nil {
			im = data.NewImage(p.Width, p.Height, s.C, p.Bits)
		}
		if err := p.Decode([][]byte{im.Planes[c].Raw()}); err != nil {
			return nil, nil, err
		}
	}
	return im, s.Names, nil
}

// TestAppend: what is written is read, with its names, of any size and sort. KEEP names
// a folder where the files are left, for other programs to read.
func TestAppend(t *testing.T) {
	names := []string{"Hoechst & <DNA>", "", `"ER"`, "Mito"}
	for _, size := range [][2]int{{1, 1}, {37, 29}, {300, 700}, {2049, 3}, {5, 2100}} {
		for _, depth := range []int{8, 16} {
			for planes := 1; planes <= 4; planes += 3 {
				for _, c := range []Compression{Deflate, Zstd} {
					im := drawn(size[0], size[1], planes, depth)
					b, err := Append([]byte("before"), im, Options{Names: names, Compression: c})
					if err != nil {
						t.Fatal(err)
					}
					b = b[len("before"):]
					got, read, err := back(b)
					if err != nil {
						t.Fatalf("%v, %d planes of %d bits, %d: %v", size, planes, depth, c, err)
					}
					for i, p := range im.Planes {
						if !bytes.Equal(p.Raw(), got.Planes[i].Raw()) {
							t.Errorf("%v, %d planes of %d bits, %d: plane %d is another", size, planes, depth, c, i)
						}
					}
					if !slices.Equal(read, names[:planes]) {
						t.Errorf("names are %q", read)
					}
					if again, _ := Append(nil, im, Options{Names: names, Compression: c}); !bytes.Equal(again, b) {
						t.Error("written twice it differs")
					}
					if dir := os.Getenv("KEEP"); dir != "" {
						name := fmt.Sprintf("%dx%d-%d-%d-%d.ome.tif", size[0], size[1], planes, depth, c)
						if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
}

// TestBig writes a BigTIFF of a few bytes.
func TestBig(t *testing.T) {
	im := drawn(40, 2100, 2, 16)
	w := &writer{big: true}
	w.file(im, Options{Compression: Zstd}, 0)
	f, err := tiff.Open(w.out)
	if err != nil || !f.Big() {
		t.Fatalf("%v", err)
	}
	got, _, err := back(w.out)
	if err != nil || !bytes.Equal(got.Planes[1].Raw(), im.Planes[1].Raw()) {
		t.Fatalf("%v", err)
	}
	if dir := os.Getenv("KEEP"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "big.ome.tif"), w.out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	if _, err := Append(nil, &data.Image{}, Options{Compression: Zstd}); err == nil {
		t.Error("no image was written")
	}
	if _, err := Append(nil, drawn(3, 3, 1, 8), Options{}); err == nil {
		t.Error("no compression was written")
	}
}
