package sinks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells"
	"hpaflow/data/challenge"
	"hpaflow/data/codec"
	"hpaflow/data/crops"
	"hpaflow/data/duplicates"
	"hpaflow/data/embed"
	"hpaflow/data/hpa"
	"hpaflow/data/imagehash"
	"hpaflow/data/metrics"
	"hpaflow/data/search"
	"hpaflow/data/shards"
	"hpaflow/data/split"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/sinks"
)

// records is how many a sink of the suite gets.
const records = 12

// feeds makes a source of each edge type that sinks read. A sink of a new type
// needs its values here.
func feeds(t *testing.T) map[string]func(*flow.Graph) component.Output {
	picture := filepath.Join(t.TempDir(), "green.png")
	f, err := os.Create(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im := data.NewImage(16, 16, 1, 8)
	for i := range im.Planes[0].U8 {
		im.Planes[0].U8[i] = uint8(i)
	}
	if err := codec.EncodeRGBY(f, im); err != nil {
		t.Fatal(err)
	}
	sample := func(i int) *data.Sample {
		return &data.Sample{
			ID: id(i), Labels: data.LabelsOf(i % 28), Labeled: true, Split: "train", Image: data.NewImage(8, 8, 4, 8),
			Files: []data.File{{Name: picture, Channel: "green"}},
		}
	}
	image := func(i int) duplicates.Image {
		return duplicates.Image{ID: id(i), Hash: duplicates.Hash(7 + i/2), Labels: data.LabelsOf(i % 28), Train: true, File: picture}
	}
	return map[string]func(*flow.Graph) component.Output{
		"file": feed(func(i int) data.File { return data.File{Name: id(i) + ".png", Data: []byte(id(i))} }),
		"frame": feed(func(i int) shards.Frame {
			s := sample(i)
			s.Image.Planes[1].U8[i] = 200
			frame, err := shards.EncodeSample(s, shards.Huffman)
			if err != nil {
				panic(err)
			}
			return frame
		}),
		"sample": feed(sample),
		"planes": feed(sample),
		"channels": feed(func(i int) *data.Channels {
			c := &data.Channels{ID: id(i)}
			for n, colour := range data.Colours {
				plane := data.NewImage(8, 8, 1, 8)
				plane.Planes[0].U8[i] = uint8(n)
				c.List = append(c.List, data.Channel{Name: colour, Image: plane})
			}
			return c
		}),
		"dead letter": feed(func(i int) flow.DeadLetter {
			return flow.DeadLetter{Seq: int64(i), Key: id(i), Stage: "decode", Cause: "empty"}
		}),
		"progress": feed(func(i int) *checkpoint.Progress {
			scores := metrics.Result{Samples: 3, Loss: 1 / float64(i+1), F1: make([]float64, 28), Support: make([]int, 28)}
			var history []checkpoint.EpochScores
			for n := range i + 1 {
				history = append(history, checkpoint.EpochScores{Epoch: n, Step: int64(7 * (n + 1)), Train: scores, Val: &scores})
			}
			mistake := checkpoint.Mistake{Sample: sample(i), Probabilities: make([]float32, 28), Loss: 1, Thumb: data.NewImage(24, 24, 4, 8)}
			return &checkpoint.Progress{Epoch: i, Step: int64(7 * (i + 1)), Scores: &history[i], Worst: []checkpoint.Mistake{mistake}, Checkpoint: &checkpoint.Checkpoint{
				State:    models.State{Weights: []models.Tensor{{Name: "w", Shape: []int{2}, Data: []float32{1, float32(i)}}}},
				Position: checkpoint.Position{Epoch: i + 1, History: history},
			}}
		}),
		"result": feed(func(i int) search.Result {
			t := search.Base()
			if i > 0 {
				t = search.Draw(i, rand.New(rand.NewPCG(uint64(i), 0)))
			}
			return search.Result{Trial: t, Epochs: 3, Score: float64(i*7%5) / 5, Diverged: i == 4}
		}),
		"hashed": feed(func(i int) *imagehash.Hashed {
			return &imagehash.Hashed{Sample: sample(i), AHash: uint64(i), PHash: uint64(i) << 7}
		}),
		"cell claims": feed(func(i int) *crops.Field {
			return &crops.Field{ID: id(i), Width: 6, Height: 10, Claims: []crops.Claim{{Label: i % 19, Confidence: .5, Mask: crops.RLE{uint32(i), 20, uint32(40 - i)}.String()}}}
		}),
		"group": feed(func(i int) *duplicates.Group {
			return &duplicates.Group{Hash: image(2 * i).Hash, IDs: []string{id(2 * i), id(2*i + 1)}, Images: []duplicates.Image{image(2 * i), image(2*i + 1)}}
		}),
		"leak": feed(image),
		"embedding": feed(func(i int) *embed.Embedding {
			return &embed.Embedding{
				ID: id(i), Sum: uint64(i + 1), Features: []float32{1, float32(i)}, Probabilities: []float32{.25, float32(i) / records},
				Attention: []float32{0, 1, float32(i), 2}, Heads: 1, H: 2, W: 2, Side: 8,
			}
		}),
		"embedded": feed(func(i int) *embed.Row {
			return &embed.Row{ID: id(i), Location: embed.LocationOf(i%3, 31), Features: []float32{1, float32(i), float32(i * i)}}
		}),
		"listed image": feed(func(i int) *hpa.Image {
			return &hpa.Image{Name: hpa.Name{Folder: "7", Field: fmt.Sprintf("%d_A1_%d", i, i)}, Gene: "ENSG00000000003", CellLine: "U-2 OS", Locations: []string{"Cytosol"}}
		}),
		"neighbours": feed(func(i int) *embed.Neighbours {
			return &embed.Neighbours{ID: id(i), Near: []embed.Neighbour{{ID: id(i + 1), Cosine: .9}, {ID: id(i + 2), Cosine: .5}}}
		}),
		"prediction": feed(func(i int) *data.Prediction {
			return &data.Prediction{ID: id(i), P: []float64{.5, float64(i) / records}}
		}),
		"weights": feed(func(i int) *checkpoint.Weights {
			return &checkpoint.Weights{Name: "swa", Tensors: []models.Tensor{{Name: "w", Shape: []int{1}, Data: []float32{records}}}}
		}),
		"claim": feed(func(i int) challenge.Row { return challenge.Row{ID: id(i), Labels: data.LabelsOf(i % 28)} }),
		"score": feed(func(i int) *challenge.Score {
			return &challenge.Score{Name: id(i), Result: metrics.Result{MacroF1Present: float64(i) / records}}
		}),
		"planned cells": feed(func(i int) cells.Planned {
			return cells.Planned{ID: id(i), Set: []string{cells.Train, cells.External, cells.Test}[i%3], Labels: data.LabelsOf(i), Seed: uint64(i), CopyOf: id(i - 1)}
		}),
		"calibration": feed(func(int) *metrics.Calibration {
			c, err := metrics.Calibrate([][]float64{{.2, .9}, {.8, .1}}, []data.Labels{data.LabelsOf(1), data.LabelsOf(0)}, 2)
			if err != nil {
				panic(err)
			}
			return c
		}),
		"assignment": feed(func(i int) split.Assignment {
			return split.Assignment{ID: id(i), Labels: data.LabelsOf(i % 28), Fold: i % 11, Folds: 11, Group: i}
		}),
	}
}

func id(i int) string { return fmt.Sprintf("7_A%d_1", i) }

func feed[T any](value func(int) T) func(*flow.Graph) component.Output {
	return func(g *flow.Graph) component.Output {
		return flow.Source(g, flow.Stage{Name: "feed"}, func(_ context.Context, out *flow.Emitter[T]) error {
			for i := range records {
				if out.Complete(id(i)) {
					continue
				}
				if err := out.Emit(id(i), value(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// named are what the output of a sink can be called, where its name decides how
// it is written.
var named = map[string][]string{
	"predictions": {"out.csv", "out.csv.zst", "out.shards"},
	"embeddings":  {"out.parquet", "out.csv", "out.npy"},
}

// drawn are the sinks that draw much, which under the race detector takes so long
// that one run must do.
var drawn = map[string]bool{"report": true, "search": true, "cells_sheet": true, "contact_sheet": true}

// each runs a test for every sink, and every name of its output.
func each(t *testing.T, test func(*testing.T, *component.Spec, string)) {
	r := &component.Registry{}
	sinks.Register(r, io.Discard)
	for _, s := range r.Specs(flow.KindSink) {
		names := named[s.Name]
		if names == nil {
			t.Run(s.Name, func(t *testing.T) { test(t, s, "out-file") })
		}
		for _, name := range names {
			t.Run(s.Name+"/"+name, func(t *testing.T) { test(t, s, name) })
		}
	}
}

// arguments are a spec's defaults, with outputs below dir, a file under this name.
func arguments(t *testing.T, s *component.Spec, dir, name string) component.Args {
	a := component.Args{}
	if s.Name == "average" { // knows its output by the checkpoints there are
		err := checkpoint.SaveCheckpoint(checkpoint.EpochDir(filepath.Join(dir, "checkpoint"), 0), &checkpoint.Checkpoint{
			State: models.State{Weights: []models.Tensor{{Name: "w", Shape: []int{1}, Data: []float32{1}}}}, Position: checkpoint.Position{Epoch: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		a["last"] = 1
	}
	for _, f := range s.AllFields() {
		if a[f.Name] != nil {
			continue
		}
		switch {
		case f.Type == component.OutputDir:
			a[f.Name] = dir
		case f.Type == component.OutputFile || f.Type == component.OutputPath:
			a[f.Name] = filepath.Join(dir, name)
		case f.Default != nil:
			a[f.Name] = f.Default
		case f.Type == component.InputFile:
			a[f.Name] = filepath.Join(t.TempDir(), "rows.csv")
			var rows []table.Row
			for i := range 2 * records { // some of which no record has
				rows = append(rows, table.Row{ID: id(i), Labels: data.LabelsOf(i), Labeled: true})
			}
			if err := table.Write(a.String(f.Name), rows); err != nil {
				t.Fatal(err)
			}
		case f.Type == component.String:
			a[f.Name] = "name"
		default:
			t.Fatalf("%s: the suite has no value for field %s, %s", s.Title(), f.Name, f.Type)
		}
	}
	return a
}

// bench wires a sink of the suite; with cause, a stage beside it fails once
// the sink has all records.
func bench(t *testing.T, s *component.Spec, dir, name string, cause error) error {
	t.Helper()
	make, known := feeds(t)[s.In[0].Type.Name]
	if !known {
		t.Fatalf("%s reads %s: teach feeds a value of that type", s.Title(), s.In[0].Type.Name)
	}
	g := flow.New(flow.Options{Name: "suite"})
	node := &component.Node{Graph: g, Spec: s, Name: "sink", Args: arguments(t, s, dir, name), Inputs: map[string]component.Output{s.In[0].Name: make(g)}}
	if _, err := s.Build(node); err != nil {
		return err
	}
	if cause != nil {
		late := flow.Source(g, flow.Stage{Name: "late"}, func(ctx context.Context, _ *flow.Emitter[int]) error {
			for g.Stats().Stages[1].In < records {
				select {
				case <-ctx.Done():
					return context.Cause(ctx)
				case <-time.After(time.Millisecond):
				}
			}
			return cause
		})
		flow.To(late, flow.Stage{Name: "nowhere"}, flow.Discard[int]())
	}
	return g.Run(context.Background())
}

// Every sink writes the same bytes for the same records, appears whole, and
// leaves nothing half done, but for rows of embeddings that it goes on from.
func TestSinks(t *testing.T) {
	defer goleak.VerifyNone(t)
	each(t, func(t *testing.T, s *component.Spec, name string) {
		first, again, broken := t.TempDir(), t.TempDir(), t.TempDir()
		if err := bench(t, s, first, name, nil); err != nil {
			t.Fatal(err)
		}
		want := foldertest.Read(t, first)
		if len(want) == 0 {
			t.Fatal("nothing was written")
		}
		if raced && drawn[s.Name] {
			return
		}
		if err := bench(t, s, again, name, nil); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(want, foldertest.Read(t, again)) {
			t.Error("a second run with the same records wrote other bytes")
		}

		cause := errors.New("told to fail")
		if err := bench(t, s, broken, name, cause); !errors.Is(err, cause) {
			t.Fatalf("a run that failed ended with %v", err)
		}
		for left, content := range foldertest.Read(t, broken) {
			if whole, there := want[left]; !(there && content == whole) && !strings.HasPrefix(left, embed.PartOf(name)+"/") {
				t.Errorf("the failed run left %s, which the whole run does not have so", left)
			}
		}

		if err := bench(t, s, broken, name, nil); err != nil {
			t.Fatalf("after the failed run: %v", err)
		}
		if !maps.Equal(want, foldertest.Read(t, broken)) {
			t.Error("the run after the failed one ended with other bytes")
		}
	})
}

// A folder's temporary files, which a killed run leaves, are gone after the
// next run.
func TestSinksSweep(t *testing.T) {
	each(t, func(t *testing.T, s *component.Spec, name string) {
		if raced && drawn[s.Name] {
			t.Skip("too long under the race detector")
		}
		dir := t.TempDir()
		if err := bench(t, s, dir, name, nil); err != nil {
			t.Fatal(err)
		}
		for name := range foldertest.Read(t, dir) {
			debris := filepath.Join(dir, filepath.Dir(name), "."+filepath.Base(name)+".0123456789ab"+atomicfile.Suffix)
			if err := os.WriteFile(debris, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := bench(t, s, dir, name, nil); err != nil {
			t.Fatal(err)
		}
		for name := range foldertest.Read(t, dir) {
			if strings.HasSuffix(name, atomicfile.Suffix) {
				t.Errorf("%s is still there", name)
			}
		}
	})
}
