package configs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/metrics"
	"hpaflow/data/tfevents"
	"hpaflow/flow"
	"hpaflow/models/checkpoint"
	"hpaflow/models/cpu"
)

// notesOf runs a config and gives what its stages said.
func notesOf(t *testing.T, config string, sets ...string) (string, error) {
	t.Helper()
	g, err := build(config, flow.Options{}, sets...)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	g.Notify(flow.Events{Noted: func(_, text string) { notes = append(notes, text) }})
	err = g.Run(context.Background())
	return strings.Join(notes, "\n"), err
}

// TestTrainGoesOnWithTheSameOnly: another table, images, policy or normalisation
// than a run began with are refused by name, also when it is complete; the same
// contents under other names and times are the same.
func TestTrainGoesOnWithTheSameOnly(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 6, 4)
	out := t.TempDir()
	mustRun(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+out, "size=32", "batch=2", "epochs=2", "until=1")

	other := func(change func(dir string)) string {
		dir := copyTree(t, images)
		change(dir)
		return dir
	}
	swapped := other(func(dir string) {
		a, b := filepath.Join(dir, "2_000.png"), filepath.Join(dir, "2_001.png")
		for _, move := range [][2]string{{a, dir + "/x"}, {b, a}, {dir + "/x", b}} {
			if err := os.Rename(move[0], move[1]); err != nil {
				t.Fatal(err)
			}
		}
	})
	val := other(func(dir string) {
		if err := os.WriteFile(filepath.Join(dir, "2_008.png"), mustRead(t, filepath.Join(dir, "2_009.png")), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	relabelled := rowsOf(t, split)
	relabelled[0].Labels = data.LabelsOf(7)
	longer := rowsOf(t, split)
	for _, c := range []struct {
		name string
		sets []string
		want []string
	}{
		{"a label corrected", []string{"table=" + writeTable(t, relabelled...)}, []string{"train table: was 6 rows of digest", "and is 6 rows of digest"}},
		{"a row less", []string{"table=" + writeTable(t, longer[1:]...)}, []string{"train table: was 6 rows of digest", "and is 5 rows of digest", "train images: was 6 images of digest", "and is 5 images of digest"}},
		{"other images under the same names", []string{"images=" + swapped}, []string{"train images: was 6 images of digest"}},
		{"another image of val", []string{"images=" + val}, []string{"val images: was 4 images of digest"}},
		{"norm", []string{"norm=per_image"}, []string{"train norm: was fixed, and is per_image"}},
		{"policy", []string{"policy=best"}, []string{"train policy: was none, and is 25 pairs of digest"}},
	} {
		for _, until := range []string{"until=2", "until=1"} {
			sets := append([]string{"images=" + images, "table=" + split, "out=" + out, "size=32", "batch=2", "epochs=2", until}, c.sets...)
			_, err := build("train.flow", flow.Options{}, sets...)
			saysAll(t, c.name, err, append(c.want, `sink "checkpoint"`, "epoch_0000", "it is of another run")...)
		}
	}
	// A run that keeps what was made before goes on with what has changed, and says
	// so; other settings it does not.
	kept := copyTree(t, out)
	keep := []string{"images=" + swapped, "table=" + split, "out=" + kept, "size=32", "batch=2", "epochs=2"}
	_, err := buildWith("train.flow", func(o *flow.Options) { o.Changed = flow.ChangedKeep }, append(keep, "accumulate=2")...)
	saysAll(t, "other settings, kept", err, "it is of another run", "accumulate")
	_, said, err := changed(t, flow.ChangedKeep, "train.flow", keep...)
	if err != nil || !strings.Contains(said, "with what was changed since: train images: was 6 images of digest") {
		t.Errorf("kept: %s, %v", said, err)
	}
	// Copied elsewhere, at another time, they are what they were.
	same := []string{"images=" + copyTree(t, images), "table=" + writeTable(t, rowsOf(t, split)...), "out=" + out, "size=32", "batch=2", "epochs=2"}
	mustRun(t, "train.flow", flow.Options{}, same...)

	var facts struct {
		Instructions []string
		Data         map[string]string
	}
	if err := json.Unmarshal(mustRead(t, filepath.Join(out, "run.json")), &facts); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(facts.Instructions, []string{cpu.Instructions()}) || facts.Data["train norm"] != "fixed" || len(facts.Data) != 7 {
		t.Errorf("run.json says %+v", facts)
	}
	// A checkpoint of an earlier version says nothing of it, which is told; and
	// one that was computed with other instructions is gone on with.
	path := filepath.Join(out, "checkpoint", "epoch_0001")
	c, err := checkpoint.LoadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Position.Settings.Data, c.Position.Instructions = nil, []string{"abacus"}
	if err := checkpoint.SaveCheckpoint(path, c); err != nil {
		t.Fatal(err)
	}
	notes, err := notesOf(t, "train.flow", append(same, "epochs=3")...)
	if err != nil || !strings.Contains(notes, "does not say what was trained on") || !strings.Contains(notes, "computed on abacus, and goes on on "+cpu.Instructions()) {
		t.Errorf("notes %q, %v", notes, err)
	}
	if p := lastPosition(t, out); !slices.Equal(p.Instructions, []string{"abacus", cpu.Instructions()}) || len(p.Settings.Data) != 7 {
		t.Errorf("the last checkpoint says %v, %v", p.Instructions, p.Settings.Data)
	}
}

// TestGoingOnNeedsNoInit: what a run began from is of no use to it later.
func TestGoingOnNeedsNoInit(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	first, second := t.TempDir(), t.TempDir()
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=2", "epochs=2"}
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+first, "until=1")...)
	sets := append(common, "out="+second, "init="+first)
	mustRun(t, "train.flow", flow.Options{}, append(sets, "until=1")...)
	if err := os.RemoveAll(first); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "train.flow", flow.Options{}, sets...)
	_, err := build("train.flow", flow.Options{}, append(sets, "out="+t.TempDir())...)
	saysAll(t, "a run that begins", err, `op "train" "step"`, "init: weights:", first)
}

