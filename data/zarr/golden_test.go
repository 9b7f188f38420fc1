package zarr

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/goldentest"
	"hpaflow/data/zarr/zarrtest"
)

// archive is the files of arrays, and the lines of the manifest.
func archive(t testing.TB) (files map[string][]byte, lines []string) {
	t.Helper()
	return goldentest.Archive(t, cmp.Or(os.Getenv("ZARRS"), "testdata/golden.zip"))
}

// metadataOf are those of an array, of whichever version.
func metadataOf(files map[string][]byte, name string) []byte {
	if b, found := files[path.Join(name, ".zarray")]; found {
		return b
	}
	return files[path.Join(name, "zarr.json")]
}

// digest reads an array plane by plane, and each plane once more with others in a stack,
// and gives what the manifest has.
func digest(t testing.TB, files map[string][]byte, name string) (string, error) {
	a, err := Parse(metadataOf(files, name))
	if err != nil {
		return "", err
	}
	f := &Fetcher{Store: zarrtest.Memory{Files: files, At: name}, Most: 1 << 30, Slots: make(chan struct{}, 4)}
	sum := sha256.New()
	n := len(a.Shape)
	outer := a.Shape[:n-2]
	for _, at := range indices(make([]int, n-2), outer) {
		plane, err := stack(t, f, a, at, View{n - 2, n - 1, -1, ""}, -1)
		if err != nil {
			return "", err
		}
		if n > 2 {
			all, err := stack(t, f, a, at, View{n - 2, n - 1, n - 3, ""}, n-3)
			if err != nil {
				return "", err
			}
			if from := at[n-3] * len(plane); string(all[from:from+len(plane)]) != string(plane) {
				return "", fmt.Errorf("%v: in a stack it is another", at)
			}
		}
		if bigMachine {
			for i := 0; i < len(plane); i += a.Type.Size {
				slices.Reverse(plane[i : i+a.Type.Size])
			}
		}
		sum.Write(plane)
	}
	shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(a.Shape), "[]"), " ", ",")
	return fmt.Sprintf("%v %s %s", a.Type, shape, hex.EncodeToString(sum.Sum(nil))[:24]), nil
}

// stack reads a plane, or all of an axis, through an extract's bytes.
func stack(t testing.TB, f *Fetcher, a *Array, at []int, v View, whole int) ([]byte, error) {
	n := len(a.Shape)
	lo, hi := make([]int, n), slices.Clone(a.Shape)
	for i, k := range at {
		if i != whole {
			lo[i], hi[i] = k, k+1
		}
	}
	e, err := f.Fetch(t.Context(), a, "", lo, hi)
	if err != nil {
		return nil, err
	}
	e.View = v
	b, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	if e, err = ReadExtract(b); err != nil {
		return nil, err
	}
	if again, err := e.Bytes(); err != nil || string(again) != string(b) {
		t.Errorf("its bytes differ a second time, %v", err)
	}
	width, height := e.Size()
	var out []byte
	groups := [][2]int{{0, 1}}
	if whole >= 0 {
		groups = e.Groups()
	}
	for _, g := range groups {
		planes := make([]byte, (g[1]-g[0])*width*height*a.Type.Size)
		if err := e.Place(planes, g[0], g[1]); err != nil {
			return nil, err
		}
		out = append(out, planes...)
	}
	return out, nil
}

// TestGolden: every array has the numbers that zarr-python reads, or is refused by the
// word that is listed. ZARRS names an archive of more of them.
func TestGolden(t *testing.T) {
	files, lines := archive(t)
	right, refused := 0, 0
	for _, line := range lines {
		name, want, _ := strings.Cut(line, " ")
		got, err := digest(t, files, name)
		word, is := strings.CutPrefix(want, "refused ")
		switch {
		case err == nil && got == want:
			right++
		case is && err != nil && strings.Contains(err.Error(), word):
			refused++
		default:
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	t.Logf("%d arrays: %d right, %d refused by name", len(lines), right, refused)
	if right < len(lines)/2 {
		t.Error("too few are read")
	}
}
