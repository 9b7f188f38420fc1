package forms

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/goldentest"
	"hpaflow/data/shards"
)

// samples are those of testdata/golden.py: of 8 and 16 bits, of one to five planes, with
// labels, none and unknown ones.
func samples() []*data.Sample {
	var list []*data.Sample
	for i, c := range []struct {
		key                          string
		planes, height, width, depth int
		labels                       []int
		labeled                      bool
		split                        string
		names                        []string
	}{
		{"one", 1, 5, 6, 8, []int{3}, true, "train", []string{"dapi"}},
		{"plate/rgby", 4, 6, 7, 8, []int{0, 25}, true, "train", nil},
		{"zwölf", 2, 3, 4, 8, nil, true, "val", []string{"ä", "𝛼"}},
		{"five", 5, 2, 300, 8, nil, false, "", nil},
		{"wide", 4, 4, 5, 16, []int{63}, true, "train", nil},
	} {
		s := &data.Sample{ID: c.key, Labels: data.LabelsOf(c.labels...), Labeled: c.labeled, Split: c.split, Planes: c.names}
		s.Image = data.NewImage(c.width, c.height, c.planes, c.depth)
		next := goldentest.Xorshift(uint32(i + 1))
		for _, p := range s.Image.Planes {
			for n := range p.U8 {
				p.U8[n] = uint8(next() >> 24)
			}
			for n := range p.U16 {
				p.U16[n] = uint16(next() >> 16)
			}
		}
		list = append(list, s)
	}
	return list
}

// packed is a folder of shards of samples.
func packed(t testing.TB, list []*data.Sample) *shards.Reader {
	t.Helper()
	dir := t.TempDir()
	w, err := shards.Create(dir, shards.Planes, shards.Options{Limits: shards.Limits{Samples: 2, Bytes: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		f, err := shards.EncodeSample(s, shards.Up)
		if err == nil {
			err = w.Add(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	r, err := shards.Open(dir, shards.Planes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

var errKilled = errors.New("killed")

// export writes a folder, and gives up after so many samples; 0: never.
func export(t testing.TB, r *shards.Reader, o Options, dir string, most int) error {
	t.Helper()
	p, err := Cut(r, o)
	if err != nil {
		return err
	}
	f, err := Open(context.Background(), dir, p)
	if err != nil {
		return err
	}
	done := 0
	for i, file := range p.Files {
		for _, e := range file.Entries {
			if f.Has(e.Key) {
				continue
			}
			if done++; most > 0 && done > most {
				return errors.Join(f.Abort(), errKilled)
			}
			c, err := r.Read(e.Key)
			var it Item
			if err == nil {
				it, err = p.Encode(c, i)
			}
			if err == nil {
				err = f.Add(context.Background(), it)
			}
			if err != nil {
				return errors.Join(err, f.Abort())
			}
		}
	}
	return f.Commit(context.Background())
}

// files are those of a folder.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// An export that is broken off anywhere and begun again is the export that was not.
func TestGoesOn(t *testing.T) {
	r := packed(t, samples())
	for _, form := range Forms {
		o := Options{Form: form, Image: NPY, Samples: 2}
		whole := t.TempDir()
		if err := export(t, r, o, whole, 0); err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		want := files(t, whole)
		for most := 1; most <= 3; most += 2 {
			dir := t.TempDir()
			for n := 0; ; n++ {
				err := export(t, r, o, dir, most)
				if err == nil {
					break
				}
				if !errors.Is(err, errKilled) || n > len(samples()) {
					t.Fatalf("%s: %v", form, err)
				}
				if most == 1 { // which never comes to a whole file
					if err := export(t, r, o, dir, 2); err != nil && !errors.Is(err, errKilled) {
						t.Fatal(err)
					}
				}
			}
			if got := files(t, dir); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: in pieces of %d: %d files, want %d", form, most, len(got), len(want))
			}
		}
	}
}

// What is there and was not made here is left alone; what was made of other samples, or cut
// otherwise, is made again, and what is left over goes.
func TestFolder(t *testing.T) {
	r := packed(t, samples())
	o := Options{Form: Tar, Samples: 1}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "notes.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := export(t, r, o, foreign, 0); err == nil || !strings.Contains(err.Error(), "notes.txt") {
		t.Errorf("a foreign folder: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := export(t, r, o, dir, 0); err != nil {
		t.Fatal(err)
	}
	if err := export(t, r, Options{Form: MDS}, dir, 0); err == nil || !strings.Contains(err.Error(), "of another kind") {
		t.Errorf("another kind in its place: %v", err)
	}
	changed := samples()
	changed[1].Image.Planes[0].U8[0]++
	r = packed(t, changed)
	fresh := t.TempDir()
	o.Samples = 2
	if err := errors.Join(export(t, r, o, dir, 0), export(t, r, o, fresh, 0)); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t, dir), files(t, fresh); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("made again it has %d files, want %d", len(got), len(want))
	}
	if _, err := Cut(r, Options{Form: Tar, Split: "test"}); err == nil {
		t.Error("a split of nothing is exported")
	}
	if err := export(t, r, Options{Form: Tar, Image: PNG}, t.TempDir(), 0); err == nil || !strings.Contains(err.Error(), "--image npy") {
		t.Errorf("five planes as PNG: %v", err)
	}
}

// A tar's members are what they are called.
func TestTar(t *testing.T) {
	list := samples()
	dir := t.TempDir()
	if err := export(t, packed(t, list), Options{Form: Tar, Split: "train"}, dir, 0); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "train-00000.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := tar.NewReader(f)
	for _, want := range []struct {
		sample *data.Sample
		suffix string
	}{{list[0], ".png"}, {list[1], ".png"}, {list[4], ".npy"}} {
		im, name := member(t, in)
		if name != want.sample.ID+want.suffix {
			t.Fatalf("%s, want %s%s", name, want.sample.ID, want.suffix)
		}
		got, err := codec.DecodeChannels(name, im)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range want.sample.Image.Planes {
			if !bytes.Equal(got.Planes[i].Raw(), p.Raw()) {
				t.Errorf("%s: plane %d differs", name, i)
			}
		}
		text, name := member(t, in)
		var a about
		if err := json.Unmarshal(text, &a); err != nil || name != want.sample.ID+".json" || a.ID != want.sample.ID || data.LabelsOf(a.Labels...) != want.sample.Labels || len(a.Planes) != len(got.Planes) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

// Two planes are an array: as grey and alpha, readers would make four of them.
func TestTwoPlanes(t *testing.T) {
	dir := t.TempDir()
	if err := export(t, packed(t, samples()[2:3]), Options{Form: Tar}, dir, 0); err != nil {
		t.Fatal(err)
	}
	if _, name := member(t, tar.NewReader(strings.NewReader(files(t, dir)["shard-00000.tar"]))); name != "zwölf.npy" {
		t.Errorf("two planes are in %s", name)
	}
}

// A class as WebDataset has it stands beside each sample where all have one label.
func TestClass(t *testing.T) {
	dir := t.TempDir()
	if err := export(t, packed(t, samples()[:1]), Options{Form: Tar}, dir, 0); err != nil {
		t.Fatal(err)
	}
	in := tar.NewReader(strings.NewReader(files(t, dir)["shard-00000.tar"]))
	member(t, in)
	if b, name := member(t, in); name != "one.cls" || string(b) != "3" {
		t.Errorf("%s: %q", name, b)
	}
}

func member(t *testing.T, in *tar.Reader) ([]byte, string) {
	t.Helper()
	h, err := in.Next()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return b, h.Name
}
