package configs_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/codec"
	"hpaflow/data/table"
	"hpaflow/data/tfevents"
	"hpaflow/flow"
	"hpaflow/models/checkpoint"
)

// fullDisk is a file system that has room for so many more bytes.
type fullDisk struct {
	atomicfile.FS
	room atomic.Int64
}

func (d *fullDisk) Create(path string) (atomicfile.Handle, error) {
	h, err := d.FS.Create(path)
	return &fullFile{h, d}, err
}

type fullFile struct {
	atomicfile.Handle
	disk *fullDisk
}

func (f *fullFile) Write(b []byte) (int, error) {
	if f.disk.room.Add(-int64(len(b))) < 0 {
		return 0, &os.PathError{Op: "write", Path: "file", Err: syscall.ENOSPC}
	}
	return f.Handle.Write(b)
}

// TestTrainOnAFullDisk fills the disk at one place after another of a run,
// makes room and goes on, and compares the end with an undisturbed run's.
func TestTrainOnAFullDisk(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 6, 4)
	train := func(out, saveEvery string) error {
		_, err := run(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+out, "size=32", "batch=2",
			"epochs=2", "optimizer=sgd", "save_every="+saveEvery)
		return err
	}
	whole, disturbed := t.TempDir(), t.TempDir()
	if err := train(whole, "0s"); err != nil {
		t.Fatal(err)
	}
	disk := &fullDisk{FS: atomicfile.OS}
	atomicfile.OS = disk
	defer func() { atomicfile.OS = disk.FS }()
	full := 0
	for room := int64(30 << 20); ; room += 100 << 20 {
		disk.room.Store(room)
		err := train(disturbed, "1ns")
		if err == nil {
			break
		}
		if full++; !errors.Is(err, syscall.ENOSPC) || full > 20 {
			t.Fatalf("after %d full disks: %v", full, err)
		}
		temps, _ := filepath.Glob(filepath.Join(disturbed, "checkpoint", "*", ".*"+atomicfile.Suffix))
		if len(temps) > 0 {
			t.Errorf("a full disk left %v", temps)
		}
	}
	if full < 3 {
		t.Fatalf("the disk was full only %d times", full)
	}
	want, got := lastPosition(t, whole), lastPosition(t, disturbed)
	if want.Sequence != got.Sequence || want.Step != got.Step {
		t.Errorf("trained on %s at step %d, want %s at %d", got.Sequence, got.Step, want.Sequence, want.Step)
	}
	for _, name := range []string{"metrics.csv", "checkpoint/epoch_0001/weights.safetensors", "checkpoint/best/weights.safetensors"} {
		a, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(disturbed, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s after %d full disks differs from that of an undisturbed run; %v", name, full, err)
		}
	}
}

