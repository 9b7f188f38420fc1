package webdataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/npy"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// came is what a run of the source has yielded.
type came struct {
	samples []*data.Sample
	dead    []string // KEY: CAUSE
	stats   flow.Stats
}

func (c came) keys() (keys []string) {
	for _, s := range c.samples {
		keys = append(keys, s.ID)
	}
	return keys
}

// read runs the source, with some settings, over tars.
func read(t testing.TB, args component.Args, limits component.Args) (came, error) {
	t.Helper()
	spec := webdatasetSpec()
	all := component.Args{}
	for _, f := range spec.AllFields() {
		if f.Default != nil {
			all[f.Name] = f.Default
		}
	}
	for name, v := range args {
		all[name] = v
	}
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	g.KeepLetters()
	run := component.Args{}
	for _, f := range component.RunFields {
		if f.Default != nil {
			run[f.Name] = f.Default
		}
	}
	for name, v := range limits {
		run[name] = v
	}
	out, err := spec.Build(&component.Node{Graph: g, Spec: spec, Name: "tars", Args: all, Run: run})
	if err != nil {
		return came{}, err
	}
	var c came
	flow.Collect(out.(flow.Out[*data.Sample]), flow.Stage{Name: "out"}, &c.samples)
	err = g.Run(context.Background())
	for _, l := range g.Letters() {
		c.dead = append(c.dead, l.Key+": "+l.Cause)
	}
	c.stats = g.Stats()
	return c, err
}

// member is one of a tar's.
type packed struct{ name, content string }

// pack makes a tar.
func pack(t testing.TB, members ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(m.content))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file puts bytes into a file of a new folder.
func file(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// array is a file of NumPy with one plane of values.
func array(values string) string {
	return string(npy.Head("|u1", 1, 1, len(values))) + values
}

// What webdataset has written comes out as webdataset reads it (testdata/golden.py): plain
// and compressed, PNG, TIFF, JPEG and arrays of either order, labels of JSON and of .cls.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var want []struct {
		Key    string
		Labels []int
		Shape  []int
		Depth  int
		CRC    uint32
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	c, err := read(t, component.Args{"tars": []string{"testdata/cells-000.tar", "testdata/cells-001.tar.gz", "testdata/cells-002.tar.zst"}}, nil)
	if err != nil || len(c.dead) > 0 || len(c.samples) != len(want) {
		t.Fatalf("%d samples of %d, %q, %v", len(c.samples), len(want), c.dead, err)
	}
	for i, w := range want {
		s := c.samples[i]
		im, err := codec.DecodeChannels(s.Files[0].Name, s.Files[0].Data)
		if err != nil {
			t.Fatalf("%s: %v", w.Key, err)
		}
		sum := crc32.NewIEEE()
		for _, p := range im.Planes {
			sum.Write(p.Raw())
		}
		shape := []int{len(im.Planes), im.Height, im.Width}
		if s.ID != w.Key || !slices.Equal(shape, w.Shape) || im.Depth() != w.Depth || sum.Sum32() != w.CRC {
			t.Errorf("%s %v of %d bits, %x, want %+v", s.ID, shape, im.Depth(), sum.Sum32(), w)
		}
		if s.Labeled != (w.Labels != nil) || !slices.Equal(s.Labels.Numbers(), append([]int{}, w.Labels...)) {
			t.Errorf("%s: labels %v (%v), want %v", s.ID, s.Labels, s.Labeled, w.Labels)
		}
	}
	if first := c.samples[0]; first.Split != "train" || !slices.Equal(first.Planes, []string{"a", "b", "c", "d"}) {
		t.Errorf("split %q, planes %q", first.Split, first.Planes)
	}
}

// A tar that breaks off, wherever, is a dead letter, and so is the sample that was not whole;
// what came before stands, and the next tar is read.
func TestCutShort(t *testing.T) {
	whole := pack(t, packed{"a.npy", array("12")}, packed{"a.cls", "1"}, packed{"b.npy", array("34")}, packed{"b.cls", "2"})
	next := file(t, "next.tar", pack(t, packed{"c.npy", array("5")}))
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(whole)
	z.Close()
	for name, b := range map[string][]byte{
		"within a member":   whole[:3*512+200+1024],
		"behind a member":   whole[:5*512],
		"without its end":   whole[:8*512],
		"compressed":        zipped.Bytes()[:zipped.Len()-20],
		"of something else": []byte(strings.Repeat("x", 2000)),
	} {
		c, err := read(t, component.Args{"tars": []string{file(t, "cut.tar", b), next}}, nil)
		if err != nil || len(c.dead) == 0 || !strings.HasPrefix(c.dead[len(c.dead)-1], "cut.tar: ") {
			t.Errorf("%s: %q, %v", name, c.dead, err)
		}
		if keys := c.keys(); !slices.Contains(keys, "c") || slices.Contains(keys, "b") {
			t.Errorf("%s: yields %v", name, keys)
		}
		if len(c.dead) > 1 && !strings.Contains(c.dead[0], "its tar breaks off") {
			t.Errorf("%s: %q", name, c.dead)
		}
	}
}

