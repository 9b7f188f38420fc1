package configs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/codec"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/models"
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
	images, split := drawTrainingSet(t, 6, 4)
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

func lastPosition(t *testing.T, out string) models.Position {
	t.Helper()
	path, err := models.ResumePoint(filepath.Join(out, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := models.LoadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	return c.Position
}

// TestTrainRefuses names the block at fault before there is any work.
func TestTrainRefuses(t *testing.T) {
	images, split := drawTrainingSet(t, 4, 2)
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
	// Batches of another shape are seen with the first one.
	_, err := run(t, "train.flow", flow.Options{}, "images="+images, "table="+split, "out="+trained, "size=48", "batch=2", "epochs=2")
	if want := fmt.Sprint([4]int{2, 4, 48, 48}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("batches of another size: %v", err)
	}
}
