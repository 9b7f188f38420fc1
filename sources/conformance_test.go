package sources_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/cells"
	"hpaflow/data/challenge"
	"hpaflow/data/codec"
	"hpaflow/data/embed"
	"hpaflow/data/hpa"
	"hpaflow/data/place/placetest"
	"hpaflow/data/predict"
	"hpaflow/data/search"
	"hpaflow/data/shards"
	"hpaflow/data/store"
	"hpaflow/data/table"
	"hpaflow/data/zarr/zarrtest"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/sources"
)

// count is how many samples the suite's folder holds.
const count = 9

func id(i int) string { return fmt.Sprintf("7_A%d_1", i) }

// world is a data folder in which every source finds the same samples.
type world struct {
	dir   string
	stdin string // names of the channel files
	web   string // address of a server that has every channel of every plate
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{dir: filepath.Join(t.TempDir(), "world")}
	(&placetest.Buckets{Dir: filepath.Dir(w.dir)}).Register()
	t.Cleanup(func() { store.Close() })
	channels, rgby := w.path("raw", "train"), w.path("rgby")
	for _, dir := range []string{channels, rgby} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := shards.Create(w.path("shards"), shards.Planes, shards.Options{Limits: shards.Limits{Samples: 4, Bytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	var rows []table.Row
	var wells []string
	for i := range count {
		im := data.NewImage(8, 8, 4, 8)
		im.Planes[1].U8[i] = 255
		row := table.Row{ID: id(i), Labels: data.LabelsOf(i), Labeled: true, Split: "train"}
		rows = append(rows, row)
		w.write(t, im, "rgby", id(i)+".png")
		wells = append(wells, fmt.Sprintf("A/%d", i))
		if err := zarrtest.Write(w.path("plates", "7.zarr", wells[i], "1"), 2+i%2, 8, data.Colours[:], im); err != nil {
			t.Fatal(err)
		}
		for c, colour := range data.Colours {
			w.write(t, &data.Image{Width: 8, Height: 8, Planes: im.Planes[c : c+1]}, "raw", "train", id(i)+"_"+colour+".png")
			w.stdin += filepath.Join(channels, id(i)+"_"+colour+".png") + "\n"
		}
		frame, err := shards.EncodeSample(&data.Sample{ID: row.ID, Labels: row.Labels, Labeled: true, Split: "train", Image: im}, shards.Huffman)
		if err == nil {
			err = folder.Add(frame)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	err = errors.Join(zarrtest.Plate(w.path("plates", "7.zarr"), 2, wells, 1, 1), os.MkdirAll(w.path("zarr", "raw"), 0o755),
		os.Symlink(w.path("plates"), w.path("zarr", "raw", "train")), table.Write(w.path("zarr", "train.csv"), rows))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.pack(rows); err != nil {
		t.Fatal(err)
	}
	probabilities := &predict.Table{Classes: 2}
	for i := range count {
		probabilities.Rows = append(probabilities.Rows, &data.Prediction{ID: id(i), P: []float64{.25, .75}})
	}
	var claims []challenge.Row
	for _, row := range rows {
		claims = append(claims, challenge.Row{ID: row.ID, Labels: row.Labels})
	}
	if err := errors.Join(folder.Commit(), challenge.Write(w.path("claims.csv"), claims), table.Write(w.path("train.csv"), rows), predict.Write(w.path("p.csv"), probabilities), predict.Write(w.path("p.shards"), probabilities), writeEmbeddings(w.path("embeddings.parquet")), writeAtlas(w.path("atlas.xml"))); err != nil {
		t.Fatal(err)
	}
	return w
}

// pack puts the RGBY images into two tars, as WebDataset has them.
func (w world) pack(rows []table.Row) error {
	for i, part := range [][]table.Row{rows[:count/2], rows[count/2:]} {
		err := atomicfile.Write(w.path(fmt.Sprintf("part-%d.tar", i)), func(to io.Writer) error {
			out := tar.NewWriter(to)
			for _, row := range part {
				b, err := os.ReadFile(w.path("rgby", row.ID+".png"))
				if err != nil {
					return err
				}
				if err := out.WriteHeader(&tar.Header{Name: row.ID + ".png", Size: int64(len(b))}); err != nil {
					return err
				}
				if _, err := out.Write(b); err != nil {
					return err
				}
			}
			return out.Close()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func writeEmbeddings(path string) error {
	return atomicfile.Write(path, func(to io.Writer) error {
		return embed.WriteParquet(to, func(yield func(*embed.Embedding, error) bool) {
			for i := range count {
				if !yield(&embed.Embedding{ID: id(i), Features: []float32{1, 2}, Probabilities: []float32{.25, .75}}, nil) {
					return
				}
			}
		}, embed.Float32)
	})
}

// writeAtlas writes an XML of the Human Protein Atlas, with an antibody for each sample.
func writeAtlas(path string) error {
	text := "<proteinAtlas><entry version='25'><name>TSPAN6</name><identifier id='ENSG00000000003'/>"
	for i := range count {
		text += fmt.Sprintf("<antibody id='HPA%06d'><cellExpression technology='ICC/IF'><subAssay type='human'><data><cellLine>U-2 OS</cellLine>"+
			"<location>Cytosol</location><assayImage><image imageType='sampleImage'><imageUrl>http://images.proteinatlas.org/%s_blue_red_green.jpg"+
			"</imageUrl></image></assayImage></data></subAssay></cellExpression></antibody>", i, strings.Replace(id(i), "_", "/", 1))
	}
	return os.WriteFile(path, []byte(text+"</entry></proteinAtlas>"), 0o600)
}

func (w world) path(names ...string) string {
	return filepath.Join(append([]string{w.dir}, names...)...)
}

func (w world) write(t *testing.T, im *data.Image, names ...string) {
	t.Helper()
	var b bytes.Buffer
	err := codec.EncodeRGBY(&b, im)
	if err == nil {
		err = os.WriteFile(w.path(names...), b.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// url is path as a URL of a store.
func (w world) url(names ...string) string { return "s3://world/" + path.Join(names...) }

// cases are the arguments with which each source finds the world's samples. A
// new source needs a line here.
func (w world) cases() map[string][]component.Args {
	return map[string][]component.Args{
		"channels": {{"dir": w.path("raw", "train")}, {"dir": "-"}, {"dir": w.url("raw", "train")},
			{"dir": w.path("plates", "7.zarr")}, {"dir": w.path("plates")}, {"dir": w.url("plates", "7.zarr")}},
		"rgby": {{"dir": w.path("rgby")}, {"dir": w.url("rgby")}},
		"samples": {
			{"table": w.path("train.csv"), "images": []string{w.path("rgby")}, "split": "train"},
			{"table": w.path("train.csv"), "images": []string{w.path("shards")}, "shuffle": "true"},
			{"table": w.path("train.csv"), "images": []string{w.path("shards")}, "shuffle": "window", "window": 2},
			{"table": w.path("train.csv"), "images": []string{w.path("raw"), w.path("rgby")}},
			{"table": w.path("train.csv"), "images": []string{w.path("raw"), w.path("shards")}},
			{"table": w.path("train.csv"), "images": []string{w.url("rgby")}},
			{"table": w.path("train.csv"), "images": []string{w.url("shards")}, "shuffle": "true"},
			{"table": w.path("train.csv"), "images": []string{w.url("shards")}, "shuffle": "window"},
			{"table": w.path("train.csv"), "images": []string{w.url("raw"), w.path("shards")}},
			{"table": w.path("train.csv"), "images": []string{w.path("raw"), w.url("shards")}},
			{"table": w.path("train.csv"), "images": []string{w.path("plates")}},
			{"table": w.path("train.csv"), "images": []string{w.url("plates", "7.zarr")}},
		},
		"pictures":   {{"dir": w.path("raw", "train")}, {"dir": w.path("rgby")}, {"dir": w.path("shards")}, {"dir": w.path("plates")}},
		"embeddings": {{"table": w.path("embeddings.parquet")}},
		"hpa":        {{"xml": w.path("atlas.xml")}, {"xml": w.path("atlas.xml"), "genes": []string{"ENSG00000000003"}, "cell_lines": []string{"U2OS"}}},
		"rows":       {{"tables": []string{w.path("train.csv")}}},
		"shards":     {{"dir": w.path("shards")}, {"dir": w.url("shards")}},
		"webdataset": {{"tars": []string{w.path("part-{0..1}.tar")}}, {"tars": []string{w.dir}}, {"tars": []string{w.url("part-0.tar"), w.path("part-1.tar")}}},
		"image_sets": {{"data": w.dir, "sets": []string{"train"}}, {"data": w.path("zarr"), "sets": []string{"train"}}},
		"hpa_images": {
			{"table": w.path("train.csv"), "base_url": w.web, "formats": []string{"jpg"}, "workers": 1},
			{"table": w.path("train.csv"), "base_url": w.web, "formats": []string{"jpg"}, "workers": 4, "ordered": true},
		},
		// With one worker, what arrives arrives in order.
		"http":   {{"table": w.path("train.csv"), "base_url": w.web, "workers": 1}},
		"trials": {{"count": count - 1}},
		"claims": {{"file": w.path("claims.csv")}},
		"cells":  {{"train": 5, "external": 2, "test": 2, "leaks": 0.5}},
		"predictions": {
			{"tables": []string{w.path("p.csv")}, "classes": 2},
			{"tables": []string{w.path("p.shards")}, "classes": 2},
			{"tables": []string{w.path("p.csv"), w.path("p.shards")}, "weights": []string{"1", "2"}, "order": w.path("train.csv"), "classes": 2},
		},
	}
}

// keep is a sink that holds some keys already and notes those that come; a
// sink of the suite may have enough before the end.
type keep[T any] struct {
	mu       sync.Mutex
	keys     []string
	complete func(key string) bool
}

func (k *keep[T]) Open(context.Context) error   { return nil }
func (k *keep[T]) Commit(context.Context) error { return nil }
func (k *keep[T]) Abort() error                 { return nil }
func (k *keep[T]) Complete(key string) bool     { return k.complete != nil && k.complete(key) }

func (k *keep[T]) Write(_ context.Context, r flow.Record[T]) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = append(k.keys, r.Key)
	return nil
}

// cuttable are the sources whose work many machines can share, and when.
var cuttable = map[string]func(component.Args) bool{
	"channels": func(a component.Args) bool { return a["dir"] != "-" },
	"rgby":     always, "pictures": always, "shards": always, "image_sets": always, "http": always, "hpa_images": always,
	"samples":    func(a component.Args) bool { return a["shuffle"] == nil },
	"webdataset": never, "hpa": never, "rows": never, "embeddings": never, "trials": never, "claims": never, "cells": never, "predictions": never,
}

func always(component.Args) bool { return true }
func never(component.Args) bool  { return false }

// withDefaults are all settings of a source.
func withDefaults(s *component.Spec, a component.Args) component.Args {
	args := component.Args{}
	for _, f := range s.AllFields() {
		if f.Default != nil {
			args[f.Name] = f.Default
		}
	}
	for name, v := range a {
		args[name] = v
	}
	return args
}

// yield runs a source into a sink.
func yield[T any](ctx context.Context, t *testing.T, s *component.Spec, a component.Args, wire func(flow.Out[T])) (flow.Stats, error) {
	t.Helper()
	args := withDefaults(s, a)
	g := flow.New(flow.Options{Name: "suite", Seed: 5})
	out, err := s.Build(&component.Node{Graph: g, Spec: s, Name: "source", Args: args})
	if err != nil {
		t.Fatal(err)
	}
	wire(out.(flow.Out[T]))
	err = g.Run(ctx)
	return g.Stats(), err
}

// Every source yields the same samples in the same order each time, passes
// over what sinks hold already, and ends when it is told to.
func TestSources(t *testing.T) {
	defer goleak.VerifyNone(t)
	w := newWorld(t)
	web := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, _ *http.Request) {
		jpeg.Encode(to, image.NewGray(image.Rect(0, 0, 8, 8)), nil)
	}))
	defer web.Close()
	w.web = web.URL
	registry := func() *component.Registry {
		r := &component.Registry{}
		sources.Register(r, strings.NewReader(w.stdin))
		return r
	}
	cases := w.cases()
	for _, s := range registry().Specs(flow.KindSource) {
		if cases[s.Name] == nil {
			t.Errorf("%s has no case in the suite", s.Title())
		}
		for i, args := range cases[s.Name] {
			fresh := func() *component.Spec {
				again, _ := registry().Lookup(flow.KindSource, s.Name)
				return again
			}
			t.Run(fmt.Sprint(s.Name, i), func(t *testing.T) {
				switch s.Out.Name {
				case "sample":
					source[*data.Sample](t, fresh, args)
				case "channels":
					source[*data.Channels](t, fresh, args)
				case "prediction":
					source[*data.Prediction](t, fresh, args)
				case "claim":
					source[challenge.Row](t, fresh, args)
				case "trial":
					source[*search.Trial](t, fresh, args)
				case "listed image":
					source[*hpa.Image](t, fresh, args)
				case "embedded":
					source[*embed.Row](t, fresh, args)
				case "planned cells":
					source[cells.Planned](t, fresh, args)
				default:
					t.Errorf("the suite knows no values of type %s", s.Out.Name)
				}
			})
		}
	}
}

func source[T any](t *testing.T, spec func() *component.Spec, args component.Args) {
	all := func(complete func(string) bool) (*keep[T], flow.Stats) {
		k := &keep[T]{complete: complete}
		stats, err := yield(t.Context(), t, spec(), args, func(out flow.Out[T]) {
			flow.To(out, flow.Stage{Name: "sink"}, k)
		})
		if err != nil {
			t.Fatal(err)
		}
		return k, stats
	}
	first, _ := all(nil)
	var want []string
	for i := range count {
		want = append(want, id(i))
	}
	got := slices.Sorted(slices.Values(first.keys))
	switch any(*new(T)).(type) {
	case cells.Planned, *search.Trial: // under names of their own
		want = slices.Clone(got)
	}
	if len(got) != count || !slices.Equal(slices.Compact(got), want) {
		t.Errorf("yields %v, want %v in some order", first.keys, want)
	}
	if second, _ := all(nil); !slices.Equal(first.keys, second.keys) {
		t.Errorf("a second time the order is %v, not %v", second.keys, first.keys)
	}

	if cutUp[T](t, spec(), withDefaults(spec(), args), first.keys) != cuttable[spec().Name](args) {
		t.Errorf("it can be cut, and should not, or the other way round")
	}

	half := func(key string) bool { return key < want[count/2] }
	rest, stats := all(half)
	if got, want := rest.keys, slices.DeleteFunc(slices.Clone(first.keys), half); !slices.Equal(got, want) {
		t.Errorf("with half complete yields %v, want %v", got, want)
	}
	if n := stats.Stages[0].Complete; n != count/2 {
		t.Errorf("with half complete counts %d complete, want %d", n, count/2)
	}

	two := 0
	_, err := yield(t.Context(), t, spec(), args, func(out flow.Out[T]) {
		some := flow.Process(out, flow.Stage{Name: "two"}, func(ctx context.Context, in *flow.Reader[T], _ *flow.Emitter[int]) error {
			for two < 2 {
				r, err := in.Next(ctx)
				if err != nil {
					return err
				}
				if r.IsValue() {
					two++
				}
			}
			return nil
		})
		flow.To(some, flow.Stage{Name: "sink"}, flow.Discard[int]())
	})
	if err != nil || two != 2 {
		t.Errorf("a reader that leaves after 2 has had %d, and the run ends with %v", two, err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("told to stop")
	cancel(cause)
	_, err = yield(ctx, t, spec(), args, func(out flow.Out[T]) {
		flow.To(out, flow.Stage{Name: "sink"}, &keep[T]{})
	})
	if !errors.Is(err, cause) {
		t.Errorf("a cancelled run ends with %v", err)
	}
}
