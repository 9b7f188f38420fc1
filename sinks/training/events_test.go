package training

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data"
	"hpaflow/data/metrics"
	"hpaflow/data/tfevents"
	"hpaflow/flow"
	"hpaflow/models/checkpoint"
)

// An epoch's pictures and curves stand in its event, and stay when a run goes on
// after it.
func TestEpochIsIllustrated(t *testing.T) {
	dir := t.TempDir()
	curves := metrics.NewCurves(2, 5)
	curves.Add([]float32{.9, .2}, []float32{1, 0})
	sample := &data.Sample{ID: "cell 7", Labels: data.LabelsOf(0), Labeled: true}
	p := &checkpoint.Progress{
		Epoch: 0, Step: 10, Scores: &checkpoint.EpochScores{Step: 10, Train: metrics.Result{F1: make([]float64, 2)}}, Curves: curves,
		Examples: []checkpoint.Mistake{{Sample: sample, Probabilities: []float32{.9, .2}, Thumb: data.NewImage(8, 8, 4, 8)}},
	}
	for range 2 {
		g := flow.New(flow.Options{})
		if _, err := os.Stat(filepath.Join(dir, eventFile)); err == nil {
			c := &checkpoint.Checkpoint{Position: checkpoint.Position{Epoch: 1, Step: 10, History: []checkpoint.EpochScores{*p.Scores}}}
			if err := g.ResumeFrom(flow.Resume{Epochs: 1, State: c}); err != nil {
				t.Fatal(err)
			}
		}
		s := &events{dir: dir, graph: g}
		if err := s.Open(context.Background()); err != nil {
			t.Fatal(err)
		}
		if g.Resume().State == nil {
			if err := s.Write(context.Background(), flow.Record[*checkpoint.Progress]{Value: p}); err != nil {
				t.Fatal(err)
			}
			s.shown.Wait(t.Context(), 0) // whoever saves the epoch waits for this
		}
		if err := s.Commit(context.Background()); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, eventFile))
		if err != nil {
			t.Fatal(err)
		}
		if _, placed := tfevents.Read(b); len(placed) != 1 || placed[0].End != int64(len(b)) {
			t.Fatalf("the file has %d events", len(placed))
		}
		for _, tag := range []string{"val_samples/cell 7", "\x89PNG", "val_pr/all labels", "val_pr/00", "val_pr/01", "pr_curves"} {
			if !bytes.Contains(b, []byte(tag)) {
				t.Errorf("the file lacks %q", tag)
			}
		}
	}
}

// A run that goes on inside an epoch whose scores an earlier one has written,
// but not its checkpoint, writes them once.
func TestEpochIsWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	scores := func(epoch int) *checkpoint.EpochScores {
		return &checkpoint.EpochScores{Epoch: epoch, Step: int64(10 * (epoch + 1)), Train: metrics.Result{F1: make([]float64, 2)}}
	}
	run := func(c *checkpoint.Checkpoint, epochs ...int) {
		t.Helper()
		g := flow.New(flow.Options{})
		if c != nil {
			if err := g.ResumeFrom(flow.Resume{Epochs: c.Position.Epoch, State: c}); err != nil {
				t.Fatal(err)
			}
		}
		s := &events{dir: dir, graph: g}
		if err := s.Open(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, n := range epochs {
			p := &checkpoint.Progress{Epoch: n, Step: int64(10 * (n + 1)), Scores: scores(n)}
			if err := s.Write(context.Background(), flow.Record[*checkpoint.Progress]{Value: p}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Commit(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	written := func() (epochs []int) {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, eventFile))
		if err != nil {
			t.Fatal(err)
		}
		_, placed := tfevents.Read(b)
		for _, e := range placed {
			if n, ends := epochOf(e); ends {
				epochs = append(epochs, n)
			}
		}
		return epochs
	}
	run(nil, 0, 1)
	// The checkpoint is of the last step of epoch 1, before that had ended.
	within := &checkpoint.Checkpoint{Position: checkpoint.Position{Epoch: 1, Step: 20, Records: 80, History: []checkpoint.EpochScores{*scores(0)}}}
	run(within)
	if got := written(); len(got) != 1 || got[0] != 0 {
		t.Errorf("gone on with inside epoch 1, the file has the epochs %v", got)
	}
	run(within, 1, 2)
	if got := written(); len(got) != 3 || got[1] != 1 || got[2] != 2 {
		t.Errorf("the file has the epochs %v, want each once", got)
	}
}
