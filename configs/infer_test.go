package configs_test

import (
	"os"
	"path/filepath"
	"testing"

	"hpaflow/data/predictions"
	"hpaflow/flow"
)

// TestAverageAndInfer trains a little, averages and predicts; what is done is
// not done again, until the weights are others.
func TestAverageAndInfer(t *testing.T) {
	images, split := drawTrainingSet(t, 16, 8)
	run := t.TempDir()
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=8", "norm=per_image"}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+run, "epochs=3", "until=2")...)
	average := func() flow.Stats {
		t.Helper()
		return mustRun(t, "swa.flow", flow.Options{}, append(common, "run="+run, "last=2")...)
	}
	weights := filepath.Join(run, "checkpoint", "swa.2.001")
	average()
	made := digests(t, weights)
	if again := average(); again.Stages[0].Complete != 16 || len(made) != 2 {
		t.Errorf("files %v; the second run found %d of 16 complete", made, again.Stages[0].Complete)
	}

	out := t.TempDir()
	infer := func(name string, more ...string) flow.Stats {
		t.Helper()
		return mustRun(t, "infer.flow", flow.Options{}, append(append(common, "weights="+weights, "split=val", "out="+filepath.Join(out, name)), more...)...)
	}
	infer("a.csv")
	infer("b.csv.zst")
	a, err := predictions.Read(filepath.Join(out, "a.csv"), 28)
	if err != nil {
		t.Fatal(err)
	}
	b, err := predictions.Read(filepath.Join(out, "b.csv.zst"), 28)
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
	before := digests(t, out)["a.csv"]
	if other := infer("a.csv", "views=1"); other.Stages[0].Complete != 0 || digests(t, out)["a.csv"] == before {
		t.Error("with other views the same table was kept")
	}
	if err := os.RemoveAll(weights); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+run, "epochs=3")...)
	if average(); len(digests(t, filepath.Join(run, "checkpoint", "swa.2.002"))) != 2 {
		t.Error("no average of the later epochs")
	}
}
