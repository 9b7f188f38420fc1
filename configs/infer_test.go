package configs_test

import (
	"context"
	"maps"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/predict"
	"hpaflow/flow"
)

// TestAverageAndInfer trains a little, averages and predicts; what is done is
// not done again, until the weights are others.
func TestAverageAndInfer(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 16, 8)
	run := t.TempDir()
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=8", "norm=per_image"}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+run, "epochs=3", "until=2")...)
	average := func() flow.Stats {
		t.Helper()
		return mustRun(t, "swa.flow", flow.Options{}, append(common, "run="+run, "last=2")...)
	}
	weights := filepath.Join(run, "checkpoint", "swa.2.001")
	average()
	made := foldertest.Results(t, weights)
	if again := average(); again.Stages[0].Complete != 16 || len(made) != 1 {
		t.Errorf("%d files; the second run found %d of 16 complete", len(made), again.Stages[0].Complete)
	}

	out := t.TempDir()
	infer := func(name string, more ...string) flow.Stats {
		t.Helper()
		return mustRun(t, "infer.flow", flow.Options{}, append(append(common, "weights="+weights, "split=val", "out="+filepath.Join(out, name)), more...)...)
	}
	infer("a.csv")
	infer("b.csv.zst")
	a, err := predict.Read(filepath.Join(out, "a.csv"), 28)
	if err != nil {
		t.Fatal(err)
	}
	b, err := predict.Read(filepath.Join(out, "b.csv.zst"), 28)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Rows) != 8 || !a.Labeled || len(b.Rows) != 8 {
		t.Fatalf("%d and %d rows, labelled %v", len(a.Rows), len(b.Rows), a.Labeled)
	}
	for i, r := range a.Rows {
		if s := b.Rows[i]; r.ID != s.ID || r.Labels != s.Labels || r.P[0] != s.P[0] || r.P[27] != s.P[27] {
			t.Errorf("%v plain, %v compressed", r, s)
		}
	}
	if again := infer("a.csv"); again.Stages[0].Complete != 8 {
		t.Errorf("the second run found %d of 8 complete", again.Stages[0].Complete)
	}
	before := foldertest.Results(t, out)["a.csv"]
	if other := infer("a.csv", "views=1"); other.Stages[0].Complete != 0 || foldertest.Results(t, out)["a.csv"] == before {
		t.Error("with other views the same table was kept")
	}
	if err := os.RemoveAll(weights); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+run, "epochs=3")...)
	if average(); len(foldertest.Results(t, filepath.Join(run, "checkpoint", "swa.2.002"))) != 1 {
		t.Error("no average of the later epochs")
	}
}

// TestInferShards writes probabilities as shards: all digits of what a CSV
// table has four of, the same bytes at any number of workers and after a run
// that was stopped.
func TestInferShards(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 8, 24)
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=1", "norm=per_image"}
	trained, out := t.TempDir(), t.TempDir()
	mustRun(t, "train.flow", flow.Options{}, append(common, "batch=8", "out="+trained, "epochs=1")...)
	common = append(common, "weights="+filepath.Join(trained, "checkpoint", "epoch_0000"), "split=val", "views=1")
	infer := func(o flow.Options, name string, more ...string) flow.Stats {
		t.Helper()
		return mustRun(t, "infer.flow", o, append(append(common, "out="+filepath.Join(out, name)), more...)...)
	}
	infer(flow.Options{Workers: 1}, "p.csv")
	infer(flow.Options{Workers: 1}, "p.shards")
	infer(flow.Options{Workers: 2}, "more.shards")
	want := foldertest.Results(t, filepath.Join(out, "p.shards"))
	if got := foldertest.Results(t, filepath.Join(out, "more.shards")); len(want) != 4 || !maps.Equal(got, want) {
		t.Errorf("files %v with one worker, %v with two", want, got)
	}
	text, err := predict.Read(filepath.Join(out, "p.csv"), 28)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := predict.Read(filepath.Join(out, "p.shards"), 28)
	if err != nil {
		t.Fatal(err)
	}
	longer := 0
	for i, r := range packed.Rows {
		for n, p := range r.P {
			if text.Rows[i].P[n] != math.Round(p*1e4)/1e4 {
				t.Errorf("%s: P%02d is %v in shards, %v in CSV", r.ID, n, p, text.Rows[i].P[n])
			}
			if p != text.Rows[i].P[n] {
				longer++
			}
		}
		if r.ID != text.Rows[i].ID || r.Labels != text.Rows[i].Labels || r.Split != "val" {
			t.Errorf("%v in shards, %v in CSV", r, text.Rows[i])
		}
	}
	if len(packed.Rows) != 24 || longer == 0 {
		t.Errorf("%d rows of shards; %d probabilities have more digits than CSV's", len(packed.Rows), longer)
	}
	if again := infer(flow.Options{}, "p.shards"); again.Stages[0].Complete != 24 {
		t.Errorf("the second run found %d of 24 complete", again.Stages[0].Complete)
	}

	stopped := filepath.Join(out, "stopped.shards")
	for try := 0; !stops(t, append(common, "out="+stopped)...); try++ {
		if try == 50 {
			t.Fatal("every run had ended before it was stopped")
		}
		if err := os.RemoveAll(stopped); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(out, "stopped.shards")); err == nil {
		t.Error("a run that was stopped left a table")
	}
	if n := infer(flow.Options{}, "stopped.shards").Stages[0].Complete; n == 0 || n%8 != 0 {
		t.Errorf("goes on after %d samples, want those of whole shards of 8", n)
	}
	if got := foldertest.Results(t, filepath.Join(out, "stopped.shards")); !maps.Equal(got, want) {
		t.Errorf("files %v after a stop, want %v", got, want)
	}
	infer(flow.Options{}, "stopped.shards", "size=40")
	if got := foldertest.Results(t, filepath.Join(out, "stopped.shards")); len(got) != 4 || maps.Equal(got, want) {
		t.Error("with another size the same shards were kept")
	}
}

// stops runs infer.flow and stops it once its sink has had ten samples, and
// says whether it came in time.
func stops(t *testing.T, sets ...string) bool {
	t.Helper()
	g, err := build("infer.flow", flow.Options{}, sets...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for stages := g.Stats().Stages; stages[len(stages)-1].In < 10 && ctx.Err() == nil; stages = g.Stats().Stages {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	return g.Run(ctx) != nil
}
