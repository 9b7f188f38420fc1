package configs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hpaflow/configs"
	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/codec"
	"hpaflow/data/duplicates"
	"hpaflow/data/shards"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
	"hpaflow/ops"
	"hpaflow/sinks"
	"hpaflow/sources"
)

// run runs a config with variables set, and gives what it did.
func run(t *testing.T, config string, opts flow.Options, sets ...string) (flow.Stats, error) {
	t.Helper()
	g, err := build(config, opts, sets...)
	if err != nil {
		t.Fatal(err)
	}
	err = g.Run(context.Background())
	return g.Stats(), err
}

// build loads a config and builds its graph, and says why it cannot.
func build(config string, opts flow.Options, sets ...string) (*flow.Graph, error) {
	return buildWith(config, func(o *flow.Options) { o.Workers = opts.Workers }, sets...)
}

// buildWith is build with options that are set last.
func buildWith(config string, set func(*flow.Options), sets ...string) (*flow.Graph, error) {
	reg := &component.Registry{}
	sources.Register(reg, strings.NewReader(""))
	ops.Register(reg)
	sinks.Register(reg, io.Discard)
	plan, faults := lang.Load(config, sets, reg)
	if len(faults) > 0 {
		var b bytes.Buffer
		faults.Render(&b, false)
		return nil, errors.New(b.String())
	}
	o := plan.Options()
	set(&o)
	g := flow.New(o)
	return g, plan.Build(g)
}

