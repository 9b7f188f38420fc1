package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hpaflow/configs"
)

// demoOutputs are the files a demonstration comes to.
func demoOutputs(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"submission.csv", "submission.csv.leak.csv", "thresholds.csv"} {
		b, err := os.ReadFile(filepath.Join(dir, "submissions", name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(b)
	}
	return all
}

// TestDemo runs a small demonstration through, kills another one at growing
// times until it gets through, and compares the submissions.
func TestDemo(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("trains ten networks")
	}
	hpaflow := program(t)
	command := func(dir string) *exec.Cmd {
		args := []string{"demo", "--dir", dir, "--progress", "plain"}
		for _, set := range []string{"train=90", "external=24", "test=24", "size=32", "epochs=2", "more_epochs=2", "search_epochs=1", "last=1"} {
			args = append(args, "--set", set)
		}
		return exec.Command(hpaflow, args...)
	}
	whole := t.TempDir()
	var stdout, stderr bytes.Buffer
	cmd := command(whole)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	for _, word := range []string{"test_val, guessing by frequency", "test_val, by the thresholds"} {
		if !strings.Contains(stderr.String(), word) {
			t.Errorf("nothing is said of %s:\n%s", word, stderr.Bytes())
		}
	}
	for _, word := range []string{"took", filepath.Join(whole, "data", "cells.png"), filepath.Join(whole, "submissions", "submission.csv")} {
		if !strings.Contains(stdout.String(), word) {
			t.Errorf("the list lacks %s:\n%s", word, stdout.Bytes())
		}
	}
	var s map[string]float64
	text, err := os.ReadFile(filepath.Join(whole, "scores.json"))
	if err != nil || json.Unmarshal(text, &s) != nil {
		t.Fatalf("scores.json: %v\n%s", err, text)
	}
	for _, name := range []string{"macro_f1_present", "guess_macro_f1_present", "test_macro_f1_present", "seconds"} {
		if s[name] <= 0 || name != "seconds" && s[name] > 1 {
			t.Errorf("%s is %v", name, s[name])
		}
	}
	if s["leak_macro_f1_present"] < s["test_macro_f1_present"] {
		t.Errorf("with leaks applied %v, without %v", s["leak_macro_f1_present"], s["test_macro_f1_present"])
	}

	dir, killed := t.TempDir(), 0
	for delay := 400 * time.Millisecond; ; delay = delay * 3 / 2 {
		cmd, stderr := command(dir), bytes.Buffer{}
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(delay, func() { cmd.Process.Signal(syscall.SIGKILL) })
		if cmd.Wait() == nil {
			break
		}
		if code := cmd.ProcessState.ExitCode(); code != -1 {
			t.Fatalf("after %d times, exit code %d\n%s", killed, code, stderr.Bytes())
		}
		killed++
	}
	if want, got := demoOutputs(t, whole), demoOutputs(t, dir); !maps.Equal(want, got) {
		t.Errorf("killed %d times, it ended with another submission", killed)
	}
	t.Logf("killed %d times", killed)
}

// A flow that a person has changed is theirs; one that only the program wrote
// follows the program.
func TestWriteConfigsKeepsChanges(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	configs := func() []string {
		changed, err := writeConfigs(dir)
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if changed := configs(); changed != nil {
		t.Fatalf("a new folder has changes: %v", changed)
	}
	ours := read("demo.flow")
	write("demo.flow", ours+"# mine\n")
	if changed := configs(); !slices.Equal(changed, []string{"demo.flow"}) || read("demo.flow") != ours+"# mine\n" {
		t.Errorf("changed are %v, and demo.flow is %q", changed, read("demo.flow"))
	}
	// As an earlier version of the program would have left it:
	write("split.flow", "old")
	written := strings.Replace(read(writtenFlows), digestOf([]byte(readConfig(t, "split.flow"))), digestOf([]byte("old")), 1)
	write(writtenFlows, written)
	if changed := configs(); slices.Contains(changed, "split.flow") || read("split.flow") == "old" {
		t.Errorf("changed are %v: an old flow of the program's own was not renewed", changed)
	}
}

func readConfig(t *testing.T, name string) string {
	t.Helper()
	b, err := configs.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