// TestPrunedRunsAreLeftAlone: people remove the training state of a run and put
// files of their own beside its weights; nothing of that is removed or trained
// over, and averaging takes the weights.
func TestPrunedRunsAreLeftAlone(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	out := t.TempDir()
	common := []string{"images=" + images, "table=" + split, "size=32", "batch=2"}
	train := append(common, "out="+out, "epochs=3")
	mustRun(t, "train.flow", flow.Options{}, train...)
	at := func(name ...string) string {
		return filepath.Join(append([]string{out, "checkpoint"}, name...)...)
	}
	remove := func(names ...string) {
		for _, name := range names {
			if err := os.Remove(at(name, "training.safetensors")); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove("epoch_0000", "epoch_0001")
	if err := os.MkdirAll(at("epoch_0009"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"epoch_0009/weights.safetensors", "epoch_0002/notes.txt"} {
		if err := os.WriteFile(at(name), []byte("of a person"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := treeDigests(t, at())
	notes, err := notesOf(t, "train.flow", train...)
	if err != nil || !strings.Contains(notes, "left as they are, for they lack training state: epoch_0000, epoch_0001, epoch_0009") {
		t.Errorf("notes %q, %v", notes, err)
	}
	if after := treeDigests(t, at()); !maps.Equal(before, after) {
		t.Errorf("a run with nothing to do left %v of %v", after, before)
	}
	// An epoch that is no longer needed goes, and a person's file in it stays.
	mustRun(t, "train.flow", flow.Options{}, append(common, "out="+out, "epochs=5", "keep=1")...)
	if _, err := os.Stat(at("epoch_0002", "weights.safetensors")); err == nil {
		t.Error("keep = 1 has kept epoch 2")
	}
	if text := mustRead(t, at("epoch_0002", "notes.txt")); string(text) != "of a person" {
		t.Errorf("the person's file holds %q", text)
	}
	// Without any training state the run is refused, and its weights are averaged.
	remove("epoch_0004")
	_, err = build("train.flow", flow.Options{}, append(common, "out="+out, "epochs=5", "keep=1")...)
	saysAll(t, "a pruned run", err, `sink "checkpoint"`, "there are the weights of epoch_0000, epoch_0001, epoch_0004, without the training state", "training would write over them")
	mustRun(t, "swa.flow", flow.Options{}, append(common, "run="+out, "last=2", "epoch_end=1")...)
	if _, err := checkpoint.LoadWeights(at("swa.2.001")); err != nil {
		t.Error(err)
	}
}

// treeDigests are the digests of all files below a folder.
func treeDigests(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all[strings.TrimPrefix(path, dir+"/")] = fmt.Sprintf("%x", sha256.Sum256(mustRead(t, path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDamagedCheckpoint: a flipped bit, of weights, moments or position, is
// found; the run says which checkpoint before is whole, goes on from it when it
// is told to, and by the same command after that from where it is.
func TestDamagedCheckpoint(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	whole, out := t.TempDir(), t.TempDir()
	train := []string{"images=" + images, "table=" + split, "size=32", "batch=2", "epochs=3"}
	mustRun(t, "train.flow", flow.Options{}, append(train, "out="+whole)...)
	mustRun(t, "train.flow", flow.Options{}, append(train, "out="+out)...)
	file := func(epoch int, name string) string {
		return filepath.Join(checkpoint.EpochDir(filepath.Join(out, "checkpoint"), epoch), name)
	}
	flip := func(path string, find func([]byte) int) {
		t.Helper()
		b := mustRead(t, path)
		b[find(b)] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	last := func(b []byte) int { return len(b) - 2 }
	flip(file(1, "weights.safetensors"), last)
	for _, find := range []func([]byte) int{last, func(b []byte) int { return bytes.Index(b, []byte("optimizer_steps")) + 18 }} {
		flip(file(2, "training.safetensors"), find)
		_, err := build("train.flow", flow.Options{}, append(train, "out="+out)...)
		saysAll(t, "the last damaged", err, `sink "checkpoint"`, file(2, "training.safetensors"), "epoch_0000 before it is whole: --set resume=epoch_0000 goes on from there")
		flip(file(2, "training.safetensors"), find)
	}
	flip(file(2, "training.safetensors"), last)
	_, err := build("train.flow", flow.Options{}, append(train, "out="+out, "resume=epoch_0007")...)
	saysAll(t, "no such checkpoint", err, `has no checkpoint "epoch_0007" to go on from; there is epoch_0000, epoch_0001, epoch_0002`)

	again := append(train, "out="+out, "resume=epoch_0000")
	mustRun(t, "train.flow", flow.Options{}, append(again, "until=2")...)
	if _, err := os.Stat(file(2, "weights.safetensors")); err == nil {
		t.Error("what is trained anew is there still")
	}
	if p := lastPosition(t, out); p.Epoch != 2 {
		t.Errorf("it stands after %d epochs", p.Epoch)
	}
	mustRun(t, "train.flow", flow.Options{}, again...)
	stats := mustRun(t, "train.flow", flow.Options{}, again...)
	for _, st := range stats.Stages {
		if st.Name == "step" && st.In != 0 {
			t.Errorf("the same command trained on %d batches again", st.In)
		}
	}
	want, got := treeDigests(t, whole), treeDigests(t, out)
	for _, name := range []string{"metrics.csv", "checkpoint/epoch_0002/weights.safetensors", "checkpoint/best/weights.safetensors"} {
		if want[name] == "" || want[name] != got[name] {
			t.Errorf("%s is another than that of a run without damage", name)
		}
	}
}

// TestEpochsAreOnceInTheEvents: an epoch whose checkpoint was not written, for
// the disk was full, is trained to its end once more from inside of it.
func TestEpochsAreOnceInTheEvents(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	out := t.TempDir()
	train := []string{"images=" + images, "table=" + split, "size=32", "batch=2", "epochs=2", "out=" + out, "save_every=1ns"}
	mustRun(t, "train.flow", flow.Options{}, train...)
	dir := filepath.Join(out, "checkpoint")
	c, err := checkpoint.LoadCheckpoint(checkpoint.EpochDir(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	// A checkpoint at the last step of the epoch, which is not done.
	mustRun(t, "train.flow", flow.Options{}, append(train, "resume=epoch_0000", "out="+out)...)
	inside := *c
	inside.Position.Epoch, inside.Position.Records = 1, 4
	inside.Position.History = c.Position.History[:1]
	inside.Position.Schedule.Epoch = 1
	inside.Position.Scores = metrics.NewEpoch(28)
	if err := inside.Position.Scores.Add(make([]float32, 28), make([]float32, 28), .5); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.RemoveCheckpoint(checkpoint.EpochDir(dir, 1)); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.SaveCheckpoint(checkpoint.StepDir(dir, inside.Position), &inside); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "train.flow", flow.Options{}, train...)
	_, placed := tfevents.Read(mustRead(t, filepath.Join(out, "tensorboard", "events.out.tfevents.hpaflow")))
	var epochs []float64
	for _, e := range placed {
		for _, s := range e.Scalars {
			if s.Tag == "epoch" {
				epochs = append(epochs, s.Value)
			}
		}
	}
	if !slices.Equal(epochs, []float64{0, 1}) {
		t.Errorf("the event file has the epochs %v", epochs)
	}
}

// TestRefusedTrainingTouchesNothing: a second run on a folder is refused before
// it opens any file of the first.
func TestRefusedTrainingTouchesNothing(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	out := t.TempDir()
	train := []string{"images=" + images, "table=" + split, "size=32", "batch=2", "epochs=1", "out=" + out}
	g, err := build("train.flow", flow.Options{}, train...)
	if err != nil {
		t.Fatal(err)
	}
	events := filepath.Join(out, "tensorboard", "events.out.tfevents.hpaflow")
	for _, dir := range []string{filepath.Dir(events), filepath.Join(out, "checkpoint")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(events, []byte("of the first run"), 0o600); err != nil {
		t.Fatal(err)
	}
	unlock, err := atomicfile.Lock(filepath.Join(out, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	saysAll(t, "a second run", g.Run(context.Background()), "another run is writing to")
	if text := mustRead(t, events); string(text) != "of the first run" {
		t.Errorf("the events hold %q", text)
	}
}
