package main

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hpaflow/data/atomicfile"
	"hpaflow/data/cells/cellstest"
)

// TestTrainingInAStore trains with its folder in a store, killed over and over at any moment of training, of putting and of
// removing. What is in the store in the end is what a run on a disk makes, and the
// store holds nothing else.
func TestTrainingInAStore(t *testing.T) {
	if raced {
		t.Skip("training is raced in its own rooms")
	}
	hpaflow := program(t)
	images, split := cellstest.TrainingSet(t, 30, 8)
	buckets := t.TempDir()
	command := func(out string) *exec.Cmd {
		cmd := exec.Command(hpaflow, "run", "../../configs/train.flow", "--progress", "plain",
			"--set", "images="+images, "--set", "table="+split, "--set", "out="+out, "--set", "save_every=1ns", "--set", "model=tiny",
			"--set", "size=32", "--set", "batch=4", "--set", "epochs=3", "--set", "keep=2", "--set", "schedule=cosine")
		cmd.Env = append(os.Environ(), "TEST_NETWORKS=1", "TEST_BUCKETS="+buckets, "TEST_BUCKETS_DELAY=2ms")
		return cmd
	}
	whole := t.TempDir()
	if out, err := command(whole).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, wanted := training(t, whole), filesBelow(t, whole)
	for round := range *rounds {
		kills, inside := trainInStore(t, command, filepath.Join(buckets, "b"))
		// Here the store is a folder, where what a kill cut short and empty folders stay.
		left := []string{filepath.Join(buckets, "b"), "-name", "*" + atomicfile.Suffix, "-delete", "-o", "-type", "d", "-empty", "-delete"}
		if out, err := exec.Command("find", left...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		got := training(t, filepath.Join(buckets, "b", "run"))
		for name := range want {
			if want[name] != got[name] {
				t.Errorf("round %d, after %d kills: %s differs from that of a run on a disk", round, kills, name)
			}
		}
		if got := filesBelow(t, filepath.Join(buckets, "b", "run")); !maps.Equal(wanted, got) {
			t.Errorf("round %d, after %d kills: the store has %v, want %v", round, kills, got, wanted)
		}
		t.Logf("round %d: %d kills; %d runs went on inside an epoch", round, kills, inside)
	}
}

// trainInStore trains in a new bucket until a run comes to its end.
func trainInStore(t *testing.T, command func(out string) *exec.Cmd, bucket string) (kills, inside int) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(bucket), os.Mkdir(bucket, 0o777)); err != nil {
		t.Fatal(err)
	}
	for longest := 500 * time.Millisecond; ; longest = longest * 6 / 5 {
		// The store takes what was killed for gone after 90 seconds.
		if err := os.Remove(filepath.Join(bucket, "run/.run/locks/alone")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd := command("s3://b/run")
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(rand.Int64N(int64(longest))), func() { cmd.Process.Kill() })
		err := cmd.Wait()
		if strings.Contains(stderr.String(), "samples of the next") {
			inside++
		}
		if err == nil {
			return kills, inside
		}
		if code := cmd.ProcessState.ExitCode(); code != -1 {
			t.Fatalf("after %d kills, exit code %d\n%s", kills, code, stderr.Bytes())
		}
		kills++
	}
}

// filesBelow are the names of the files below a folder, of which nobody else has a say.
func filesBelow(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