func lastPosition(t *testing.T, out string) checkpoint.Position {
	t.Helper()
	path, err := checkpoint.ResumePoint(filepath.Join(out, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.LoadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	return c.Position
}

// TestTrainRefuses names the block at fault before there is any work.
func TestTrainRefuses(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 4, 2)
	trained := t.TempDir()
	mustRun(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+trained, "size=32", "batch=2", "epochs=1")

	write := func(name string, rows ...table.Row) string {
		path := filepath.Join(t.TempDir(), name)
		if err := table.Write(path, rows); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rgb := t.TempDir()
	for _, id := range []string{"1_a", "1_b"} {
		var b bytes.Buffer
		if err := codec.EncodeRGBY(&b, data.NewImage(32, 32, 3, 8)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(rgb, id+".png"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	three := write("three.csv",
		table.Row{ID: "1_a", Labels: data.LabelsOf(1), Labeled: true, Split: "train"}, table.Row{ID: "1_b", Labels: data.LabelsOf(1), Labeled: true, Split: "val"})
	noVal := write("noval.csv", table.Row{ID: "1_a", Labels: data.LabelsOf(1), Labeled: true, Split: "train"})

	weights := filepath.Join(trained, "checkpoint", "epoch_0000")
	for name, c := range map[string]struct {
		sets []string
		want []string
	}{
		"a label file with more classes": {[]string{"classes=10"}, []string{"train.flow:", `source "samples"`, split, `label "25" is not a number in 0..9`}},
		"a 3-channel set":                {[]string{"images=" + rgb, "table=" + three}, []string{"train.flow:", `source "samples" "train"`, "1_a.png has 3 channels", "4"}},
		"an unknown split":               {[]string{"table=" + noVal}, []string{"train.flow:", `source "samples" "val"`, noVal, `no row has split "val"`, `"train"`}},
		"a checkpoint of another network": {[]string{"out=" + trained, "model=resnet34"},
			[]string{"train.flow:", `sink "checkpoint"`, weights, "model is resnet18, not resnet34"}},
		"a checkpoint of other settings": {[]string{"out=" + trained, "accumulate=2", "seed=9", "schedule=cosine"},
			[]string{"accumulate is 1, not 2", "seed is 1234, not 9", "schedule kind is none, not cosine"}},
		"weights of another network": {[]string{"init=" + weights, "model=resnet34"},
			[]string{"train.flow:", `op "train" "step"`, weights, "of another network than resnet34", "layer1.2.conv1.weight is missing", "more"}},
		"no milestones": {[]string{"schedule=multi_step"}, []string{"train.flow:", "multi_step needs milestones"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			out := t.TempDir()
			sets := append([]string{"images=" + images, "table=" + split, "out=" + out, "size=32", "batch=2", "epochs=1"}, c.sets...)
			_, err := build("train.flow", flow.Options{}, sets...)
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if entries, _ := os.ReadDir(out); len(entries) > 0 {
				t.Errorf("there is %v", entries)
			}
		})
	}
	// Weights of the same network are taken, from a folder or a file.
	for _, init := range []string{weights, filepath.Join(trained, "checkpoint", "best", "weights.safetensors")} {
		stats := mustRun(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+t.TempDir(), "size=32", "batch=2", "epochs=1", "init="+init)
		if stats.DeadLetters != 0 {
			t.Errorf("from %s: %d dead letters", init, stats.DeadLetters)
		}
	}
	// Batches of another shape are seen with the first one.
	_, err := run(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+trained, "size=48", "batch=2", "epochs=2")
	if want := fmt.Sprint([4]int{2, 4, 48, 48}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("batches of another size: %v", err)
	}
}

// TestRunFolderExplainsItself looks at what a run leaves, whole and gone on with.
func TestRunFolderExplainsItself(t *testing.T) {
	images, split := cellstest.TrainingSet(t, 8, 4)
	names := filepath.Join(t.TempDir(), "labels.txt")
	var lines []string
	for n := range 26 {
		lines = append(lines, fmt.Sprintf("place <%d>", n))
	}
	if err := os.WriteFile(names, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sets := []string{"images=" + images, "table=" + split, "labels=" + names, "classes=26", "size=32", "batch=4", "save_every=1ns", "epochs=3"}
	if _, err := build("train.flow", flow.Options{}, append(sets, "classes=28", "out="+t.TempDir())...); err == nil ||
		!strings.Contains(err.Error(), names+" names 26 labels, but there are 28 classes") {
		t.Errorf("a label file with another number of classes: %v", err)
	}
	out := t.TempDir()
	mustRun(t, "train.flow", flow.Options{}, append(sets, "out="+out, "until=2")...)
	// A crash has cut off the last event.
	events := filepath.Join(out, "tensorboard", "events.out.tfevents.hpaflow")
	if info, err := os.Stat(events); err != nil || os.Truncate(events, info.Size()-7) != nil {
		t.Fatal(err)
	}
	// It goes on for longer than it was begun for, which is told.
	g, err := build("train.flow", flow.Options{}, append(sets, "out="+out)...)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	g.Notify(flow.Events{Noted: func(_, text string) { notes = append(notes, text) }})
	if err := g.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if want := `epochs was 2 and is 3, in source "samples" "train", source "samples" "val"`; !strings.Contains(strings.Join(notes, "\n"), want) {
		t.Errorf("notes %q do not say that %s", notes, want)
	}

	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	header, placed := tfevents.Read(read("tensorboard/events.out.tfevents.hpaflow"))
	rows := strings.Split(strings.TrimSpace(string(read("metrics.csv"))), "\n")
	var epochs []float64
	for _, e := range placed {
		scalars := map[string]float64{}
		for _, s := range e.Scalars {
			scalars[s.Tag] = s.Value
		}
		n, complete := scalars["epoch"]
		if !complete {
			continue
		}
		epochs = append(epochs, n)
		row := strings.Split(rows[2+2*int(n)], ",") // the val row
		if want, err := strconv.ParseFloat(row[6], 64); err != nil || scalars["val_f1/00 place <0>"] != float64(float32(want)) {
			t.Errorf("epoch %v: F1 of label 0 is %v in the event file, %v in metrics.csv", n, scalars["val_f1/00 place <0>"], want)
		}
		if loss, err := strconv.ParseFloat(row[2], 64); err != nil || scalars["val/loss"] != float64(float32(loss)) || e.Time.IsZero() {
			t.Errorf("epoch %v: loss %v in the event file, %v in metrics.csv", n, scalars["val/loss"], loss)
		}
	}
	if header == 0 || !slices.Equal(epochs, []float64{0, 1, 2}) || len(placed) != 3+6 {
		t.Errorf("%d events with the epochs %v, want 3 epochs and 6 steps", len(placed), epochs)
	}

	var facts struct {
		Seed     int
		Epochs   int
		Sequence string
		Score    float64
		Best     struct{ Epoch int }
		Versions map[string]string
	}
	if err := json.Unmarshal(read("run.json"), &facts); err != nil {
		t.Fatal(err)
	}
	last := lastPosition(t, out)
	if facts.Seed != 1234 || facts.Epochs != 3 || facts.Sequence != last.Sequence || facts.Best.Epoch != last.Best() ||
		facts.Score != checkpoint.RunScore(last.History, 10) || !strings.HasPrefix(facts.Versions["go"], "go1.") {
		t.Errorf("run.json says %+v", facts)
	}
	page := html.UnescapeString(string(read("report.html")))
	for _, name := range []string{"curves.png", "labels.png", "mistakes.png"} {
		b := read(name)
		if im, err := codec.DecodeRGBY(b); err != nil || im.Width < 800 {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(page, base64.StdEncoding.EncodeToString(b)) {
			t.Errorf("report.html does not hold %s", name)
		}
	}
	for _, want := range []string{"place <25>", last.Sequence, "save_every"} {
		if !strings.Contains(page, want) {
			t.Errorf("report.html does not say %q", want)
		}
	}
	if strings.Contains(page, `src="http`) || strings.Contains(page, "<link") || strings.Contains(page, "<script") {
		t.Error("report.html needs other files")
	}
	if raw := string(read("report.html")); strings.Contains(raw, "<25>") {
		t.Error("report.html has a label's name unescaped")
	}
	mustRun(t, "train.flow", flow.Options{}, append(sets, "out="+out)...)
	if again := html.UnescapeString(string(read("report.html"))); again != page {
		t.Error("a run with nothing left to do changed the report")
	}
	// The flow with all its values is the run: there is nothing left to do.
	stats := mustRun(t, filepath.Join(out, "run.flow"), flow.Options{})
	for _, st := range stats.Stages {
		if st.Name == "step" && (st.In != 0 || st.Out != 0) {
			t.Errorf("run.flow trained on %d batches again", st.In)
		}
	}
}
