package omezarr_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/place/placetest"
	"hpaflow/data/provenance"
	"hpaflow/data/store"
	"hpaflow/data/store/all"
	"hpaflow/data/store/remote"
	"hpaflow/data/zarr/zarrtest"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources/images/omezarr"
)

var colours = []string{"red", "green", "blue", "yellow"}

func picture(seed uint64, depth int) *data.Image {
	im := data.NewImage(50, 41, 4, depth)
	r := rand.New(rand.NewPCG(seed, 1))
	for _, p := range im.Planes {
		for i := range p.U8 {
			p.U8[i] = uint8(r.Uint32())
		}
		for i := range p.U16 {
			p.U16[i] = uint16(r.Uint32())
		}
	}
	return im
}

// plate writes one of two wells of two fields, and gives its images by key.
func plate(t *testing.T, dir string, version int, labels []string) map[string]*data.Image {
	t.Helper()
	images := map[string]*data.Image{}
	if err := zarrtest.Plate(dir, version, []string{"A/01", "B/02"}, 0, 2); err != nil {
		t.Fatal(err)
	}
	for i, w := range []string{"A/01", "B/02"} {
		for f := range 2 {
			im := picture(uint64(10*i+f), 8*(version-1))
			if err := zarrtest.Write(filepath.Join(dir, w, fmt.Sprint(f)), version, 16, labels, im); err != nil {
				t.Fatal(err)
			}
			images[fmt.Sprintf("p_%s_%d", strings.ReplaceAll(w, "/", ""), f)] = im
		}
	}
	return images
}

// old makes everything below a folder as if it had been left alone for long.
func old(t *testing.T, dir string) {
	t.Helper()
	when := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, when, when)
	})
	if err != nil {
		t.Fatal(err)
	}
}

type result struct {
	samples map[string]*data.Sample
	order   []string
	letters map[string]string
	notes   string
}

func read(t *testing.T, o omezarr.Options) result {
	t.Helper()
	if o.Channels == nil {
		o.Channels = colours
	}
	if o.Level == "" {
		o.Level = "0"
	}
	r := result{samples: map[string]*data.Sample{}, letters: map[string]string{}}
	var mu sync.Mutex
	g := flow.New(flow.Options{Name: "test", OnError: flow.OnErrorSkip})
	g.Notify(flow.Events{Noted: func(_, text string) { r.notes += text + "\n" }})
	n := &component.Node{Graph: g, Name: "cells", Spec: &component.Spec{Name: "cells"}}
	if o.Limits == (component.Limits{}) {
		o.Limits = n.Limits()
	}
	in, err := omezarr.Open(t.Context(), o)
	if err != nil || in == nil {
		t.Fatalf("%v, %v", in, err)
	}
	flow.To(in.Source(n), flow.Stage{Name: "sink"}, flow.SinkFunc[*data.Sample](func(_ context.Context, rec flow.Record[*data.Sample]) error {
		mu.Lock()
		defer mu.Unlock()
		r.samples[rec.Key], r.order = rec.Value, append(r.order, rec.Key)
		return nil
	}))
	g.KeepLetters()
	if err := g.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, l := range g.Letters() {
		r.letters[l.Key] = l.Cause
	}
	return r
}

// same says whether a sample's files decode to some planes.
func same(t *testing.T, s *data.Sample, planes ...data.Plane) {
	t.Helper()
	if s == nil || len(s.Files) != len(planes) {
		t.Errorf("%v has not %d files", s, len(planes))
		return
	}
	for i, f := range s.Files {
		im, err := codec.Decode(f.Name, f.Data)
		if err != nil {
			t.Errorf("%s: %v", s.ID, err)
		} else if !slices.Equal(im.Planes[0].U8, planes[i].U8) || !slices.Equal(im.Planes[0].U16, planes[i].U16) {
			t.Errorf("%s: the %s plane differs", s.ID, f.Channel)
		}
	}
}

// A plate is the same from a disk, a bucket and a web server, in both versions.
func TestPlates(t *testing.T) {
	defer goleak.VerifyNone(t)
	defer store.Close()
	dir := t.TempDir()
	all.Register(remote.Options{First: 1})
	(&placetest.Buckets{Dir: dir}).Register()
	for version := 2; version <= 3; version++ {
		name := fmt.Sprintf("v%d/p.ome.zarr", version)
		images := plate(t, filepath.Join(dir, name), version, colours)
		web := httptest.NewServer(http.FileServer(http.Dir(dir)))
		for _, path := range []string{filepath.Join(dir, name), filepath.Dir(filepath.Join(dir, name)), "s3://" + name, web.URL + "/" + name} {
			r := read(t, omezarr.Options{Path: path})
			if len(r.samples) != 4 || !slices.IsSorted(r.order) || len(r.letters) > 0 {
				t.Errorf("%s: %v, %v", path, r.order, r.letters)
			}
			for key, im := range images {
				same(t, r.samples[key], im.Planes...)
			}
		}
		store.Close()
		web.Close()
	}
}

