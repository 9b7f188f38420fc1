package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hpaflow/data"
	"hpaflow/data/cells/cellstest"
	"hpaflow/data/codec"
	"hpaflow/data/shards"
	"hpaflow/models/checkpoint"
)

// training is what must be the same after any run with one seed.
func training(t *testing.T, out string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{
		"metrics.csv", "checkpoint/best/weights.safetensors", "checkpoint/epoch_0001/weights.safetensors", "checkpoint/epoch_0002/weights.safetensors",
	} {
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(b)
	}
	c, err := checkpoint.LoadCheckpoint(filepath.Join(out, "checkpoint/epoch_0002"))
	if err != nil {
		t.Fatal(err)
	}
	all["sequence"] = c.Position.Sequence
	for _, m := range c.State.Optimizer {
		all[m.Name] = fmt.Sprint(m.Data)
	}
	saved, err := checkpoint.Checkpoints(filepath.Join(out, "checkpoint"))
	if err != nil || len(saved) != 2 {
		t.Errorf("checkpoints %v are left, want the last 2; %v", saved, err)
	}
	return all
}

// TestDisturbedTrainingEndsTheSame kills and interrupts training at growing
// times into its work, over and over on the same folder, until it gets
// through, and compares every bit of it with an undisturbed run.
func TestDisturbedTrainingEndsTheSame(t *testing.T) {
	if raced {
		t.Skip("training is raced in its own rooms")
	}
	hpaflow := program(t)
	images, split := cellstest.TrainingSet(t, 30, 8)
	packed := inShards(t, images)
	command := func(out, saveEvery, images, shuffle string) *exec.Cmd {
		return exec.Command(hpaflow, "run", "../../configs/train.flow", "--progress", "plain",
			"--set", "images="+images, "--set", "table="+split, "--set", "out="+out, "--set", "save_every="+saveEvery,
			"--set", "size=32", "--set", "batch=4", "--set", "epochs=3", "--set", "accumulate=3", "--set", "keep=2",
			"--set", "norm=per_image", "--set", "schedule=cosine", "--set", "shuffle="+shuffle, "--set", "window=2")
	}
	undisturbed := func(images, shuffle string) map[string]string {
		whole := t.TempDir()
		if out, err := command(whole, "0s", images, shuffle).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return training(t, whole)
	}
	anyOrder, fromWindow := undisturbed(images, "true"), undisturbed(packed, "window")
	if maps.Equal(anyOrder, fromWindow) {
		t.Error("a window draws the order of a shuffle")
	}

	for name, c := range map[string]struct {
		signal                     os.Signal
		saveEvery, images, shuffle string
		want                       map[string]string
	}{
		"killed":                             {syscall.SIGKILL, "1ns", images, "true", anyOrder},
		"interrupted, of a window of shards": {os.Interrupt, "0s", packed, "window", fromWindow}, // saved by the interrupt alone
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			disturbed, inside := 0, 0
			for delay := 250 * time.Millisecond; ; delay = delay * 3 / 2 {
				var stderr bytes.Buffer
				cmd := command(out, c.saveEvery, c.images, c.shuffle)
				cmd.Stderr = &stderr
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(delay, func() { cmd.Process.Signal(c.signal) })
				err := cmd.Wait()
				if strings.Contains(stderr.String(), "samples of the next") {
					inside++
				}
				if err == nil {
					break
				}
				if code := cmd.ProcessState.ExitCode(); code != -1 && code != exitInterrupted {
					t.Fatalf("after %d times, exit code %d\n%s", disturbed, code, stderr.Bytes())
				}
				disturbed++
			}
			if inside == 0 {
				t.Fatalf("%d times, and no run went on inside an epoch", disturbed)
			}
			want, got := c.want, training(t, out)
			for name := range want {
				if want[name] != got[name] {
					t.Errorf("after %d times, %s differs from that of an undisturbed run", disturbed, name)
				}
			}
			if !maps.Equal(want, got) {
				t.Errorf("%d things are the same, want %d", len(got), len(want))
			}
			t.Logf("%s %d times; %d runs went on inside an epoch", name, disturbed, inside)
		})
	}
}

// inShards packs the images of a folder into shards of 7.
func inShards(t *testing.T, images string) string {
	t.Helper()
	dir := t.TempDir()
	folder, err := shards.Create(dir, shards.Planes, shards.Options{Limits: shards.Limits{Samples: 7, Bytes: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(images, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		im, err := codec.DecodeRGBY(b)
		if err != nil {
			t.Fatal(err)
		}
		frame, err := shards.EncodeSample(&data.Sample{ID: strings.TrimSuffix(filepath.Base(path), ".png"), Image: im}, shards.Huffman)
		if err == nil {
			err = folder.Add(frame)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := folder.Commit(); err != nil {
		t.Fatal(err)
	}
	return dir
}
