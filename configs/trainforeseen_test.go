package configs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/predict"
	"hpaflow/data/shards"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
	"hpaflow/models/statedict"
)

// writeTable writes rows to a file of its own.
func writeTable(t *testing.T, rows ...table.Row) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := table.Write(path, rows); err != nil {
		t.Fatal(err)
	}
	return path
}

// rowsOf reads a table back, to be changed.
func rowsOf(t *testing.T, path string) []table.Row {
	t.Helper()
	rows, err := table.Read(path, 28)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// saysAll fails unless an error says all of some words.
func saysAll(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: there is no error", what)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %q does not say %q", what, err, word)
		}
	}
}

// TestTrainKnowsBefore: what a run of train, swa or infer would find out in the
// middle is refused before it has touched anything.
func TestTrainKnowsBefore(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 6, 4)
	rows := rowsOf(t, split)
	packed := t.TempDir()
	mustRun(t, "rgby-shards.flow", flow.Options{}, "input=example", "output="+packed)
	trained := t.TempDir()
	mustRun(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+trained, "size=32", "batch=2", "epochs=1")

	lacking := writeTable(t, append(rows, table.Row{ID: "no_1", Labeled: true, Split: "train"}, table.Row{ID: "no_2", Labeled: true, Split: "train"})...)
	unlabelled := filepath.Join(t.TempDir(), "unlabelled.csv")
	if err := os.WriteFile(unlabelled, []byte("Id,Split\n2_006,val\n2_007,val\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	three := writeTable(t, rows[:3]...)
	for _, c := range []struct {
		name, flow string
		sets       []string
		want       []string
	}{
		{"rows without images", "train.flow", []string{"table=" + lacking}, []string{`source "samples" "train"`, lacking, "of 8 rows, 2 have no image in " + images, "2 Ids (no_1, no_2)"}},
		{"rows without images in several folders", "train.flow", []string{"images=" + images + "," + packed, "table=" + lacking}, []string{"2 have no image in " + images + ", nor in " + packed}},
		{"rows that shards lack", "infer.flow", []string{"images=" + packed, "split=val", "weights=" + trained}, []string{`source "samples"`, "of 4 rows, 4 have no image in " + packed, "2_006"}},
		{"rows without labels", "train.flow", []string{"val_table=" + unlabelled}, []string{`op "train" "step"`, unlabelled, "the rows of val have no labels: 2 Ids (2_006, 2_007)"}},
		{"one value a channel", "train.flow", []string{"batch=1"}, []string{`op "train" "step"`, "a batch of 1 sample of 32x32 leaves one value a channel"}},
		{"one value a channel at the end of a pass", "swa.flow", []string{"table=" + three, "last=1", "run=" + trained}, []string{`op "average"`, "of 2 batches, the last has 1 sample", "leaves one value a channel"}},
		{"weights of another network to predict with", "infer.flow", []string{"split=val", "weights=" + trained, "model=resnet34"},
			[]string{`op "predict"`, "is of another network than resnet34", "tensor layer1.2.conv1.weight is missing", "more"}},
		{"weights of other labels to predict with", "infer.flow", []string{"split=val", "weights=" + trained, "classes=27"}, []string{"last_linear.weight has shape [28 512], want [27 512]"}},
		{"a run of another network to average", "swa.flow", []string{"last=1", "run=" + trained, "model=resnet34"}, []string{`op "average"`, "is of another network than resnet34"}},
		{"another normalisation to predict with", "infer.flow", []string{"split=val", "weights=" + trained, "norm=per_image"},
			[]string{`op "predict"`, trained + " was trained with norm = fixed, not with per_image"}},
		{"another normalisation to average with", "swa.flow", []string{"last=1", "run=" + trained, "norm=per_image"}, []string{`op "average"`, "epoch_0000 was trained with norm = fixed, not with per_image"}},
		{"images that are too small", "infer.flow", []string{"split=val", "weights=" + trained, "model=inception_v3"}, []string{"images of 32x32 are too small for inception_v3"}},
		{"more epochs to average than there are", "swa.flow", []string{"run=" + trained}, []string{"10 are to be averaged up to epoch 0, counted from 0, and a run has no more than 1 by then"}},
		{"Ids that shards have no place for", "infer.flow", []string{"split=", "weights=" + trained, "images=" + dotted(t, images), "table=" + writeTable(t, table.Row{ID: "2.0"}), "out=" + filepath.Join(t.TempDir(), "p.shards")},
			[]string{`sink "predictions"`, `"2.0" cannot be a key in a shard`, "write NAME.csv"}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			out := t.TempDir()
			sets := []string{"images=" + images, "table=" + split, "size=32", "batch=2"}
			switch c.flow {
			case "train.flow":
				sets = append(sets, "out="+out)
			case "infer.flow":
				sets = append(sets, "out="+filepath.Join(out, "p.csv"))
			}
			_, err := build(c.flow, flow.Options{}, append(sets, c.sets...)...)
			saysAll(t, c.name, err, append(c.want, c.flow+":")...)
			if entries, _ := os.ReadDir(out); len(entries) > 0 {
				t.Errorf("there is %v", entries)
			}
		})
	}
	// Where a bad record is no end of the run, it is none here.
	text, err := os.ReadFile("infer.flow")
	if err != nil {
		t.Fatal(err)
	}
	lenient := filepath.Join(t.TempDir(), "infer.flow")
	if err := os.WriteFile(lenient, []byte(strings.Replace(string(text), `on_error = "fail"`, `on_error = "skip"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	stats := mustRun(t, lenient, flow.Options{}, "images="+images, "table="+lacking, "split=train", "weights="+trained, "size=32", "batch=2", "out="+filepath.Join(t.TempDir(), "p.csv"))
	if stats.DeadLetters != 2 {
		t.Errorf("%d dead letters, want 2", stats.DeadLetters)
	}
}

// dotted is a folder with the first image under an Id with a dot.
func dotted(t *testing.T, images string) string {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(filepath.Join(images, "2_000.png"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "2.0.png"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestWhatAccumulateLeaves: three batches by two are two steps, so that an epoch
// ends with nothing pending; by more than there are they are one, which is said.
func TestWhatAccumulateLeaves(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 6, 4)
	for accumulate, want := range map[int]int64{1: 6, 2: 4, 3: 2, 100: 2} {
		out := t.TempDir()
		notes, err := notesOf(t, "train.flow", "images="+images, "table="+split, "out="+out, "size=32", "batch=2", "epochs=2", fmt.Sprint("accumulate=", accumulate))
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Contains(notes, "accumulate is 100, but an epoch has 3 batches: each is one step of these"); said != (accumulate == 100) {
			t.Errorf("accumulate %d: notes %q", accumulate, notes)
		}
		c, err := checkpoint.LoadCheckpoint(filepath.Join(out, "checkpoint", "epoch_0001"))
		if err != nil {
			t.Fatal(err)
		}
		if c.State.Steps != want || c.State.Pending != 0 {
			t.Errorf("accumulate %d: %d steps, %d batches pending; want %d, 0", accumulate, c.State.Steps, c.State.Pending, want)
		}
	}
}

// TestDivergedTrainingSaysWhere: a loss that is no number ends the run with its
// place and the last good checkpoint, and so does the same command again.
func TestDivergedTrainingSaysWhere(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 4)
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=4", "optimizer=sgd", "epochs=4"}
	none := t.TempDir()
	for range 2 {
		_, err := run(t, "train.flow", flow.Options{}, append(common, "out="+none, "lr=1000")...)
		saysAll(t, "from the start", err, "training has diverged", "is no finite number", "in epoch 0", "at step 1", "learning rate 1000", "no checkpoint is saved")
		if !errors.Is(err, models.ErrDiverged) {
			t.Errorf("error %v is not ErrDiverged", err)
		}
	}
	// The rate rises to what it cannot bear after an epoch that went well.
	late := t.TempDir()
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+late, "lr=1e-3", "until=1")...)
	good := filepath.Join(late, "checkpoint", "epoch_0000")
	c, err := checkpoint.LoadCheckpoint(good)
	if err != nil {
		t.Fatal(err)
	}
	c.Position.Schedule.LR = 1e9
	if err := checkpoint.SaveCheckpoint(good, c); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = run(t, "train.flow", flow.Options{}, append(common, "out="+late, "lr=1e-3")...)
		saysAll(t, "later", err, "training has diverged", "in epoch 1", "learning rate 1e+09", "the last good checkpoint is "+good)
	}
	list, err := checkpoint.Checkpoints(filepath.Join(late, "checkpoint"))
	if err != nil || len(list) != 1 {
		t.Errorf("checkpoints %v, %v", list, err)
	}
}

// TestHeadsAndRunsAreFound: weights under torchvision's name for the head are
// taken by shape, and a run's folder means its best epoch.
func TestHeadsAndRunsAreFound(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 6, 4)
	trained, out := t.TempDir(), t.TempDir()
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=2"}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+trained, "epochs=1")...)
	weights, err := checkpoint.LoadWeights(trained)
	if err != nil {
		t.Fatal(err)
	}
	for i := range weights {
		weights[i].Name = "module.model." + strings.Replace(weights[i].Name, "last_linear", "fc", 1)
	}
	other := filepath.Join(t.TempDir(), "torchvision.safetensors")
	f, err := os.Create(other)
	if err == nil {
		err = errors.Join(statedict.Write(f, weights, nil), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	infer := func(name, weights string) flow.Stats {
		t.Helper()
		return mustRun(t, "infer.flow", flow.Options{}, append(common, "split=val", "weights="+weights, "out="+filepath.Join(out, name))...)
	}
	infer("best.csv", filepath.Join(trained, "checkpoint", "best"))
	infer("run.csv", trained)
	infer("other.csv", other)
	made := foldertest.Results(t, out)
	if made["best.csv"] != made["run.csv"] || made["best.csv"] != made["other.csv"] {
		t.Errorf("the same weights gave different tables")
	}
	// Another best epoch is seen below the run's folder.
	if again := infer("run.csv", trained); again.Stages[0].Complete != 4 {
		t.Errorf("the second run found %d of 4 complete", again.Stages[0].Complete)
	}
	weights[0].Data[0]++
	for i := range weights {
		weights[i].Name = strings.TrimPrefix(weights[i].Name, "module.model.")
	}
	if err := os.RemoveAll(filepath.Join(trained, "checkpoint", "best")); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.SaveWeights(filepath.Join(trained, "checkpoint", "best"), weights, checkpoint.Inputs{}); err != nil {
		t.Fatal(err)
	}
	if again := infer("run.csv", trained); again.Stages[0].Complete != 0 {
		t.Error("with another best epoch the same table was kept")
	}
}

// TestLabelsOfOnesOwn: labels are called as a file says, or by number, through
// training, prediction and submission.
func TestLabelsOfOnesOwn(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 6, 4)
	rows := rowsOf(t, split)
	for i := range rows {
		rows[i].Labels = data.LabelsOf(i % 3)
	}
	split = writeTable(t, rows...)
	names := filepath.Join(t.TempDir(), "labels.txt")
	if err := os.WriteFile(names, []byte("\ufeffnone\r\nfew\r\nmany\r\nall\r\nodd\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	trained, out := t.TempDir(), t.TempDir()
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=2", "classes=5"}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+trained, "epochs=1", "labels="+names)...)
	if event := string(mustRead(t, filepath.Join(trained, "tensorboard", "events.out.tfevents.hpaflow"))); !strings.Contains(event, "val_f1/00 none") {
		t.Error("the events do not call the first label none")
	}
	for _, c := range []struct {
		labels, first string
	}{{"", "label 0"}, {names, "none"}} {
		test, testVal := filepath.Join(out, "test.shards"), filepath.Join(out, "test_val.shards")
		mustRun(t, "infer.flow", flow.Options{}, append(common, "split=val", "weights="+trained, "out="+testVal, "labels="+c.labels)...)
		mustRun(t, "infer.flow", flow.Options{}, append(common, "split=val", "weights="+trained, "out="+test, "labels="+c.labels)...)
		kept, err := predict.LabelNames(test, 5)
		if err != nil || (c.labels == "") != (kept == nil) || kept.Of(0) != c.first {
			t.Errorf("labels %q: the shards keep %q, %v", c.labels, kept, err)
		}
		mustRun(t, "submit.flow", flow.Options{}, "test_val="+testVal, "test="+test, "out="+out, "classes=5", "labels="+c.labels)
		if thresholds := readCSV(t, filepath.Join(out, "thresholds.csv")); len(thresholds) != 5 || thresholds[0][1] != c.first {
			t.Errorf("labels %q: thresholds %v", c.labels, thresholds)
		}
	}
}

// TestSubmitRefusesOtherNetworks: two tables to choose thresholds on, and one to
// use them for.
func TestSubmitRefusesOtherNetworks(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, labelled bool) string {
		path := filepath.Join(dir, name)
		if err := predict.Write(path, submitTable("network", name[:1], 10, 50, labelled)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b, test := write("v_a.csv", true), write("v_b.csv", true), write("t.csv", false)
	_, err := build("submit.flow", flow.Options{}, "test_val="+a+","+b, "test="+test)
	saysAll(t, "two and one", err, "submit.flow:", `op "decide"`, "the mean of 2 tables ("+a+", "+b+")", "that of 1 ("+test+")")
	_, err = build("submit.flow", flow.Options{}, "test_val="+test, "test="+test)
	saysAll(t, "without labels", err, "submit.flow:", `op "threshold"`, test+" has no labels")
}

// TestKeysOfShards holds the check before a run to what shards refuse in it.
func TestKeysOfShards(t *testing.T) {
	for _, key := range []string{"a", "2_000", "2.0", "a/b", ""} {
		_, err := shards.EncodePrediction(&data.Prediction{ID: key, P: []float64{.5}})
		if refused := shards.CheckKey(key) != nil; refused != (err != nil) {
			t.Errorf("%q: refused before is %v, in the run %v", key, refused, err)
		}
	}
}

// Samples are drawn from a window of shards, and of nothing else. The word may
// be written with quotes or without where it is true or false.
func TestShuffleSaysWhatItTakes(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 6, 4)
	sets := []string{"images=" + images, "table=" + split, "size=32", "batch=2", "epochs=1"}
	_, err := build("train.flow", flow.Options{}, append(sets, "shuffle=window", "out="+t.TempDir())...)
	saysAll(t, "a window of images", err, "a window is of shards", "rgby-shards.flow")
	_, err = build("train.flow", flow.Options{}, append(sets, "shuffle=yes", "out="+t.TempDir())...)
	saysAll(t, "another word", err, `"yes" is none of false, true, window`)
	text := string(mustRead(t, "train.flow"))
	for _, word := range []string{"true", "false"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "mine.flow")
		if err := os.WriteFile(path, []byte(strings.Replace(strings.Replace(text, "= var.shuffle", "= "+word, 1), `variable "shuffle"`, `variable "unused"`, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := build(path, flow.Options{}, append(sets, "out="+t.TempDir())...)
		if err != nil && strings.Contains(err.Error(), "shuffle") {
			t.Errorf("shuffle = %s: %v", word, err)
		}
	}
}
