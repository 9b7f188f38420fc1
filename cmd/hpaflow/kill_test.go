package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hpaflow/data"
)

// program makes this test binary runnable as hpaflow.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "hpaflow")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// manySamples fills a folder with copies of the example under other Ids.
func manySamples(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	example := []string{"1_A1_1", "1_A1_2", "1_B3_1", "1_B3_2", "1_C2_1", "1_C2_2"}
	for i := range n {
		for _, colour := range data.Colours {
			b, err := os.ReadFile(filepath.Join("../../configs/example", example[i%len(example)]+"_"+colour+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("9_%04d_%s.png", i, colour)), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// contents are the files below a folder by path, but for the shortcuts by time,
// by which runs are not compared.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "seen" {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestKilledRunsEndTheSame kills a process at growing times into its work,
// over and over on the same output, until one gets through, and compares what
// is there then with an undisturbed run.
func TestKilledRunsEndTheSame(t *testing.T) {
	hpaflow, input := program(t), manySamples(t, 400)
	for _, config := range []string{"rgby.flow", "rgby-shards.flow"} {
		t.Run(config, func(t *testing.T) {
			command := func(output string) *exec.Cmd {
				args := []string{"run", "../../configs/" + config, "--set", "input=" + input, "--set", "output=" + output, "--progress", "none"}
				if config == "rgby-shards.flow" {
					args = append(args, "--set", "samples=16")
				}
				return exec.Command(hpaflow, args...)
			}
			whole := t.TempDir()
			if out, err := command(whole).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			output := t.TempDir()
			kills, partly := 0, 0
			for delay := 30 * time.Millisecond; ; delay += 10 * time.Millisecond {
				var stderr bytes.Buffer
				c := command(output)
				c.Stderr = &stderr
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(delay, func() { c.Process.Kill() })
				err := c.Wait()
				if err == nil {
					break
				}
				if c.ProcessState.Exited() {
					t.Fatalf("after %d kills: %v\n%s", kills, err, stderr.Bytes())
				}
				kills++
				if entries, _ := os.ReadDir(output); len(entries) > 0 {
					partly++
				}
			}
			if partly == 0 {
				t.Fatalf("none of %d kills came in the middle of the work", kills)
			}
			want, got := contents(t, whole), contents(t, output)
			if !maps.Equal(want, got) {
				t.Fatalf("after %d kills there are %d files, want %d; or their bytes differ", kills, len(got), len(want))
			}
			t.Logf("%d kills, %d of them with output there", kills, partly)
		})
	}
}

// TestInterruptResumes interrupts a run as Ctrl-C does.
func TestInterruptResumes(t *testing.T) {
	hpaflow, input, output := program(t), manySamples(t, 400), t.TempDir()
	args := []string{"run", "../../configs/rgby.flow", "--set", "input=" + input, "--set", "output=" + output}
	var stderr bytes.Buffer
	c := exec.Command(hpaflow, args...)
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for range 10000 { // until it is at work, however long that takes to begin
		if entries, err := os.ReadDir(output); err != nil || len(entries) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	c.Process.Signal(os.Interrupt)
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted && code != exitDone {
		t.Fatalf("exit code %d\n%s", code, stderr.Bytes())
	}
	for name := range contents(t, output) {
		if filepath.Ext(name) != ".png" && filepath.Dir(name) != ".run" {
			t.Errorf("the interrupted run left %s", name)
		}
	}
	if out, err := exec.Command(hpaflow, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := len(contents(t, output)); n != 400+2 { // with what they were made from: .run/made.json and samples
		t.Fatalf("%d files after going on", n)
	}
}