func mustRun(t *testing.T, config string, opts flow.Options, sets ...string) flow.Stats {
	t.Helper()
	stats, err := run(t, config, opts, sets...)
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func TestConfigsAreFormatted(t *testing.T) {
	names, err := configs.Files.ReadDir(".")
	if err != nil || len(names) == 0 {
		t.Fatalf("no configs: %v", err)
	}
	for _, name := range names {
		b, err := configs.Files.ReadFile(name.Name())
		if err != nil {
			t.Fatal(err)
		}
		if formatted, err := lang.Format(name.Name(), b); err != nil || !bytes.Equal(formatted, b) {
			t.Errorf("%s: hpaflow fmt -w would change it (%v)", name.Name(), err)
		}
	}
}

func TestRGBY(t *testing.T) {
	out := t.TempDir()
	stats := mustRun(t, "rgby.flow", flow.Options{}, "input=example", "output="+out)
	if stats.DeadLetters != 0 {
		t.Fatalf("%d dead letters", stats.DeadLetters)
	}
	for _, row := range example {
		b, err := os.ReadFile(filepath.Join(out, row.ID+".png"))
		if err != nil {
			t.Fatal(err)
		}
		im, err := codec.DecodeRGBY(b)
		if err != nil {
			t.Fatal(err)
		}
		for c, colour := range data.Colours {
			name := filepath.Join("example", row.ID+"_"+colour+".png")
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			plane, err := codec.Decode(name, b)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(plane.Planes[0].U8, im.Planes[c].U8) {
				t.Errorf("%s: the %s plane differs", row.ID, colour)
			}
		}
	}
	again := mustRun(t, "rgby.flow", flow.Options{}, "input=example", "output="+out)
	if first := again.Stages[0]; first.Complete != int64(len(example)) || first.Out != 0 {
		t.Errorf("the second run yielded %d samples and found %d complete", first.Out, first.Complete)
	}
}

func TestShardsDoNotDependOnWorkers(t *testing.T) {
	var want map[string]string
	for _, workers := range []int{1, 2, 0} {
		out := t.TempDir()
		mustRun(t, "rgby-shards.flow", flow.Options{Workers: workers},
			"input=example", "table=example/train.csv", "samples=4", "output="+out)
		got := foldertest.Results(t, out)
		if want == nil {
			want = got
		}
		if len(got) != 3 || !maps.Equal(got, want) {
			t.Errorf("%d workers: files %v differ from those of 1", workers, slices.Sorted(maps.Keys(got)))
		}
		report, err := shards.Verify(out, nil)
		if err != nil || len(report.Faults) > 0 || report.Samples != len(example) {
			t.Errorf("verify: %+v, %v", report, err)
		}
	}
}

// TestTrain trains on fields whose protein is in the nucleus or outside.
func TestTrain(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 24, 16)
	train := func(out string, epochs int) []byte {
		t.Helper()
		mustRun(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+out, "size=32", "batch=8",
			fmt.Sprint("epochs=", epochs), "norm=per_image", "seed=7", "policy=best")
		b, err := os.ReadFile(filepath.Join(out, "metrics.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	whole, again, resumed := t.TempDir(), t.TempDir(), t.TempDir()
	first := train(whole, 3)
	lines := strings.Split(strings.TrimSpace(string(first)), "\n")
	if len(lines) != 7 || !strings.HasPrefix(lines[0], "epoch,split,loss,accuracy,macro_f1,macro_f1_present,f1_00,") ||
		!strings.HasPrefix(lines[6], "2,val,") {
		t.Fatalf("metrics.csv:\n%s", first)
	}
	if second := train(again, 3); !bytes.Equal(first, second) {
		t.Errorf("the same seed gave\n%s\nand then\n%s", first, second)
	}
	train(resumed, 1)
	if continued := train(resumed, 3); !bytes.Equal(first, continued) {
		t.Errorf("one run gave\n%s\ntwo gave\n%s", first, continued)
	}
	for _, name := range []string{"weights.safetensors"} {
		last := filepath.Join("checkpoint", "epoch_0002")
		if foldertest.Results(t, filepath.Join(whole, last))[name] != foldertest.Results(t, filepath.Join(resumed, last))[name] {
			t.Errorf("%s of one run and of two differ", name)
		}
	}
}

// TestSplit splits tables whose duplicates reach from one to the other.
func TestSplit(t *testing.T) {
	dir := t.TempDir()
	var official, external []table.Row
	for i := range 400 {
		labels := data.LabelsOf(i%7, 7+i%3)
		official = append(official, table.Row{ID: fmt.Sprintf("%08d-0000-0000-0000-000000000000", i), Labels: labels, Labeled: true})
		external = append(external, table.Row{ID: fmt.Sprintf("1_A_%d", i), Labels: labels, Labeled: true})
	}
	group := func(labels data.Labels, ids ...string) duplicates.Group {
		return duplicates.Group{Hash: 1, IDs: ids, Labels: labels}
	}
	ahash := []duplicates.Group{group(data.LabelsOf(0, 7), official[0].ID, external[5].ID), group(data.LabelsOf(9), official[9].ID)}
	phash := []duplicates.Group{group(data.LabelsOf(0, 7, 27), external[5].ID, external[6].ID, "gone_1"), group(data.LabelsOf(0, 1, 8, 9), official[7].ID, official[8].ID)}
	for path, err := range map[string]error{
		"train":    table.Write(filepath.Join(dir, "train.csv"), official),
		"external": table.Write(filepath.Join(dir, "external.csv"), external),
		"ahash":    duplicates.Write(filepath.Join(dir, "duplicates.ahash.csv"), ahash),
		"phash":    duplicates.Write(filepath.Join(dir, "duplicates.phash.csv"), phash),
	} {
		if err != nil {
			t.Fatal(path, err)
		}
	}
	for _, c := range []struct {
		external, name string
		rows           []table.Row
	}{
		{"1", "split.stratified", append(slices.Clone(official), external...)},
		{"0", "split.stratified.small", official},
	} {
		mustRun(t, "split.flow", flow.Options{}, "data="+dir, "use_external="+c.external)
		validated := map[string]int{}
		for k := range 5 {
			rows, err := table.Read(filepath.Join(dir, fmt.Sprintf("%s.%d.csv", c.name, k)), 28)
			if err != nil {
				t.Fatal(err)
			}
			of, count := map[string]table.Row{}, map[string]int{}
			for i, r := range rows {
				of[r.ID] = r
				count[r.Split]++
				if r.ID != c.rows[i].ID {
					t.Fatalf("%s.%d: row %d is %s", c.name, k, i, r.ID)
				}
				if r.Split == "val" {
					validated[r.ID]++
				}
			}
			if len(rows) != len(c.rows) || len(count) != 3 || count["val"] < len(rows)*17/100 || count["test_val"] < len(rows)*8/100 {
				t.Errorf("%s.%d: %v", c.name, k, count)
			}
			if a, b := of[official[7].ID], of[official[8].ID]; a.Split != b.Split || a.Labels != data.LabelsOf(0, 1, 8, 9) || b.Labels != a.Labels {
				t.Errorf("%s.%d: %v and %v are one picture", c.name, k, a, b)
			}
			if c.external == "1" {
				a, b, d := of[official[0].ID], of[external[5].ID], of[external[6].ID]
				if a.Split != b.Split || a.Split != d.Split || a.Labels != data.LabelsOf(0, 7, 27) || d.Labels != a.Labels {
					t.Errorf("%s.%d: %v, %v and %v are one picture", c.name, k, a, b, d)
				}
			}
		}
		for id, n := range validated {
			if n != 1 {
				t.Errorf("%s: %s is validated on %d times", c.name, id, n)
			}
		}
		picture, err := os.ReadFile(filepath.Join(dir, c.name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if im, err := codec.DecodeRGBY(picture); err != nil || im.Width < 800 {
			t.Errorf("the picture of %s: %v", c.name, err)
		}
	}
	before := foldertest.Results(t, dir)
	mustRun(t, "split.flow", flow.Options{Workers: 2}, "data="+dir)
	if !maps.Equal(before, foldertest.Results(t, dir)) {
		t.Error("a second run with the same seed gave other tables")
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copyTree copies files into a new folder that a test may write to.
func copyTree(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestDuplicatesAndLeak runs both flows over a made set with known copies.
// want/ was checked by hand; make.py there tells how it was made.
func TestDuplicatesAndLeak(t *testing.T) {
	dir := copyTree(t, "testdata/duplicates")
	check := func(names ...string) {
		t.Helper()
		for _, name := range names {
			want, got := mustRead(t, filepath.Join("testdata/duplicates/want", name)), mustRead(t, filepath.Join(dir, name))
			if !bytes.Equal(got, want) {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
			}
		}
	}
	for _, workers := range []int{1, 4} {
		os.Remove(filepath.Join(dir, "hashes.csv"))
		mustRun(t, "duplicates.flow", flow.Options{Workers: workers}, "data="+dir)
		check("duplicates.ahash.csv", "duplicates.phash.csv")
	}
	for _, name := range []string{"duplicates.ahash.png", "duplicates.phash.png"} {
		if im, err := codec.DecodeRGBY(mustRead(t, filepath.Join(dir, name))); err != nil || im.Height < 400 {
			t.Errorf("%s: %v", name, err)
		}
	}

	// The hashes are kept: neither flow hashes an image again, but one that has
	// changed. A hash that is not the image's shows that.
	hashes := filepath.Join(dir, "hashes.csv")
	before := mustRead(t, hashes)
	wrong := append(bytes.Clone(before[:len(before)-3]), "00\n"...) // the last digits of the last hash
	if err := os.WriteFile(hashes, wrong, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, config := range []string{"leak.flow", "duplicates.flow"} {
		mustRun(t, config, flow.Options{}, "data="+dir)
		if after := mustRead(t, hashes); bytes.Equal(before, wrong) || !bytes.Equal(after, wrong) {
			t.Errorf("%s has hashed an image again", config)
		}
	}
	if err := os.WriteFile(hashes, before, 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "leak.flow", flow.Options{}, "data="+dir)
	check("data_leak.ahash.csv", "data_leak.phash.csv")

	images, err := filepath.Glob(filepath.Join(dir, "raw", "*", "*"))
	if err != nil || len(images) != 18 {
		t.Fatalf("%d images, %v", len(images), err)
	}
	if err := os.WriteFile(images[0], make([]byte, len(mustRead(t, images[0]))), 0o600); err != nil {
		t.Fatal(err)
	}
	if stats := mustRun(t, "leak.flow", flow.Options{}, "data="+dir); stats.DeadLetters != 1 {
		t.Errorf("%d dead letters of an image that has become none, of the same length", stats.DeadLetters)
	}
}

// TestCells makes up a challenge, twice: the second run draws what is missing.
func TestCells(t *testing.T) {
	dir := t.TempDir()
	sets := []string{"data=" + dir, "size=32", "train=60", "external=20", "test=30", "leaks=0.3", "duplicates=0.3"}
	mustRun(t, "cells.flow", flow.Options{}, sets...)
	all := map[string]data.Labels{}
	for set, name := range map[string]string{"train": "train.csv", "external": "external.csv", "test": "solution.csv"} {
		rows, err := table.ReadLabelled(filepath.Join(dir, name), 28)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			all[r.ID] = r.Labels
		}
		if files := foldertest.Results(t, filepath.Join(dir, "raw", set)); len(files) != 4*len(rows) {
			t.Errorf("%s: %d files of %d samples", set, len(files), len(rows))
		}
	}
	leaks, err := table.ReadLabelled(filepath.Join(dir, "leak.csv"), 28)
	if err != nil || len(leaks) == 0 {
		t.Fatalf("leaks %v, %v", leaks, err)
	}
	for _, r := range leaks {
		if all[r.ID] != r.Labels {
			t.Errorf("leak %v, the solution says %v", r, all[r.ID])
		}
	}
	before := foldertest.Results(t, filepath.Join(dir, "raw", "test"))
	tables, err := os.ReadFile(filepath.Join(dir, "train.csv"))
	if err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(dir, "raw", "test", slices.Sorted(maps.Keys(before))[0])
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	again := mustRun(t, "cells.flow", flow.Options{Workers: 1}, sets...)
	if first := again.Stages[0]; first.Complete != 109 || !maps.Equal(before, foldertest.Results(t, filepath.Join(dir, "raw", "test"))) {
		t.Errorf("the second run found %d samples complete", first.Complete)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "train.csv")); err != nil || !bytes.Equal(text, tables) {
		t.Errorf("the second run made another train.csv (%v)", err)
	}
}

// A flow with all its values is a flow: planned again, it says the same.
func TestResolvedFlowsAreFlows(t *testing.T) {
	reg := &component.Registry{}
	sources.Register(reg, strings.NewReader(""))
	ops.Register(reg)
	sinks.Register(reg, io.Discard)
	names, err := configs.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		src, err := configs.Files.ReadFile(name.Name())
		if err != nil {
			t.Fatal(err)
		}
		file, faults := lang.Parse(name.Name(), src)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		plan, faults := file.Plan(nil, reg)
		if len(faults) > 0 {
			continue // it has variables that must be set
		}
		again, faults := lang.Parse(name.Name(), plan.Resolved())
		if len(faults) > 0 {
			t.Fatalf("%s resolved: %v\n%s", name.Name(), faults, plan.Resolved())
		}
		second, faults := again.Plan(nil, reg)
		if len(faults) > 0 {
			t.Fatalf("%s resolved: %v\n%s", name.Name(), faults, plan.Resolved())
		}
		if !bytes.Equal(plan.Resolved(), second.Resolved()) || len(plan.Nodes) != len(second.Nodes) || len(plan.Steps) != len(second.Steps) {
			t.Errorf("%s resolved and planned again:\n%s\nwas\n%s", name.Name(), second.Resolved(), plan.Resolved())
		}
		for i, n := range plan.Nodes {
			if m := second.Nodes[i]; n.Ref() != m.Ref() || fmt.Sprint(n.Args) != fmt.Sprint(m.Args) {
				t.Errorf("%s: %v has become %v", name.Name(), n, m)
			}
		}
	}
}

// Images that are whole when a run is stopped stay, and the next run goes on after
// them.
func TestStoppedConversion(t *testing.T) {
	input, out := t.TempDir(), t.TempDir()
	for i := range 40 {
		for _, c := range data.Colours {
			writeImage(t, input, fmt.Sprintf("%d_%s", i, c), cellImage(fmt.Sprint(i), 1, 100, 8)) // too large to be handed on by many
		}
	}
	g, err := build("rgby.flow", flow.Options{Workers: 1}, "input="+input, "output="+out)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	encoded := 0
	g.Look("encode", func(string, any) bool {
		if encoded++; encoded == 20 {
			for taken := int64(0); taken == 0; time.Sleep(time.Millisecond) {
				for _, s := range g.Stats().Stages {
					if s.Name == "rgby" {
						taken = s.In
					}
				}
			}
			stop()
		}
		return true
	})
	if err := g.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	kept := len(foldertest.Results(t, out))
	if kept == 0 || kept > 20 {
		t.Fatalf("%d images are there of 20", kept)
	}
	if stats := mustRun(t, "rgby.flow", flow.Options{}, "input="+input, "output="+out); stats.Stages[0].Complete != int64(kept) || len(foldertest.Results(t, out)) != 40 {
		t.Errorf("%d images were there, %d are not made again", kept, stats.Stages[0].Complete)
	}
}