func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p.zarr")
	plate(t, dir, 2, colours)
	limits := (&component.Node{Graph: flow.New(flow.Options{})}).Limits()
	limits.Keys = component.KeysPath
	if r := read(t, omezarr.Options{Path: dir, Limits: limits}); !slices.Equal(r.order, []string{"p/A01/0", "p/A01/1", "p/B02/0", "p/B02/1"}) {
		t.Errorf("%v", r.order)
	}
	if r := read(t, omezarr.Options{Path: filepath.Join(dir, "A", "01", "1")}); !slices.Equal(r.order, []string{"p_A_01_1"}) {
		t.Errorf("%v", r.order)
	}
}

func TestChannels(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "one.zarr")
	im := picture(3, 16)
	if err := zarrtest.Write(dir, 3, 64, []string{"DAPI", "ER", "Tubulin", ""}, im); err != nil {
		t.Fatal(err)
	}
	p := im.Planes
	same(t, read(t, omezarr.Options{Path: dir, Channels: []string{"tubulin", "dapi"}}).samples["one"], p[2], p[0])
	same(t, read(t, omezarr.Options{Path: dir, Channels: []string{"blue=DAPI", "other=3", "er"}}).samples["one"], p[0], p[3], p[1])
	r := read(t, omezarr.Options{Path: dir})
	if want := `no channel is called "red"; there are 4 channels: "DAPI", "ER", "Tubulin"; say which is which by name or number: channels = ["red=0", ...]`; !strings.Contains(r.letters["one"], want) {
		t.Errorf("%v", r.letters)
	}
	if err := zarrtest.Write(dir, 3, 64, []string{"red", "Red", "green"}, im); err != nil {
		t.Fatal(err)
	}
	if r := read(t, omezarr.Options{Path: dir}); !strings.Contains(r.letters["one"], `channels [0 1] are all called "red"; say which is which`) {
		t.Errorf("%v", r.letters)
	}
	if err := zarrtest.Write(dir, 3, 64, nil, im); err != nil {
		t.Fatal(err)
	}
	r = read(t, omezarr.Options{Path: dir})
	same(t, r.samples["one"], p...)
	if !strings.Contains(r.notes, "channels have no names, and are taken in their order, in Id one") {
		t.Errorf("%v", r.notes)
	}
	if r := read(t, omezarr.Options{Path: dir, Channels: colours[:3]}); !strings.Contains(r.letters["one"], "there are 4 channels, without names") {
		t.Errorf("%v", r.letters)
	}
}

// A chunk that is not there is fill, and one that is cut off is a dead letter.
func TestChunks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p.zarr")
	images := plate(t, dir, 2, colours)
	chunk := filepath.Join(dir, "A/01/0/0/1/0/0")
	im := images["p_A01_0"]
	if err := os.Remove(chunk); err != nil {
		t.Fatal(err)
	}
	for y := range 16 {
		clear(im.Planes[1].U8[y*im.Width : y*im.Width+16])
	}
	if err := os.Truncate(filepath.Join(dir, "A/01/1/0/2/1/1"), 17); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "B/02/0/0/3")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "B/02/1/0/0/0/0"), make([]byte, 1<<17), 0o600); err != nil {
		t.Fatal(err)
	}
	r := read(t, omezarr.Options{Path: dir})
	if want := "red: chunk 0/0/0: has 131072 bytes, and holds no more than 256 of numbers"; !strings.Contains(r.letters["p_B02_1"], want) {
		t.Errorf("%v; want %s", r.letters, want)
	}
	same(t, r.samples["p_A01_0"], im.Planes...)
	cut := r.samples["p_A01_1"].Files[2]
	if _, err := codec.Decode(cut.Name, cut.Data); err == nil || !strings.Contains(err.Error(), "chunk 2/1/1: the chunk has 17 bytes of 256: unexpected EOF") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(r.notes, "a channel has no chunk at all, and is of the fill value, in Id p_B02_0") {
		t.Errorf("%v", r.notes)
	}
}