// What is wrong with a sample is its own dead letter.
func TestSamples(t *testing.T) {
	for _, c := range []struct {
		members string // NAME=CONTENT ...; npy stands for an array
		args    component.Args
		keys    string
		dead    string
	}{
		{"a.npy=1 b.npy=2 b.txt=x", nil, "a b", ""},
		{"a.npy=1 x/a.npy=2 README=x", nil, "a x/a", ""},
		{"a.npy=1 b.cls=2", nil, "a", "it has no image"},
		{"a.npy=1 a.cls=x", nil, "", "no number"},
		{"a.npy=1 a.cls=64", nil, "", "labels are numbered from 0 to 63"},
		{"a.npy=1 a.cls=64", component.Args{"labels": "none"}, "a", ""},
		{"a.npy=1 a.json={", nil, "", "its JSON"},
		{"a.npy=1 a.json=[3]", nil, "a", ""},
		{"a.npy=1 a.json=[3]", component.Args{"labels": ""}, "", "its JSON"},
		{"a.npy=1 a.CLS=x", component.Args{"labels": ".CLS"}, "", "no number"},
		{`a.npy=1 a.json={"labels":["cat"]}`, nil, "", "no list of numbers"},
		{`a.npy=1 a.json={"filter":"up"}`, nil, "", `source "shards" reads them`},
		{"a.npy=1 a.seg.npy=2", nil, "", "image = [...] says which"},
		{"a.npy=1 a.seg.npy=2", component.Args{"image": []string{"seg.npy"}}, "a", ""},
		{"a.red.npy=1 a.blue.npy=2", component.Args{"image": []string{"blue.npy", "red.npy"}}, "a", ""},
		{"a.red.npy=1", component.Args{"image": []string{"blue.npy", "red.npy"}}, "", "1 images of 2"},
		{"a.npy=1 b.npy=3 a.npy=1", nil, "a b", ""},
		{"a.npy=1 b.npy=3 a.npy=2", nil, "a b", "the same key"},
		{"../a.npy=1 b.npy=2", nil, "b", "no name for a file"},
		{"a.NPY=1", nil, "a", ""},
	} {
		var members []packed
		for word := range strings.FieldsSeq(c.members) {
			name, content, _ := strings.Cut(word, "=")
			if strings.HasSuffix(strings.ToLower(name), ".npy") {
				content = array(content)
			}
			members = append(members, packed{name, content})
		}
		args := component.Args{"tars": []string{file(t, "a.tar", pack(t, members...))}}
		for name, v := range c.args {
			args[name] = v
		}
		got, err := read(t, args, nil)
		dead := strings.Join(got.dead, "; ")
		if err != nil || strings.Join(got.keys(), " ") != c.keys || (dead == "") != (c.dead == "") || !strings.Contains(dead, c.dead) {
			t.Errorf("%s: %v, %q, %v", c.members, got.keys(), dead, err)
		}
		if strings.HasPrefix(c.members, "a.red.npy=1 a.blue") {
			if f := got.samples[0].Files; len(f) != 2 || f[0].Channel != "blue" || f[1].Channel != "red" {
				t.Errorf("files %v", f)
			}
		}
	}
}

// Sizes are bounded before they are read, and a set without an image is an error.
func TestBounds(t *testing.T) {
	large := file(t, "a.tar", pack(t, packed{"a.npy", array(strings.Repeat("1", 5000))}, packed{"b.npy", array("1")}))
	run := component.Args{"max_member": int64(4000)}
	for name, f := range map[string]component.Args{"max_member": run, "max_waiting": {"max_waiting": int64(4000)}} {
		c, err := read(t, component.Args{"tars": []string{large}}, f)
		if err != nil || !slices.Equal(c.keys(), []string{"b"}) || len(c.dead) != 1 || !strings.Contains(c.dead[0], name) {
			t.Errorf("%s: %v, %q, %v", name, c.keys(), c.dead, err)
		}
	}
	none := file(t, "none.tar", pack(t, packed{"a.txt", "x"}, packed{"b.mp3", "y"}))
	if _, err := read(t, component.Args{"tars": []string{none}}, nil); !component.IsInputError(err) || !strings.Contains(err.Error(), "no sample with an image") {
		t.Errorf("without images: %v", err)
	}
	if _, err := read(t, component.Args{"tars": []string{t.TempDir()}}, nil); err == nil {
		t.Error("an empty folder is read")
	}
}

// Lists in braces are those of shells.
func TestExpand(t *testing.T) {
	for pattern, want := range map[string]string{
		"a.tar":                    "a.tar",
		"a-{008..010}.tar":         "a-008.tar a-009.tar a-010.tar",
		"a-{8..10}.tar":            "a-8.tar a-9.tar a-10.tar",
		"a{0..10}":                 "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10",
		"a{0..02}":                 "a00 a01 a02",
		"{a,b}-{0..1}":             "a-0 a-1 b-0 b-1",
		"{a}/x{b":                  "{a}/x{b",
		"a{1..0}":                  "cannot count",
		"a{x..2}":                  "no number",
		"a{0..1048576}":            "cannot count",
		"{0..999}{0..999}{0..999}": "more than",
	} {
		names, err := expand(pattern)
		if got := strings.Join(names, " "); err == nil && got != want || err != nil && !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
}

// A list that is given as one text is cut at its commas, those in braces too.
func TestRejoined(t *testing.T) {
	got := rejoined([]string{"a-{0", "1", "2}-{x", "y}.tar", "b.tar", "{c", "{d}.tar"})
	if want := []string{"a-{0,1,2}-{x,y}.tar", "b.tar", "{c", "{d}.tar"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzRead: whatever a tar holds, what is yielded has a key that is fit and one image.
func FuzzRead(f *testing.F) {
	f.Add(pack(f, packed{"a.npy", array("1")}, packed{"a.json", `{"labels":[1]}`}, packed{"b/c.png", "x"}))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _ := read(t, component.Args{"tars": []string{file(t, "a.tar", b)}}, component.Args{"max_member": int64(1 << 16), "max_waiting": int64(1 << 16)})
		seen := map[string]bool{}
		for _, s := range c.samples {
			if data.CheckKey(s.ID) != nil || len(s.Files) != 1 || seen[s.ID] {
				t.Fatalf("yields %q with %d files", s.ID, len(s.Files))
			}
			seen[s.ID] = true
		}
	})
}
