package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/codec/tiff"
	"hpaflow/data/goldentest"
)

// read gives what the manifest has of a file.
func read(b []byte) (string, error) {
	f, err := tiff.Open(b)
	if err != nil {
		return "", err
	}
	s, err := Of(f)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for t := range s.T {
		for z := range s.Z {
			for c := range s.C {
				if err := plane(s, c, z, t, sum); err != nil {
					return "", err
				}
			}
		}
	}
	names := "-"
	if s.Names != nil {
		names = strings.Join(s.Names, ",")
	}
	return fmt.Sprintf("%d %d %d %s %s", s.C, s.Z, s.T, names, hex.EncodeToString(sum.Sum(nil))[:24]), nil
}

func plane(s *Stack, c, z, t int, sum hash.Hash) error {
	p, sample, err := s.Plane(c, z, t)
	if err != nil {
		return err
	}
	planes := make([][]byte, p.Samples)
	for i := range planes {
		planes[i] = make([]byte, p.Width*p.Height*p.Size())
	}
	if err := p.Decode(planes); err != nil {
		return err
	}
	sum.Write(planes[sample])
	return nil
}

// TestGolden: each plane is where tifffile finds it, or the word is the one listed.
func TestGolden(t *testing.T) {
	files, lines := goldentest.Archive(t, "testdata/stacks.zip")
	for _, line := range lines {
		name, want, _ := strings.Cut(line, " ")
		got, err := read(files[name])
		if word, refused := strings.CutPrefix(want, "refused "); refused {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %s, %v; want %q", name, got, err, word)
			}
		} else if err != nil || got != want {
			t.Errorf("%s: %s, %v; tifffile reads %s", name, got, err, want)
		}
	}
}

func TestChannel(t *testing.T) {
	files, _ := goldentest.Archive(t, "testdata/stacks.zip")
	f, err := tiff.Open(files["ome-TZCYX.ome.tif"])
	if err != nil {
		t.Fatal(err)
	}
	s, err := Of(f)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"Hoechst": 0, "er": 1, "2": 2, "Mito": 3} {
		if got, err := s.Channel(name); err != nil || got != want {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}
	for _, name := range []string{"4", "-1", "DAPI", "02"} {
		if _, err := s.Channel(name); err == nil || !strings.Contains(err.Error(), `there are 4 channels: "Hoechst", "ER", "Mito"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.By != "OME" || s.String() != "4 channels, 3 slices, 2 times" || s.Planes() != 24 {
		t.Errorf("%s, %v", s.By, s)
	}
}

// FuzzOf: whatever the metadata, each plane is one of the file or is refused.
func FuzzOf(f *testing.F) {
	files, lines := goldentest.Archive(f, "testdata/stacks.zip")
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		f.Add(files[name])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := tiff.Open(b)
		if err != nil || len(b) > 1<<16 {
			return
		}
		s, err := Of(file)
		if err != nil {
			return
		}
		if s.C < 1 || s.Z < 1 || s.T < 1 || s.C%s.Combined != 0 {
			t.Fatalf("%v, %d combined", s, s.Combined)
		}
		for _, at := range [][3]int{{0, 0, 0}, {s.C - 1, s.Z - 1, s.T - 1}, {s.C / 2, s.Z / 2, s.T / 2}} {
			p, sample, err := s.Plane(at[0], at[1], at[2])
			if err == nil && (sample >= p.Samples || !slices.Contains([]int{p.Width}, s.first.Width)) {
				t.Fatalf("sample %d of %d", sample, p.Samples)
			}
		}
		_ = s.Names
	})
}