// What a sample was made from is told by its chunks, wherever they are.
func TestOrigins(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p.zarr")
	plate(t, dir, 3, colours)
	old(t, dir)
	of := func(dir string) (digests, shortcuts []uint64) {
		r := read(t, omezarr.Options{Path: dir})
		for _, key := range r.order {
			files := provenance.Files(r.samples[key].Files)
			d, err := files.Digest()
			if err != nil {
				t.Fatal(err)
			}
			digests, shortcuts = append(digests, d), append(shortcuts, files.Shortcut())
		}
		return digests, shortcuts
	}
	digests, shortcuts := of(dir)
	if slices.Contains(shortcuts, 0) {
		t.Errorf("no shortcut of files that are old: %x", shortcuts)
	}
	moved := filepath.Join(t.TempDir(), "p.zarr")
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if d, s := of(moved); !slices.Equal(d, digests) || slices.ContainsFunc(s, func(v uint64) bool { return v != 0 }) {
		t.Errorf("a copy of now: digests %x, were %x; shortcuts %x", d, digests, s)
	}
	if err := os.WriteFile(filepath.Join(dir, "B/02/1/0/c/0/0/0"), make([]byte, 512), 0o600); err != nil {
		t.Fatal(err)
	}
	d, s := of(dir)
	if !slices.Equal(d[:3], digests[:3]) || d[3] == digests[3] || !slices.Equal(s[:3], shortcuts[:3]) || s[3] == shortcuts[3] {
		t.Errorf("of another chunk: %x, were %x; %x, were %x", d, digests, s, shortcuts)
	}
}

// Hostile and odd metadata are errors that name the file and the key.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, old, new, want string }{
		"outside":   {"A/01/.zattrs", `"path": "0"`, `"path": "../../../etc"`, `A/01/.zattrs: well.images[0].path: "../../../etc" leads nowhere below`},
		"version":   {".zattrs", `"version": "0.4"`, `"version": "0.6"`, `p.zarr/.zattrs: version: "0.6" of OME-Zarr is not read`},
		"no well":   {"A/01/.zattrs", `"well"`, `"wall"`, `A/01/.zattrs: is of no well`},
		"plate":     {".zattrs", `"wells": [`, `"wells": ["`, `p.zarr/.zattrs`},
		"text":      {"A/01/0/0/.zarray", `"zarr_format": 2`, `"zarr_format": "2"`, `A/01/0/0/.zarray: zarr_format: is string`},
		"many":      {"A/01/0/0/.zarray", `41,`, `4100000000,`, `the array has 50 x 4100000000 pixels`},
		"chunk":     {"A/01/0/0/.zarray", "1,\n  64,\n  64", "1,\n  30000,\n  30000", `one chunk of the array holds 858.3 MiB, more than is read of a file`},
		"axes":      {"A/01/0/.zattrs", `"name": "x"`, `"name": "y"`, `A/01/0/.zattrs: multiscales[0].axes: axis "y" stands there twice`},
		"dimension": {"A/01/0/.zattrs", `"name": "x"`, `"name": "q"`, `axis "q" of 50 is not read`},
		"mask":      {"A/01/0/.zattrs", `"multiscales"`, `"image-label": {}, "multiscales"`, `A/01/0/.zattrs: image-label: is a label image`},
		"level":     {"A/01/0/.zattrs", `"path": "0"`, `"path": "s0"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p.zarr")
			err := errors.Join(zarrtest.Plate(dir, 2, []string{"A/01"}, 0, 1), zarrtest.Write(filepath.Join(dir, "A/01/0"), 2, 64, colours[:1], &data.Image{Width: 50, Height: 41, Planes: picture(1, 8).Planes[:1]}))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, c.file)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(b), c.old, c.new, 1)
			if text == string(b) {
				t.Fatalf("%s has no %q", b, c.old)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var got string
			g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
			n := &component.Node{Graph: g, Name: "cells", Spec: &component.Spec{Name: "cells"}}
			in, err := omezarr.Open(t.Context(), omezarr.Options{Path: dir, Channels: colours[:1], Level: "0", Limits: n.Limits()})
			if err == nil {
				flow.To(in.Source(n), flow.Stage{Name: "sink"}, flow.Discard[*data.Sample]())
				g.KeepLetters()
				err = g.Run(t.Context())
			}
			got = fmt.Sprint(err)
			for _, l := range g.Letters() {
				got += " " + l.Cause
			}
			if c.want == "" {
				c.want = "there is no such object" // its array is not at that path
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%s; want %s", got, c.want)
			}
		})
	}
}
