package ome

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/goldentest"
	"hpaflow/data/store"
	"hpaflow/data/zarr"
	"hpaflow/data/zarr/zarrtest"
)

func archive(t testing.TB) (files map[string][]byte, lines []string) {
	t.Helper()
	return goldentest.Archive(t, "testdata/golden.zip")
}

// line is what the manifest has of a level of an image.
func line(t *testing.T, s store.Store, name string, p Place, level int) (string, error) {
	im, err := OpenImage(t.Context(), s, p.Path, fmt.Sprint(level))
	if err != nil {
		return "", err
	}
	f := &zarr.Fetcher{Store: s, Most: 1 << 20, Slots: make(chan struct{}, 2)}
	sum := sha256.New()
	for time := range im.Times() {
		for c := range im.Channels() {
			lo, hi := im.Piece(c, time, 0, im.Slices())
			e, err := f.Fetch(t.Context(), im.Array, im.Path, lo, hi)
			if err != nil {
				return "", err
			}
			e.View = im.View()
			for _, g := range e.Groups() {
				planes := make([]byte, (g[1]-g[0])*im.Width()*im.Height()*2)
				if err := e.Place(planes, g[0], g[1]); err != nil {
					return "", err
				}
				sum.Write(planes)
			}
		}
	}
	names := strings.Join(im.Names, ",")
	if names == "" {
		names = "-"
	}
	if p.Path == "" {
		p.Path = "."
	}
	return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s", name, p.Path, level, im.Channels(), im.Slices(), im.Times(), im.Height(), im.Width(), names,
		hex.EncodeToString(sum.Sum(nil))[:24]), nil
}

// TestGolden: what ome-zarr-py writes has the images, axes, names and pixels that
// zarr-python finds in it. Labels are no images.
func TestGolden(t *testing.T) {
	files, want := archive(t)
	var got []string
	all := map[string]bool{}
	for name := range files {
		if top, _, below := strings.Cut(name, "/"); below {
			all[top] = true
		}
	}
	for d := range all {
		s := zarrtest.Memory{Files: files, At: d}
		images, err := Images(t.Context(), s)
		if err != nil {
			t.Errorf("%s: %v", d, err)
		}
		for _, p := range images {
			for level := range 2 {
				l, err := line(t, s, d, p, level)
				if err != nil {
					t.Errorf("%s: %s: %v", d, p.Path, err)
				}
				got = append(got, l)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s\n\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestParts(t *testing.T) {
	files, _ := archive(t)
	for name, want := range map[string]string{
		"0.5-plate.zarr": "[{B/3/0 [B3 0]} {B/3/5 [B3 5]} {C/3/0 [C3 0]} {C/3/5 [C3 5]}]", "0.4-yx.zarr": "[{ []}]",
		"0.4-series-1-listed.zarr": "[{0 []}]", "0.5-series-2-counted.zarr": "[{0 [0]} {1 [1]}]", "0.4-plate.zarr/C/3": "[{0 [0]} {5 [5]}]",
	} {
		if got, err := Images(t.Context(), zarrtest.Memory{Files: files, At: name}); fmt.Sprint(got) != want || err != nil {
			t.Errorf("%s: %v, %v; want %s", name, got, err, want)
		}
	}
	_, err := OpenImage(t.Context(), zarrtest.Memory{Files: files, At: "0.5-zyx.zarr/labels/cells"}, "", "0")
	if err == nil || !strings.Contains(err.Error(), "is a label image") {
		t.Errorf("a label image: %v", err)
	}
	_, err = OpenImage(t.Context(), zarrtest.Memory{Files: files, At: "0.5-zyx.zarr"}, "", "5")
	if want := `there is no level "5"; there are 2 levels, 0 to 1: "s0", "s1"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a level that is not there: %v", err)
	}
	if im, err := OpenImage(t.Context(), zarrtest.Memory{Files: files, At: "0.5-zyx.zarr"}, "", "s1"); err != nil || im.Width() != 8 {
		t.Errorf("a level by its path: %v", err)
	}
}

func TestArrayIsNoGroup(t *testing.T) {
	files, _ := archive(t)
	for _, name := range []string{"0.4-yx.zarr/s0", "0.5-yx.zarr/s0"} {
		s := zarrtest.Memory{Files: files, At: name}
		if is, err := Is(t.Context(), s); !is || err != nil {
			t.Errorf("%s: %v, %v", name, is, err)
		}
		if _, err := Images(t.Context(), s); err == nil || !strings.Contains(err.Error(), "give the group that it is in") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestName(t *testing.T) {
	for of, want := range map[string]string{
		"/raw/plate.ome.zarr": "plate", "plate.zarr/": "plate", "a/p.zarr/A/1/0": "p_A_1_0", "x/y": "y", ".zarr": "", "/": "", "p.OME.ZARR": "p",
	} {
		if got := Name(of); got != want {
			t.Errorf("%s is called %q, want %q", of, got, want)
		}
	}
}

// FuzzAttributes: whatever attributes say, images lie below, and there are not more of
// them than there is text.
func FuzzAttributes(f *testing.F) {
	files, _ := archive(f)
	for _, name := range []string{"0.4-plate.zarr/.zattrs", "0.4-plate.zarr/B/3/.zattrs", "0.4-tczyx.zarr/.zattrs", "0.5-plate.zarr/zarr.json", "0.5-cyx.zarr/zarr.json",
		"0.3-cyx.zarr/.zattrs", "0.5-series-2-listed.zarr/OME/zarr.json"} {
		f.Add(strings.HasSuffix(name, "json"), files[name])
	}
	a, err := zarr.Parse(files["0.4-tczyx.zarr/s0/.zarray"])
	if err != nil {
		f.Fatal(err)
	}
	s := store.Folder(f.TempDir())
	f.Fuzz(func(t *testing.T, three bool, b []byte) {
		g := &group{file: file2, version: 2}
		var err error
		if three {
			err = g.read3(s, b)
		} else {
			err = g.decode(s, b, "")
		}
		if err != nil {
			return
		}
		if g.Well != nil {
			list, err := g.fields(s, "A/1", []string{"A1"})
			if err == nil && len(list) > len(b) {
				t.Fatalf("%d fields", len(list))
			}
			for _, p := range list {
				if !strings.HasPrefix(p.Path, "A/1/") || strings.Contains(p.Path, "..") && strings.Contains("/"+p.Path+"/", "/../") {
					t.Fatalf("%q", p.Path)
				}
			}
		}
		for _, m := range g.Multiscales {
			im := &Image{Array: a}
			if im.axes(m.Axes) == nil && (im.Width()*im.Height() < 1 || im.Channels() < 1) {
				t.Fatalf("%+v", im)
			}
			_, _ = m.level("0")
		}
	})
}
